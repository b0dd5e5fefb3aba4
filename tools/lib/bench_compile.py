"""What compiling one large module costs, against Wasmtime and wazero: processor time, peak memory, bytes of machine code.

In: the release in build/, the program of the module. Out: Check rows. Every compiler gets one thread and finds nothing in a cache;
of each, what its process costs with an empty module is subtracted, so that neither an interpreter of Python nor a runtime of Go
is held against it. Wasmtime's only compiles, and so does ours beside it; wazero's also writes a fresh cache, and ours beside that.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import bench_engines
import programs
from bench_checks import Check
from packages import Failure, ROOT

PROGRAM = "esbuild"  # a Go program of about 20 MB
TWIN = "wasmrt, the same again"
EMPTY = b"\0asm\1\0\0\0"


def cost(command, env, folder):
    """(processor time in seconds, peak resident bytes) of a process that must succeed."""
    measurer = bench_engines.build_tool("process_cost.c")
    result = folder / "cost"
    process = subprocess.run([str(c) for c in (measurer, result, *command)], capture_output=True, text=True, errors="replace",
                             env={**os.environ, **env})
    if process.returncode != 0:
        raise Failure(f"process_cost: {process.stderr.strip()[-400:]}")
    nanoseconds, peak, status = map(int, result.read_text().split())
    if status != 0:
        raise Failure(f"{command[0]}: wait status {status}: {(process.stdout + process.stderr).strip()[-400:]}")
    return nanoseconds / 1e9, peak


def text_bytes(path):
    """Size of the section .text of a 64-bit ELF file."""
    data = path.read_bytes()
    table, = struct.unpack_from("<Q", data, 0x28)
    width, count, names = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", data, table + i * width) for i in range(count)]
    for name, _, _, _, _, size in headers:
        at = headers[names][4] + name
        if data[at:data.index(b"\0", at)] == b".text":
            return size
    raise Failure(f"{path}: no section .text")


def commands(folder):
    """{compiler: (command line without the module, as a function of it and of a place to write to; environment)}."""
    wasmtime = bench_engines.wasmtime()
    wazero = bench_engines.wazero().prefix[0]
    driver = bench_engines.DRIVERS / "compile_wasmtime.py"
    return {
        "wasmrt": (lambda module, to: ["taskset", "-c", str(min(os.sched_getaffinity(0))), ROOT / "build" / "wasmrt-run", "--engine=jit",
                                       "--no-cache", "--compile-only", module], {}),
        "wasmrt, cached": (lambda module, to: [ROOT / "build" / "wasmrt-compile", "--threads=1", "--cache", to, module], {}),
        "wasmtime": (lambda module, to: [sys.executable, driver, module], wasmtime.env),
        "wazero": (lambda module, to: [wazero, "compile", "-cachedir", to, module], {"GOMAXPROCS": "1"}),
    }


def code_bytes(module, wasmtime_env, folder):
    """(our, Wasmtime's) bytes of machine code of the module."""
    stats = subprocess.run([ROOT / "build" / "wasmrt-run", "--engine=jit", "--no-cache", "--compile-only", "--stats=json", module],
                           capture_output=True, text=True)
    if stats.returncode != 0:
        raise Failure(f"wasmrt-run: {stats.stderr.strip()[-400:]}")
    artefact = folder / "wasmtime.elf"
    cost([sys.executable, bench_engines.DRIVERS / "compile_wasmtime.py", module, artefact], wasmtime_env, folder)
    return json.loads(stats.stderr)["code_bytes"], text_bytes(artefact)


def checks(rounds, name=PROGRAM):
    """The bounds of compiling; the module is one of tests/programs."""
    module = programs.fetch(programs.find(name)) / "program.wasm"
    best = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        empty = folder / "empty.wasm"
        empty.write_bytes(EMPTY)
        compilers = commands(folder)
        compilers[TWIN] = compilers["wasmrt"]  # how far the same apart lies
        for turn in range(rounds):
            for compiler, (command, env) in compilers.items():
                for input_, kind in ((empty, "empty"), (module, "full")):
                    found = cost(command(input_, folder / f"{compiler}-{kind}-{turn}"), env, folder)
                    best[compiler, kind] = tuple(map(min, zip(found, best.get((compiler, kind), found))))
        ours, theirs = code_bytes(module, compilers["wasmtime"][1], folder)
    seconds, memory = ({c: best[c, "full"][i] - best[c, "empty"][i] for c in compilers} for i in (0, 1))
    for compiler in compilers:
        print(f"compiling {name} ({module.stat().st_size / 1e6:.1f} MB), {compiler}: {seconds[compiler]:.2f} s of processor time, "
              f"{memory[compiler] / 2**20:.0f} MiB", flush=True)
    print(f"machine code: wasmrt {ours / 2**20:.1f} MiB, wasmtime {theirs / 2**20:.1f} MiB", flush=True)
    for own, peer, bound in (("wasmrt", "wasmtime", 1 / 6), ("wasmrt, cached", "wazero", 1 / 3)):
        yield Check(f"compile time / {peer}'s, one thread, {name}", seconds[own] / seconds[peer], round(bound, 3),
                    more_is_better=False)
    yield Check(f"peak memory of compiling / wasmtime's, {name}", memory["wasmrt"] / memory["wasmtime"], round(1 / 3, 3),
                more_is_better=False)
    yield Check(f"bytes of machine code / wasmtime's, {name}", ours / theirs, 1.0, more_is_better=False)
