"""The engines that tools/bench measures: for each, how it comes into the cache folder and how it runs a kernel.

In: the name of an engine. Out: an Engine whose command(kernel) is a command line that takes ROUNDS and REPEATS and prints a
line `CHECKSUM NANOSECONDS` per repeat. Versions are pinned here. Raises packages.Unavailable where an engine cannot be had.
"""
import hashlib
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packages import CACHE, ROOT, Failure, Unavailable, go_build, once, run, setup

BENCH = ROOT / "tests" / "bench"
DRIVERS = BENCH / "drivers"
OUTPUT = ROOT / "build" / "bench"
WASM_FLAGS = ["--target=wasm32", "-nostdlib", "-mbulk-memory", "-msign-ext", "-mnontrapping-fptoint", "-Wl,--no-entry",
              "-Wl,--strip-all"]
# Kernels named simd_* use vectors: of WebAssembly, and natively those that our x64 code takes for granted.
SIMD_FLAGS = {"wasm32": ["-msimd128"], "x86_64": ["-mssse3"], "aarch64": []}
O1_KERNELS = ("fib",)  # whose bound is about native code of -O1
COMMON_FLAGS = ["-O3", "-std=gnu11", "-ffp-contract=off", "-Wall", "-Wextra"]
# The binary wheel of Wasmtime for this machine, and the source of wasm3 for Python.
PYTHON_PEERS = {
    "wasmtime": ("50.0.1", ["cc14c3a17654e0394e0225b11813532ef0cd7bd1e222a0c5494cdedaabeddac4"]),
    "pywasm3": ("0.5.0", ["5a47c8a39f7f6ae71b3316b2e5d86c9d0db6e771a65f09a86e4d4aa3a19aefcc"]),
}
WASMI_VERSION = "2.0.0"
WASM_TOOLS_VERSION = "1.263.0"
WAZERO_VERSION = "1.12.0"


@dataclass
class Engine:
    name: str
    what: str           # for the tables: name and version
    prefix: list        # comes before the kernel
    repeats: int        # within a process; an interpreter needs 0.1 s for one
    kernel: str = "wasm"
    env: dict = None
    simd: bool = True   # whether it runs kernels that use vectors
    only: tuple = None  # the kernels that it runs, if not all

    def command(self, name):
        path = OUTPUT / (name + {"wasm": ".wasm", "native": "", "o1": ".o1"}[self.kernel])
        return [*map(str, self.prefix), str(path)]


def kernels():
    return sorted(p.stem for p in (BENCH / "kernels").glob("*.c"))


def is_simd(kernel):
    return kernel.startswith("simd_")


def simd_flags(kernel, machine=platform.machine()):
    return SIMD_FLAGS[machine] if is_simd(kernel) else []


def build_kernels(names):
    """Compiles the named kernels for WASI and for this machine into build/bench, where they are older than their sources."""
    setup("wasm")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    recipe = repr((WASM_FLAGS, COMMON_FLAGS, SIMD_FLAGS, O1_KERNELS))
    shared = b"".join((BENCH / f).read_bytes() for f in ("bench.h", "simd.h", "main_wasi.c", "main_native.c")) + recipe.encode()
    for name in names:
        source = BENCH / "kernels" / f"{name}.c"
        digest = hashlib.sha256(shared + source.read_bytes()).hexdigest()
        mark = OUTPUT / f"{name}.sha256"
        if mark.exists() and mark.read_text() == digest and (OUTPUT / f"{name}.wasm").exists():
            continue
        run(["clang-14", *WASM_FLAGS, *COMMON_FLAGS, *simd_flags(name, "wasm32"), BENCH / "main_wasi.c", source, "-o", OUTPUT / f"{name}.wasm"], name)
        native_flags = [*COMMON_FLAGS, *simd_flags(name)]
        run(["clang-14", *native_flags, BENCH / "main_native.c", source, "-o", OUTPUT / name], name)
        if name in O1_KERNELS:
            run(["clang-14", *native_flags, "-O1", BENCH / "main_native.c", source, "-o", OUTPUT / f"{name}.o1"], name)
        mark.write_text(digest)


