"""Modules made by wasm-smith on all engines; tools/fuzz --smith calls it.

In: a first seed and a time. Out: a last line with counts; what differs or crashes is made small by `wasm-tools shrink` and kept in
build/findings. Each module runs in a process of its own. Exit code 1 when there was a finding.
"""
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench_engines
from packages import Unavailable

ROOT = Path(__file__).resolve().parents[2]
FUZZ = ROOT / "build" / "wasmrt-fuzz"
FINDINGS = ROOT / "build" / "findings"
# What cannot run here is left out; the fuel ends every loop and recursion, and what NaNs look like is not compared.
OFF = ["gc-enabled", "exceptions-enabled", "threads-enabled", "shared-everything-threads-enabled", "custom-descriptors-enabled",
       "compact-imports-enabled", "acquire-release-atomics-enabled", "multibyte-array-access-enabled", "generate-custom-sections"]
ON = ["canonicalize-nans", "export-everything", "memory64-enabled", "simd-enabled", "relaxed-simd-enabled", "tail-call-enabled",
      "wide-arithmetic-enabled", "custom-page-sizes-enabled", "bulk-memory-enabled", "reference-types-enabled", "extended-const-enabled"]
LIMITS = {"max-imports": 0, "max-memory32-bytes": 1 << 20, "max-memory64-bytes": 1 << 20, "max-table-elements": 1000, "max-memories": 3,
          "min-funcs": 4, "min-exports": 4, "max-instructions": 1000}
OPTIONS = (["--ensure-termination", "--fuel=300"] + [f"--{o}=false" for o in OFF] + [f"--{o}=true" for o in ON] +
           [f"--{o}={n}" for o, n in LIMITS.items()])


def smith(tools, seed, module):
    """Every other module gets far, as it does nothing that may trap."""
    source = random.Random(seed)
    data = source.randbytes(source.choice([300, 1500, 6000, 20000]))
    return subprocess.run([tools, "smith", *OPTIONS, f"--disallow-traps={'true' if seed % 2 else 'false'}", "-o", module], input=data,
                          capture_output=True)


def agrees(module):
    """(whether all engines agree, what was printed)"""
    try:
        done = subprocess.run([FUZZ, "--modules", module], capture_output=True, text=True, errors="replace", timeout=60)
    except subprocess.TimeoutExpired:
        return False, "no end in 60 s\n"
    if done.returncode < 0:
        return False, f"signal {-done.returncode}\n"
    return done.returncode == 0, done.stdout


def keep(tools, seed, module, text):
    FINDINGS.mkdir(parents=True, exist_ok=True)
    kept = FINDINGS / f"smith-{seed}.wasm"
    kept.write_bytes(module.read_bytes())
    print(f"seed {seed}: {text.rstrip()}\nkept: {kept.relative_to(ROOT)}", flush=True)
    small = kept.with_suffix(".small.wasm")
    # The predicate of shrink: 0 when the module still shows the fault.
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write(f'#!/bin/sh\n! "{FUZZ}" --modules "$1" >/dev/null 2>&1\n')
        script.flush()
        subprocess.run(["chmod", "+x", script.name], check=True)
        copy = Path(script.name + ".run")  # what is open for writing cannot be executed
        copy.write_bytes(Path(script.name).read_bytes())
        copy.chmod(0o755)
        try:
            subprocess.run([tools, "shrink", "-o", small, copy, kept], capture_output=True, timeout=300)
        except subprocess.TimeoutExpired:
            pass
        copy.unlink()
    if small.exists():
        print(f"smaller: {small.relative_to(ROOT)}", flush=True)


def main():
    seconds, seed = float(sys.argv[1]), int(sys.argv[2])
    try:
        tools = bench_engines.cargo_peer("wasm-tools", bench_engines.WASM_TOOLS_VERSION, "wasm-tools")
    except Unavailable as error:
        print(f"SKIPPED: {error}\n0 passed, 0 failed, 1 skipped")
        return 0
    first, failed, sums = seed, 0, [0] * 7
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "module.wasm"
        while time.monotonic() < end and failed < 5:
            done = smith(tools, seed, module)
            if done.returncode == 0:
                fine, text = agrees(module)
                if fine:
                    numbers = [int(word) for word in text.replace(";", "").replace(",", "").split() if word.isdigit()]
                    sums = [a + b for a, b in zip(sums, numbers)]
                else:
                    failed += 1
                    keep(tools, seed, module, text)
            elif done.returncode != 2:  # 2: these bytes make no module
                sys.exit(f"wasm-tools smith: {done.stderr.decode(errors='replace')}")
            seed += 1
    print("seeds {} to {}: {} modules, {} slow; {} calls, {} traps, {} host calls, {} functions, {} declined".format(first, seed - 1, *sums))
    print(f"{0 if failed else 1} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
