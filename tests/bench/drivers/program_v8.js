// Runs a WASI command under V8, in node, with node's own WASI: PROGRAM.wasm STDIN STDOUT [HOST::GUEST...] -- ARGUMENTS.
// Prints the processor time in nanoseconds of an instance and its run, not of compiling. Start node with --no-liftoff
// --no-wasm-lazy-compilation, so that the optimising compiler has done all of it before.
'use strict';
const fs = require('fs');
process.removeAllListeners('warning');
process.on('warning', () => {});
const {WASI} = require('wasi');

const split = process.argv.indexOf('--');
const [program, stdin, stdout, ...mounts] = process.argv.slice(2, split);
const preopens = Object.fromEntries(mounts.map((m) => m.split('::').reverse()));
const module_ = new WebAssembly.Module(fs.readFileSync(program));
const files = {stdin: fs.openSync(stdin, 'r'), stdout: fs.openSync(stdout, 'w')};
const wasi = new WASI({version: 'preview1', args: ['program', ...process.argv.slice(split + 1)], preopens, ...files});
const begin = process.cpuUsage();
const code = wasi.start(new WebAssembly.Instance(module_, wasi.getImportObject()));
const {user, system} = process.cpuUsage(begin);
if (code) throw new Error(`exit code ${code}`);
console.log((user + system) * 1000);
