"""The real programs of tests/programs as benchmarks: the run that programs.json calls `bench`.

In: a program's name, an engine. Out: (digest of what the run prints and writes, processor time, the part of it that is
loading). Compiling and loading are not to count: wasmrt maps code from its cache, and a process that only does that is measured,
too; the drivers of the peers time an instance and its run themselves. What a run makes is checked as tests/programs/run checks it.
"""
import functools
import hashlib
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import programs
from bench_engines import DRIVERS, OUTPUT
from packages import ROOT, Failure, run

@functools.cache
def runner():
    """tests/programs/run, as a module."""
    loader = importlib.machinery.SourceFileLoader("run_programs", str(ROOT / "tests" / "programs" / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_programs", loader))
    loader.exec_module(module)
    return module


@functools.cache
def table():
    """By name, the programs that have a run to measure."""
    return {p["name"]: p for p in programs.load() if "bench" in p}


@functools.cache
def folder_of(name):
    return programs.fetch(table()[name])


def can_run(engine):
    return engine.name in ("wasmrt-jit", "wasmtime", "v8")


def processor_time(command, stdin, stdout):
    """Processor time of a process in nanoseconds."""
    with open(stdin, "rb") as source, open(stdout, "wb") as sink:
        process = subprocess.Popen([str(c) for c in command], stdin=source, stdout=sink, stderr=subprocess.PIPE)
        text = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f"{command[0]}: exit code {process.returncode}: {text.decode(errors='replace').strip()[-400:]}")
    return int((usage.ru_utime + usage.ru_stime) * 1e9)


class Scratch:
    """The files of a run, in a folder that goes when it is left."""

    def __init__(self, name):
        self.bench, self.source = table()[name]["bench"], folder_of(name)
        self.mounts = table()[name].get("mounts", {})

    def __enter__(self):
        self.outside = Path(tempfile.mkdtemp(prefix="wasmrt-bench-"))
        self.folder = self.outside / "root"
        self.folder.mkdir()
        for file, recipe in self.bench["inputs"].items():
            (self.folder / file).write_bytes(runner().make_input(recipe, self.source))
        self.stdin, self.stdout = self.outside / "stdin", self.outside / "stdout"
        self.stdin.write_bytes((self.folder / self.bench["stdin"]).read_bytes() if "stdin" in self.bench else b"")
        self.where = [(self.folder, "/"), *((self.source / "source" / host, guest) for host, guest in self.mounts.items())]
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.outside, ignore_errors=True)

    def digest(self):
        """Of all that the run made, once it is found to be right."""
        out = self.stdout.read_bytes()
        if wrong := runner().difference(self.bench.get("stdout", {}), out, self.folder):
            raise Failure(f"stdout: {wrong}")
        made = hashlib.sha256(out)
        for file, expected in sorted(self.bench.get("files", {}).items()):
            found = (self.folder / file).read_bytes()
            if wrong := runner().difference(expected, found, self.folder):
                raise Failure(f"{file}: {wrong}")
            made.update(found)
        return made.hexdigest()


def run_wasmrt(engine, module, scratch, arguments):
    """Processor time of the run, and of a process that only loads."""
    prefix = [*(c for c in engine.prefix if c != "--no-cache"), f"--cache={OUTPUT / 'programs-cache'}"]
    where = [word for host, guest in scratch.where for word in ("--dir", f"{host}::{guest}")]
    load = [*prefix, "--compile-only", module]
    processor_time(load, scratch.stdin, scratch.stdout)  # fills the cache
    loading = processor_time(load, scratch.stdin, scratch.stdout)
    return processor_time([*prefix, *where, module, *arguments], scratch.stdin, scratch.stdout), loading


def run_driver(command, engine, scratch, arguments):
    """As run_wasmrt; a driver counts no loading."""
    where = [f"{host}::{guest}" for host, guest in scratch.where]
    full = [*command, scratch.stdin, scratch.stdout, *where, "--", *arguments]
    return int(run(full, f"{engine.name} on {command[-1]}", timeout=900, env=engine.env)), 0


def run_program(engine, name):
    """(digest, nanoseconds of processor time, nanoseconds of them for loading)."""
    module = folder_of(name) / "program.wasm"
    with Scratch(name) as scratch:
        arguments = scratch.bench["args"]
        if engine.name == "wasmrt-jit":
            taken = run_wasmrt(engine, module, scratch, arguments)
        elif engine.name == "wasmtime":
            image = OUTPUT / f"{folder_of(name).name}.cwasm"
            if not image.exists():
                run([sys.executable, DRIVERS / "compile_wasmtime.py", module, image], f"Wasmtime on {name}", timeout=900, env=engine.env)
            taken = run_driver([sys.executable, DRIVERS / "program_wasmtime.py", image], engine, scratch, arguments)
        else:
            command = [engine.prefix[0], "--no-liftoff", "--no-wasm-lazy-compilation", DRIVERS / "program_v8.js", module]
            taken = run_driver(command, engine, scratch, arguments)
        return scratch.digest(), *taken
