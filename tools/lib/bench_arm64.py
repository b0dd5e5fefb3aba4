"""What tools/bench --arch=arm64 does: counts instructions and code bytes of the arm64 compiler, without the hardware.

In: build-arm64/wasmrt-run, build/wasmrt-objdump, kernels. Out: per kernel and engine the instructions that N of its rounds
execute under qemu, as the difference of a run of 2N rounds and one of N, which leaves out start-up and compilation; and the
bytes of its code: the functions of main_wasi.c and the kernel, without stubs. Engines: compiled code of wasmrt and of
Wasmtime, and clang's -O2 without vectorisers, as wasm has no vectors here. All must print the same checksums.
"""
import re
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

import bench_engines
import bench_report
from bench_checks import Check
from bench_engines import BENCH, COMMON_FLAGS, DRIVERS, OUTPUT, PYTHON_PEERS, simd_flags
from packages import ROOT, Failure, Unavailable, pip_wheel, run, setup

WASMTIME_WHEEL = "675484e525c028dc02762b777f1db4477ea70caa3fec6775426daff4d64edfb1"
SYSROOT = "/usr/aarch64-linux-gnu"
EMULATOR = ["qemu-aarch64", "-L", SYSROOT]
FOLDER = OUTPUT / "arm64"
TARGET = ["clang-14", "--target=aarch64-linux-gnu", "-fuse-ld=lld"]
# Of COMMON_FLAGS the optimisation is another: what the bound is about.
NATIVE_FLAGS = [f for f in COMMON_FLAGS if f != "-O3"] + ["-O2", "-fno-vectorize", "-fno-slp-vectorize"]
SUBJECT, NATIVE, PEER = "wasmrt", "native", "wasmtime"
SHARE = 4  # N is the kernel's usual number of rounds divided by this


@dataclass
class Count:
    instructions: int
    code_bytes: int


def plugin():
    """The instruction counter, built for the emulator's machine, which is this one."""
    setup("count")
    if "-plugin" not in run(["qemu-aarch64", "--help"], "qemu-aarch64"):
        raise Unavailable("this qemu-aarch64 takes no plugins")
    output = FOLDER / "libqemu_count.so"
    run(["clang-14", "-shared", "-fPIC", "-O2", "-fvisibility=hidden", ROOT / "tools" / "qemu_count" / "qemu_count.c", "-o", output],
        "qemu_count")
    return output


def execute(counter, command, rounds):
    """(checksum, instructions) of a process that runs the kernel once with this many rounds."""
    with tempfile.NamedTemporaryFile() as out:
        text = run([*EMULATOR, "-plugin", f"{counter},out={out.name}", *command, rounds], f"{command[0]} under qemu", timeout=600)
        counted = Path(out.name).read_text()
    line = text.split()
    if len(line) != 2 or not counted.strip():
        raise Failure(f"{command}: printed {text!r}, counted {counted!r}")
    return line[0], int(counted)


def symbols(path):
    """(name, size) of the functions in the symbol table of a 64-bit ELF file."""
    data = Path(path).read_bytes()
    table, = struct.unpack_from("<Q", data, 0x28)
    entry, number = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + n * entry) for n in range(number)]
    for section in sections:
        if section[1] != 2:  # SHT_SYMTAB
            continue
        strings = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 24):
            name, info, _, _, _, size = struct.unpack_from("<IBBHQQ", data, at)
            if info & 15 == 2:  # STT_FUNC
                end = data.index(b"\0", strings + name)
                yield data[strings + name:end].decode(), size


class Wasmrt:
    what = "wasmrt (jit)"

    def __init__(self):
        self.program = ROOT / "build-arm64" / "wasmrt-run"
        for program in (self.program, ROOT / "build" / "wasmrt-objdump"):
            if not program.exists():
                raise Failure(f"{program.relative_to(ROOT)} is not built")

    def prepare(self, kernel):
        listed = run([ROOT / "build" / "wasmrt-objdump", "-t", "-m", "arm64", OUTPUT / f"{kernel}.wasm"], "wasmrt-objdump")
        sizes = re.findall(r"(?m)^ *\d+ +\d+ +(\d+) ", listed)  # index, wasm, code
        return [self.program, "--engine=jit", "--no-cache", OUTPUT / f"{kernel}.wasm"], sum(map(int, sizes))


class Native:
    what = "clang 14 -O2 without vectorisers"

    def prepare(self, kernel):
        source, program = BENCH / "kernels" / f"{kernel}.c", FOLDER / kernel
        flags = NATIVE_FLAGS + simd_flags(kernel, "aarch64")
        run([*TARGET, *flags, BENCH / "main_native.c", source, "-o", program], kernel)
        size = 0
        for part in (BENCH / "main_wasi.c", source):  # the same sources as of the module
            part_object = FOLDER / f"{kernel}-{part.stem}.o"
            run([*TARGET, *flags, "-Wno-ignored-attributes", "-Wno-unknown-attributes", "-c", part, "-o", part_object], kernel)
            size += sum(s for _, s in symbols(part_object))
        return [program], size


