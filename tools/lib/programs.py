"""The real programs of tests/programs: what programs.json says of each, and how its module comes into the cache.

In: tests/programs/programs.json. Out: for a program, a folder in the cache with `program.wasm`, with `source/` (what the
registry delivered) beside it. Raises packages.Unavailable or packages.Failure. A changed recipe is a new folder.
"""
import hashlib
import json
import shutil
from pathlib import Path

from packages import CACHE, ROOT, Failure, apt_source, cargo_install, go_build, once, pip_wheel, run, setup

HERE = ROOT / "tests" / "programs"
COMPILE = ["--target=wasm32-wasi", "-O2", "-w", "-include", HERE / "guest" / "posix.h"]


def load():
    with open(HERE / "programs.json") as file:
        return json.load(file)["programs"]


def recipe_of(program):
    """All that decides what the module is, as a short hash."""
    keys = ("debian", "compile", "pip", "crate", "go")
    digest = hashlib.sha256(json.dumps({k: program[k] for k in keys if k in program}, sort_keys=True).encode())
    folder = HERE / ("guest" if "compile" in program else "go" if "go" in program else "none")
    for path in sorted(folder.glob("*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def compile_sources(recipe, source, output):
    setup("wasm")
    for name, lines in recipe.get("files", {}).items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("\n".join(lines) + "\n")
    files = [path for pattern in recipe["sources"] for path in sorted(source.glob(pattern))]
    if not files:
        raise Failure(f"no sources match {recipe['sources']}")
    compiler = recipe.get("compiler", "clang-14")
    extra = ["-fignore-exceptions", HERE / "guest" / "no_exceptions.cpp"] if compiler.startswith("clang++") else []
    run([compiler, *COMPILE, *extra, *files, *recipe["flags"], "-o", output], output.parent.name, cwd=source)


def fetch(program):
    """The folder of the program's module; see above."""
    def make(folder):
        source, output = folder / "source", folder / "program.wasm"
        if "debian" in program:
            origin = program["debian"]
            apt_source(origin["package"], origin["archive"], origin["sha256"], source)
            compile_sources(program["compile"], source, output)
        elif "pip" in program:
            origin = program["pip"]
            pip_wheel(origin["package"], origin["version"], origin["sha256"], source)
            shutil.move(source / origin["module"], output)
        elif "crate" in program:
            origin = program["crate"]
            cargo_install(origin["package"], origin["version"], origin["sha256"], folder / "built", origin.get("options", ()))
            shutil.move(folder / "built" / "bin" / origin["program"], output)
        else:
            go_build(program["go"]["package"], HERE / "go", output)

    return once(f"programs/{program['name']}-{recipe_of(program)}", make)


def find(name):
    """The program of that name in programs.json."""
    return next(p for p in load() if p["name"] == name)


def prune():
    """Removes programs in the cache that no recipe asks for any more."""
    wanted = {f"{p['name']}-{recipe_of(p)}" for p in load()}
    folder = CACHE / "programs"
    for entry in folder.iterdir() if folder.is_dir() else []:
        if entry.name not in wanted and not entry.name.startswith(".new-"):
            shutil.rmtree(entry, ignore_errors=True)
