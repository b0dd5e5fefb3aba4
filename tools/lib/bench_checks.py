"""The ratios that tools/bench --check asks for besides run time: start-up, decode and validate, translation.

In: the release in build/. Out: Check rows (what, value, bound, unit, whether more is better). Each is measured here in the same
run as what it is compared with, the minimum of several.
"""
import json
import os
import subprocess
import time
from dataclasses import dataclass

import bench_engines
import programs
from packages import Failure, ROOT, run

PROGRAM = "esbuild"  # a Go program of about 20 MB
REPEATS = 7
STARTS = 200


@dataclass
class Check:
    what: str
    value: float
    bound: float
    unit: str = ""
    more_is_better: bool = True

    @property
    def passed(self):
        return self.value >= self.bound if self.more_is_better else self.value <= self.bound

    def __str__(self):
        sign = "≥" if self.more_is_better else "≤"
        return f"{'ok' if self.passed else 'MISSED':6}  {self.what:58} {self.value:8.2f} {self.unit:4} {sign} {self.bound:g}"


def start_up():
    """The whole process of a hello-world WASI program, in milliseconds."""
    timer = bench_engines.build_tool("spawn_time")
    guest = bench_engines.build_tool("hello", "wasi")
    best, middle = run([timer, STARTS, ROOT / "build" / "wasmrt-run", "--engine=interp", guest], "start-up").split()
    return int(best) / 1e6, int(middle) / 1e6


def wall(command, env=None):
    """Wall time of a process kept on one processor, and its output."""
    command = ["taskset", "-c", str(max(os.sched_getaffinity(0))), *command]
    begin = time.perf_counter_ns()
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
    elapsed = time.perf_counter_ns() - begin
    if done.returncode != 0:
        raise Failure(f"{command[0]}: exit code {done.returncode}: {done.stdout.decode(errors='replace')[-400:]}")
    return elapsed, done.stdout


def code_section_bytes(path):
    """Size of a module's code section."""
    data = path.read_bytes()
    at = 8
    while at < len(data):
        section, at, size, shift = data[at], at + 1, 0, 0
        while True:
            byte, at = data[at], at + 1
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if section == 10:
            return size
        at += size
    raise Failure(f"{path}: no code section")


def front_end():
    """(our decode + validate MB/s, wasm-tools' MB/s, translation MB/s of code) on one large module."""
    module = programs.fetch(programs.find(PROGRAM)) / "program.wasm"
    size = module.stat().st_size
    peer = bench_engines.cargo_peer("wasm-tools", bench_engines.WASM_TOOLS_VERSION, "wasm-tools")
    empty = bench_engines.OUTPUT / "empty.wasm"
    empty.write_bytes(b"\0asm\1\0\0\0")
    one_thread = {"RAYON_NUM_THREADS": "1"}
    ours, theirs, theirs_empty, translate = [], [], [], []
    for _ in range(REPEATS):
        stats = json.loads(wall([ROOT / "build" / "wasmrt-run", "--engine=interp", "--compile-only", "--stats=json", module])[1])
        ours.append(stats["decode_ns"] + stats["validate_ns"])
        translate.append(stats["translate_ns"])
        theirs.append(wall([peer, "validate", "--features=all", module], one_thread)[0])
        theirs_empty.append(wall([peer, "validate", "--features=all", empty], one_thread)[0])
    # What the peer's process costs without a module is not held against it.
    peer_ns = min(theirs) - min(theirs_empty)
    return size * 1e3 / min(ours), size * 1e3 / peer_ns, code_section_bytes(module) * 1e3 / min(translate)