class Wasmtime:
    what = f"Wasmtime {PYTHON_PEERS['wasmtime'][0]}"

    def __init__(self):
        wheel = pip_wheel("wasmtime", PYTHON_PEERS["wasmtime"][0], WASMTIME_WHEEL, platform="manylinux2014_aarch64")
        library = wheel / "wasmtime" / "linux-aarch64" / "_libwasmtime.so"
        self.driver = FOLDER / "run_wasmtime"
        run([*TARGET, "-O2", DRIVERS / "run_wasmtime.c", DRIVERS / "wasmtime_c.c", library, f"-Wl,-rpath,{library.parent}", "-o", self.driver],
            "run_wasmtime.c")

    def prepare(self, kernel):
        image = FOLDER / f"{kernel}.cwasm"
        run([*EMULATOR, self.driver, "compile", OUTPUT / f"{kernel}.wasm", image], f"Wasmtime on {kernel}")
        size = sum(s for name, s in symbols(image) if "::function[" in name)
        return [self.driver, "run", image], size


def default_rounds(kernel):
    return int(re.search(r"kDefaultRounds = (\d+);", (BENCH / "kernels" / f"{kernel}.c").read_text())[1])


def count(kernels, progress):
    """{kernel: {engine: Count}}."""
    setup("arm64")
    FOLDER.mkdir(parents=True, exist_ok=True)
    counter = plugin()
    engines = {SUBJECT: Wasmrt(), NATIVE: Native(), PEER: Wasmtime()}
    counts = {}
    for kernel in kernels:
        rounds = max(1, default_rounds(kernel) // SHARE)
        checksums, counts[kernel] = set(), {}
        for name, engine in engines.items():
            command, size = engine.prepare(kernel)
            if not size:
                raise Failure(f"{kernel}: no code of {name} is found")
            once, twice = (execute(counter, command, n) for n in (rounds, 2 * rounds))
            checksums.add((once[0], twice[0]))
            counts[kernel][name] = Count(twice[1] - once[1], size)
        if len(checksums) != 1:
            raise Failure(f"{kernel}: the engines disagree: {checksums}")
        progress(kernel, counts[kernel])
    return counts


def ratio(counts, other, what):
    """{kernel: the subject's count divided by the other's}."""
    return {k: getattr(c[SUBJECT], what) / getattr(c[other], what) for k, c in counts.items()}


def table(counts, markdown=False):
    """A row per kernel, the worst ratio to native code first."""
    columns = [ratio(counts, other, what) for what in ("instructions", "code_bytes") for other in (NATIVE, PEER)]
    head = ["kernel", "M instructions", "/ native", "/ Wasmtime", "code bytes", "/ native", "/ Wasmtime"]
    rows = []
    for kernel in sorted(counts, key=lambda k: -columns[0][k]):
        own = counts[kernel][SUBJECT]
        cells = [f"{column[kernel]:.2f}" for column in columns]
        rows.append([kernel, f"{own.instructions / 1e6:.1f}", *cells[:2], str(own.code_bytes), *cells[2:]])
    means = [f"{bench_report.geomean(column.values()):.3f}" for column in columns]
    rows.append(["geometric mean", "", *means[:2], "", *means[2:]])
    return bench_report.laid_out(head, rows, markdown)


def checks(counts):
    """The bounds of the arm64 compiler."""
    yield Check("instructions of wasmrt / native, geometric mean",
                bench_report.geomean(ratio(counts, NATIVE, "instructions").values()), 1.15, more_is_better=False)
    yield Check("instructions of wasmrt / Wasmtime, geometric mean",
                bench_report.geomean(ratio(counts, PEER, "instructions").values()), 1, more_is_better=False, strict=True)


def main(kernels, check, write):
    """Prints the table; returns the exit code."""
    counts = count(kernels, lambda kernel, found: None)
    print(table(counts))
    results = list(checks(counts))
    for result in results if check else []:
        print(result)
    if write:
        lines = [f"{Wasmrt.what}, native ({Native.what}), {Wasmtime.what}; {run(EMULATOR[:1] + ['--version'], 'qemu').split(chr(10))[0]}.", "",
                 table(counts, markdown=True), "", "| asked for | measured | bound | |", "|---|--:|--:|---|"]
        lines += [f"| {c.what} | {c.value:.3f} | {c.sign} {c.bound:g} | {'reached' if c.passed else '**missed**'} |" for c in results]
        page = ROOT / "docs" / "BENCHMARKS.md"
        page.write_text(bench_report.replace_section(page.read_text(), "wasmrt-arm64", "\n".join(lines)))
    return 0 if not check or all(r.passed for r in results) else 1
