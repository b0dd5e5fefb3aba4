// Doubly recursive Fibonacci: calls and nothing else.
#include "../bench.h"

const u32 kDefaultRounds = 15;

static NOINLINE u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

u64 run(u32 rounds) {
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    barrier();
    hash = mix(hash, fib(28 + (r & 1)));
  }
  return hash;
}
