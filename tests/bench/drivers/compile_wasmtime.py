"""Compiles MODULE.wasm with Wasmtime, from its Python package, on one thread and without a cache; with a second argument, writes
what it would load again (an ELF file) there.
"""
import sys

import wasmtime

config = wasmtime.Config()
config.parallel_compilation = False
with open(sys.argv[1], "rb") as file:
    module = wasmtime.Module(wasmtime.Engine(config), file.read())
if len(sys.argv) > 2:
    with open(sys.argv[2], "wb") as file:
        file.write(module.serialize())
