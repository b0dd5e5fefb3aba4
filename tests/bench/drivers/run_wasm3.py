"""Runs a kernel's WASI command under wasm3, from its Python package: KERNEL.wasm ROUNDS REPEATS.

The package has no WASI, so the five functions that main_wasi.c imports are given here; the guest takes the time, and a call of
the clock costs some microseconds against the 100 ms it measures.
"""
import os
import struct
import sys
import time

import wasm3

STACK_BYTES = 1 << 20
ARGUMENTS = [a.encode() + b"\0" for a in sys.argv[1:]]

environment = wasm3.Environment()
runtime = environment.new_runtime(STACK_BYTES)
with open(sys.argv[1], "rb") as file:
    module = environment.parse_module(file.read())
runtime.load(module)


def put(address, data):
    runtime.get_memory(0)[address:address + len(data)] = data


def args_sizes_get(count, size):
    put(count, struct.pack("<I", len(ARGUMENTS)))
    put(size, struct.pack("<I", sum(map(len, ARGUMENTS))))
    return 0


def args_get(pointers, strings):
    for at, argument in enumerate(ARGUMENTS):
        put(pointers + 4 * at, struct.pack("<I", strings))
        put(strings, argument)
        strings += len(argument)
    return 0


def clock_time_get(clock, precision, result):
    put(result, struct.pack("<Q", time.monotonic_ns()))
    return 0


def fd_write(fd, vectors, count, written):
    memory = runtime.get_memory(0)
    total = 0
    for at in range(vectors, vectors + 8 * count, 8):
        address, size = struct.unpack("<II", bytes(memory[at:at + 8]))
        total += os.write(fd, bytes(memory[address:address + size]))
    put(written, struct.pack("<I", total))
    return 0


def proc_exit(code):
    os._exit(code)


for function, signature in ((args_sizes_get, "i(**)"), (args_get, "i(**)"), (clock_time_get, "i(iI*)"),
                            (fd_write, "i(i*i*)"), (proc_exit, "v(i)")):
    module.link_function("wasi_snapshot_preview1", function.__name__, signature, function)
runtime.find_function("_start")()
