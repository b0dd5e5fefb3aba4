"""What calls between host and guest cost, against Wasmtime and V8: a section of tools/bench.

In: the release in build/. Out: Check rows: processor time per call, the minimum of interleaved rounds.
"""
import bench_engines
from bench_checks import Check
from packages import run

CALLS_FOLDER = bench_engines.BENCH / "calls"
CALLS = 10_000_000
OURS = "wasmrt"


def wasmtime_driver(source):
    """A C program on Wasmtime's library."""
    library = bench_engines.python_peer("wasmtime") / "wasmtime" / "linux-x86_64" / "_libwasmtime.so"
    output = bench_engines.OUTPUT / source.stem
    bench_engines.OUTPUT.mkdir(parents=True, exist_ok=True)
    run(["clang-14", "-O2", source, bench_engines.DRIVERS / "wasmtime_c.c", library, f"-Wl,-rpath,{library.parent}", "-o", output],
        source.name)
    return output


def our_driver(source):
    library = bench_engines.ROOT / "build"
    output = bench_engines.OUTPUT / f"{source.stem}_wasmrt"
    bench_engines.OUTPUT.mkdir(parents=True, exist_ok=True)
    run(["clang++-14", "-O2", "-std=c++20", "-I", bench_engines.ROOT / "libwasmrt" / "include", source, "-L", library, "-lwasmrt",
         f"-Wl,-rpath,{library}", "-o", output], source.name)
    return output


def measure(rounds):
    """{engine: {kind of call: nanoseconds}}"""
    guest = bench_engines.OUTPUT / "calls_guest.wasm"
    bench_engines.OUTPUT.mkdir(parents=True, exist_ok=True)
    run(["clang-14", *bench_engines.WASM_FLAGS, *bench_engines.COMMON_FLAGS, CALLS_FOLDER / "calls_guest.c", "-o", guest], "calls_guest.c")
    node = bench_engines.v8().prefix[:2]
    commands = {OURS: [our_driver(CALLS_FOLDER / "calls.cpp")], "Wasmtime": [wasmtime_driver(CALLS_FOLDER / "calls_wasmtime.c")],
                "V8": [*node, CALLS_FOLDER / "calls_v8.js"]}
    best = {name: {} for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            for line in run([*command, guest, CALLS], name).splitlines():
                kind, cost = line.split()
                best[name][kind] = min(best[name].get(kind, float("inf")), float(cost))
    return best


def check(rounds):
    costs = measure(rounds)
    ours = costs[OURS]
    yield Check("a call into the guest, above a native one through a pointer", ours["in"] - ours["native"], 3, "ns", more_is_better=False)
    yield Check("a call of a typed host function", ours["out"], 3, "ns", more_is_better=False)
    for kind, what in (("in", "into the guest"), ("out", "of the host")):
        for peer in ("Wasmtime", "V8"):
            yield Check(f"a call {what} / {peer}'s ({costs[peer][kind]:.1f} ns)", ours[kind] / costs[peer][kind], 1,
                        more_is_better=False)
