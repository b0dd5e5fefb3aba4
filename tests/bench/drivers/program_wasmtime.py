"""Runs a WASI command under Wasmtime, from its Python package: IMAGE STDIN STDOUT [HOST::GUEST...] -- ARGUMENTS.

IMAGE is what compile_wasmtime.py wrote. Prints the processor time in nanoseconds of an instance and its run, not of loading the
code.
"""
import sys
import time

import wasmtime

split = sys.argv.index("--")
image, stdin, stdout, *mounts = sys.argv[1:split]
config = wasmtime.Config()
config.parallel_compilation = False
engine = wasmtime.Engine(config)
module = wasmtime.Module.deserialize_file(engine, image)
linker = wasmtime.Linker(engine)
linker.define_wasi()
store = wasmtime.Store(engine)
wasi = wasmtime.WasiConfig()
wasi.argv = ["program", *sys.argv[split + 1:]]
wasi.stdin_file = stdin
wasi.stdout_file = stdout
for mount in mounts:
    wasi.preopen_dir(*mount.split("::"))
store.set_wasi(wasi)
begin = time.process_time_ns()
try:
    linker.instantiate(store, module).exports(store)["_start"](store)
except wasmtime.ExitTrap as exit_:
    if exit_.code != 0:
        raise
print(time.process_time_ns() - begin)
