// Ackermann's function: deep recursion, tail and non-tail.
#include "../bench.h"

const u32 kDefaultRounds = 230;

static NOINLINE u32 ack(u32 m, u32 n) {
  if (m == 0) return n + 1;
  if (n == 0) return ack(m - 1, 1);
  return ack(m - 1, ack(m, n - 1));
}

u64 run(u32 rounds) {
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    barrier();
    hash = mix(hash, ack(3, 5 + (r & 1)));
  }
  return hash;
}