def build_tool(source, *, wasi=False):
    """A file of tests/bench that is no kernel, compiled for this machine or for WASI; C++ uses the library in build/."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    name = Path(source).stem
    output = OUTPUT / (f"{name}.wasm" if wasi else name)
    command = ["clang-14", *(["--target=wasm32-wasi"] if wasi else []), "-O2", BENCH / source, "-o", output]
    if source.endswith(".cpp"):
        library = ROOT / "build"
        command[0] = "clang++-14"
        command += ["-std=c++20", "-I", ROOT / "libwasmrt" / "include", "-L", library, "-lwasmrt", f"-Wl,-rpath,{library}"]
    run(command, name)
    return output


def cargo_peer(crate, version, program):
    """A Rust program for this machine, by the newest cargo on the path; Debian's is too old for these."""
    def make(folder):
        cargo = shutil.which("cargo")
        if not cargo:
            raise Unavailable(f"{crate}: no cargo on this machine")
        print(f"building {crate} {version} ...", file=sys.stderr, flush=True)
        try:
            run([cargo, "install", crate, "--version", f"={version}", "--locked", "--root", folder, "--no-track", "--target-dir",
                 folder / "target"], f"crate {crate} {version}", network=True, timeout=3000)
        except Failure as error:
            raise Unavailable(str(error)) from None
        shutil.rmtree(folder / "target", ignore_errors=True)

    installed = shutil.which(program)
    if installed and version in run([installed, "--version"], program).split():
        return Path(installed)
    return once(f"peers/{crate}-{version}", make) / "bin" / program


def python_peer(package):
    """The folder to put on PYTHONPATH for a peer that comes from PyPI."""
    version, hashes = PYTHON_PEERS[package]

    def make(folder):
        requirements = folder / "requirements.txt"
        requirements.write_text(f"{package}=={version} " + " ".join(f"--hash=sha256:{h}" for h in hashes) + "\n")
        if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode != 0:
            setup("pip")
        try:
            run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes",
                 "--target", folder / "site", "-r", requirements], f"{package} {version} from PyPI", network=True, timeout=900)
        except Failure as error:
            raise Unavailable(str(error)) from None

    tag = f"py{sys.version_info.major}{sys.version_info.minor}"
    return once(f"peers/{package}-{version}-{tag}", make) / "site"


def wasmrt(which, without=None):
    program = ROOT / "build" / "wasmrt-run"
    if not program.exists():
        raise Unavailable("build/wasmrt-run is not built")
    probe = subprocess.run([program, f"--engine={which}", "--no-cache", OUTPUT / "fib.wasm", "1"], capture_output=True, text=True)
    if probe.returncode != 0:
        raise Unavailable(f"build/wasmrt-run --engine={which}: {(probe.stderr.strip().splitlines() or ['fails'])[0]}")
    return Engine(f"wasmrt-{which}" + (f"-without-{without}" if without else ""),
                  f"wasmrt ({which}" + (f" without {without})" if without else ")"),
                  [program, f"--engine={which}", "--no-cache"], 1 if which == "interp" else 5,
                  env={"WASMRT_COMPILE": f"-{without}"} if without else None)


def wasmi():
    return Engine("wasmi", f"wasmi {WASMI_VERSION}", [cargo_peer("wasmi_cli", WASMI_VERSION, "wasmi")], 1)


def wasm3():
    site = python_peer("pywasm3")
    return Engine("wasm3", f"wasm3 (pywasm3 {PYTHON_PEERS['pywasm3'][0]})", [sys.executable, DRIVERS / "run_wasm3.py"], 1,
                  env={"PYTHONPATH": str(site)}, simd=False)


def wasmtime():
    site = python_peer("wasmtime")
    return Engine("wasmtime", f"Wasmtime {PYTHON_PEERS['wasmtime'][0]}", [sys.executable, DRIVERS / "run_wasmtime.py"], 5,
                  env={"PYTHONPATH": str(site)})


def wazero():
    def make(folder):
        print(f"building wazero {WAZERO_VERSION} ...", file=sys.stderr, flush=True)
        go_build("github.com/tetratelabs/wazero/cmd/wazero", BENCH / "go", folder / "wazero", guest=False)

    return Engine("wazero", f"wazero {WAZERO_VERSION}", [once(f"peers/wazero-{WAZERO_VERSION}", make) / "wazero", "run"], 5)


def v8():
    node = shutil.which("node")
    if not node:
        raise Unavailable("no node on this machine")
    version = run([node, "-p", "process.versions.v8"], "node").strip()
    version = re.match(r"\d+\.\d+", version)[0]
    return Engine("v8", f"V8 {version}", [node, "--no-liftoff", DRIVERS / "run_v8.js"], 5)


def native():
    return Engine("native", "native (clang 14 -O3)", [], 5, kernel="native")


def native_o1():
    return Engine("native-o1", "native (clang 14 -O1)", [], 5, kernel="o1", only=O1_KERNELS)


ENGINES = {"wasmrt-interp": lambda: wasmrt("interp"), "wasmrt-jit": lambda: wasmrt("jit"),
           "wasmrt-jit-without-polls": lambda: wasmrt("jit", "polls"), "wasmi": wasmi, "wasm3": wasm3,
           "wasmtime": wasmtime, "wazero": wazero, "v8": v8, "native": native,
           "native-o1": native_o1}
