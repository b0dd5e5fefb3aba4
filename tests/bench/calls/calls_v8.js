// What a call costs in V8: GUEST CALLS, prints nanoseconds per call into the guest and out of it. The host's loop is compiled
// before it is measured.
'use strict';
const fs = require('fs');

const calls = Number(process.argv[3]);
const module_ = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
const {add, loop} = new WebAssembly.Instance(module_, {env: {host: (a, b) => (a + b) | 0}}).exports;

function into(n) {
  let sum = 0;
  for (let i = 0; i < n; ++i) sum = add(sum, i);
  return sum;
}

function cost(name, work) {
  for (let i = 0; i < 20; ++i) work(calls / 20);
  const begin = process.cpuUsage();
  work(calls);
  const used = process.cpuUsage(begin);  // microseconds
  console.log(name, (1000 * (used.user + used.system) / calls).toFixed(3));
}

cost('in', into);
cost('out', loop);
