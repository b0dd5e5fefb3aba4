#!/usr/bin/env python3
"""Writes a C++ file with the digest of all sources that decide which machine code is made, and how it is laid out in files.

  build_id.py OUTPUT FOLDER...

In: the folders' sources. Out: OUTPUT, left alone when it already says so. Two builds with one digest can use each other's code.
"""
import hashlib
import sys
from pathlib import Path

SOURCES = {".h", ".hpp", ".cpp", ".def"}

output, folders = Path(sys.argv[1]), [Path(f) for f in sys.argv[2:]]
digest = hashlib.sha256()
for folder in folders:
    for path in sorted(p for p in folder.rglob("*") if p.suffix in SOURCES):
        digest.update(str(path.relative_to(folder.parent)).encode() + b"\0" + path.read_bytes() + b"\0")
text = f"""// The build: a digest of the sources that decide which code is made.
#include "libwasmrt/engine/cache.h"

namespace wasmrt::engine {{
const char* const kBuildId = "{digest.hexdigest()[:16]}";
}}  // namespace wasmrt::engine
"""
if not output.exists() or output.read_text() != text:
    output.write_text(text)
