"""The ratios that tools/bench --check asks for besides run time: start-up, decode and validate, translation.

In: the release in build/. Out: Check rows (what, value, bound, unit, whether more is better). Each is measured here in the same
run as what it is compared with, the minimum of several.
"""
import os
import subprocess
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
    strict: bool = False  # the bound itself is not good enough

    @property
    def passed(self):
        if self.value == self.bound:
            return not self.strict
        return (self.value > self.bound) == self.more_is_better

    @property
    def sign(self):
        return (">" if self.strict else "≥") if self.more_is_better else ("<" if self.strict else "≤")

    def __str__(self):
        return f"{'ok' if self.passed else 'MISSED':6}  {self.what:58} {self.value:8.2f} {self.unit:4} {self.sign} {self.bound:g}"


def start_up():
    """The whole process of a hello-world WASI program, in milliseconds."""
    timer = bench_engines.build_tool("spawn_time.c")
    guest = bench_engines.build_tool("hello.c", wasi=True)
    best, middle = run([timer, STARTS, ROOT / "build" / "wasmrt-run", guest], "start-up").split()
    return int(best) / 1e6, int(middle) / 1e6


def processor_time(command, env=None):
    """Nanoseconds of processor time of a process that must succeed."""
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, **(env or {})})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f"{command[0]}: exit code {process.returncode}")
    return int((usage.ru_utime + usage.ru_stime) * 1e9)


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
    """(our decode + validate MB/s, wasm-tools' MB/s, translation MB/s of code) on one large module, one thread each.

    All are processor time, so that a busy machine does not distort them; what the peer's process costs without a module is not
    held against it.
    """
    module = programs.fetch(programs.find(PROGRAM)) / "program.wasm"
    peer = bench_engines.cargo_peer("wasm-tools", bench_engines.WASM_TOOLS_VERSION, "wasm-tools")
    ours = bench_engines.build_tool("front_end.cpp")
    empty = bench_engines.OUTPUT / "empty.wasm"
    empty.write_bytes(b"\0asm\1\0\0\0")
    validate, compile_all, peer_all, peer_empty = [], [], [], []
    for _ in range(REPEATS):
        one, two = map(int, run([ours, module, 1], "front_end").split())
        validate.append(one)
        compile_all.append(two)
        peer_all.append(processor_time([peer, "validate", "--features=all", module], {"RAYON_NUM_THREADS": "1"}))
        peer_empty.append(processor_time([peer, "validate", "--features=all", empty], {"RAYON_NUM_THREADS": "1"}))
    size = module.stat().st_size
    translate = min(compile_all) - min(validate)
    return (size * 1e3 / min(validate), size * 1e3 / (min(peer_all) - min(peer_empty)),
            code_section_bytes(module) * 1e3 / translate)
