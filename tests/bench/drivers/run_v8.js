// Runs a kernel's WASI command under V8, in node: KERNEL.wasm ROUNDS REPEATS. Start node with --no-liftoff, so that the
// optimising compiler does all of it. The functions that main_wasi.c imports are given here: node's own WASI is a preview.
'use strict';
const fs = require('fs');

const encoder = new TextEncoder();
const args = process.argv.slice(2).map((a) => encoder.encode(a + '\0'));
let memory;
const view = () => new DataView(memory.buffer);
const bytes = () => new Uint8Array(memory.buffer);

const wasi = {
  args_sizes_get(count, size) {
    view().setUint32(count, args.length, true);
    view().setUint32(size, args.reduce((sum, a) => sum + a.length, 0), true);
    return 0;
  },
  args_get(pointers, strings) {
    args.forEach((argument, i) => {
      view().setUint32(pointers + 4 * i, strings, true);
      bytes().set(argument, strings);
      strings += argument.length;
    });
    return 0;
  },
  clock_time_get(clock, precision, result) {
    view().setBigUint64(result, process.hrtime.bigint(), true);
    return 0;
  },
  fd_write(fd, vectors, count, written) {
    let total = 0;
    for (let i = 0; i < count; ++i) {
      const address = view().getUint32(vectors + 8 * i, true);
      const size = view().getUint32(vectors + 8 * i + 4, true);
      total += fs.writeSync(fd, bytes().subarray(address, address + size));
    }
    view().setUint32(written, total, true);
    return 0;
  },
  proc_exit(code) {
    process.exit(code);
  },
};

const module_ = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
const instance = new WebAssembly.Instance(module_, {wasi_snapshot_preview1: wasi});
memory = instance.exports.memory;
instance.exports._start();
