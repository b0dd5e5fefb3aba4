// Population count, leading and trailing zeros and rotates in one dependent chain, 32 and 64 bits.
#include "../bench.h"

const u32 kDefaultRounds = 1900;

static NOINLINE u64 chain(u64 x, u32 steps) {
  u32 y = (u32)x | 1;
  for (u32 i = 0; i < steps; ++i) {
    x = (x << 7 | x >> 57) + (u64)__builtin_popcountll(x) * 3;
    x ^= 1ull << (__builtin_clzll(x | 1) & 63);
    y = (y << 5 | y >> 27) ^ (u32)__builtin_ctz(y | 0x80000000u);
    y += (u32)__builtin_popcount((u32)x) + (u32)__builtin_clz(y | 1);
    x += y;
  }
  return x ^ y;
}

u64 run(u32 rounds) {
  u64 x = 0x0123456789abcdefull;
  for (u32 r = 0; r < rounds; ++r) {
    barrier();
    x = chain(x, 4096);
  }
  return mix(0, x);
}
