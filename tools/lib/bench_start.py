"""How fast a large module starts from the code cache, from the command line and in an open engine.

In: the release in build/. Out: a line per program and Check rows. A file that the cache knows is neither read nor hashed; to the
cache whose records of files were removed it is new, so that it is both. With `header` nothing but an entry's header is
authenticated: the difference to `full` is the MAC of the whole entry, and the mapping of its pages. Minimum of interleaved rounds.
"""
import json
import subprocess
import tempfile
from pathlib import Path

import bench_engines
import programs
from bench_checks import Check
from packages import ROOT, Failure, run

PROGRAMS = ["yosys", "esbuild"]
RUN = ROOT / "build" / "wasmrt-run"
KINDS = [(verify, known) for known in (True, False) for verify in ("full", "header")]


def load_time(command):
    """Nanoseconds of Module::load, which must find the entry."""
    process = subprocess.run([str(c) for c in (*command[:-1], "--stats=json", command[-1])], capture_output=True, text=True)
    stats = json.loads(process.stderr) if process.returncode == 0 else {}
    if stats.get("cache") != "hit":
        raise Failure(f"wasmrt-run: {process.stderr.strip()[-400:]}")
    return stats["compile_ns"] + stats["decode_ns"] + stats["read_ns"]


def measure(name, rounds):
    """{(what --cache-verify says, whether the file is known): (load, process)} in milliseconds."""
    module = programs.fetch(programs.find(name)) / "program.wasm"
    timer = bench_engines.build_tool("spawn_time.c")
    best = {}
    with tempfile.TemporaryDirectory() as folder:
        for known in (True, False):
            cache = Path(folder) / str(known)
            run([ROOT / "build" / "wasmrt-compile", "--cache", cache, module], name)
            if not known:
                for record in cache.glob("*/*.known"):
                    record.unlink()
        for _ in range(rounds):
            for kind in KINDS:
                verify, known = kind
                command = [RUN, f"--cache={Path(folder) / str(known)}", "--cache-mode=must-hit", f"--cache-verify={verify}",
                           "--compile-only", module]
                found = (load_time(command) / 1e6, int(run([timer, 3, *command], "start").split()[0]) / 1e6)
                best[kind] = tuple(map(min, zip(found, best.get(kind, found))))
    return best


def checks(rounds):
    """The bounds of starting: 3 ms in an open engine, 10 ms and the MAC's time from the command line."""
    for name in PROGRAMS:
        best = measure(name, rounds)
        for (verify, known), (load, process) in best.items():
            print(f"{name} from the cache, {verify}, {'known' if known else 'hashed'}: load {load:.1f} ms, process {process:.1f} ms", flush=True)
        mac = best["full", True][0] - best["header", True][0]
        yield Check(f"{name} from the cache, in an open engine", best["header", True][0], 3, "ms", more_is_better=False)
        yield Check(f"{name} from the cache, process, less the MAC's time ({mac:.1f} ms)", best["full", True][1] - mac, 10, "ms",
                    more_is_better=False)
