#!/usr/bin/env python3
"""Writes a C++ file with the digest of everything that decides which machine code is made, whether it is valid, and how it is laid
out in files.

  build_id.py ROOT OUTPUT [WORD...]   writes OUTPUT, or leaves it alone when it already says so
  build_id.py ROOT --list             prints the files that count

In: the sources below ROOT, and words for what else counts: compiler, flags, libraries. Guaranteed: every file of the folders counts,
whatever it is called. Two builds with one digest can use each other's code.
"""
import hashlib
import sys
from pathlib import Path

# Not interp, the tools and WASI: no machine code that is kept depends on them.
FOLDERS = ["jit", "libwasmrt", "sys/os"]


def sources(root):
    return sorted(path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())


def digest(root, words):
    hashed = hashlib.sha256()
    for path in sources(root):
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    for word in words:
        hashed.update(f"{word}\0".encode())
    return hashed.hexdigest()[:16]


def main(root, output, *words):
    root = Path(root)
    if output == "--list":
        print("\n".join(str(path.relative_to(root)) for path in sources(root)))
        return
    text = f"""// The build: a digest of everything that decides which code is made.
#include "libwasmrt/engine/cache.h"

namespace wasmrt::engine {{
const char* const kBuildId = "{digest(root, words)}";
}}  // namespace wasmrt::engine
"""
    output = Path(output)
    if not output.exists() or output.read_text() != text:
        output.write_text(text)


main(*sys.argv[1:])
