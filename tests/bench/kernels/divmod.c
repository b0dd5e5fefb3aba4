// Division and remainder, 32 and 64 bits, signed and unsigned: by constants and by variables.
#include "../bench.h"

enum { kN = 4096 };
static u32 in32[kN];
static u64 in64[kN];

const u32 kDefaultRounds = 1200;

static NOINLINE u64 by_constants(void) {
  u64 sum = 0;
  for (u32 i = 0; i < kN; ++i) {
    const u32 x = in32[i];
    const u64 y = in64[i];
    sum += x / 10 + x % 1000 + (u32)((i32)x / 7) + (x % 12 == 0);
    sum += y / 1000000007u + y % 86400 + (u64)((i64)y % 365);
  }
  return sum;
}

static NOINLINE u64 by_variables(u32 divisor, u64 wide) {
  u64 sum = 0;
  for (u32 i = 0; i < kN; ++i) {
    sum += in32[i] / divisor + in32[i] % (divisor + 2) + (u32)((i32)in32[i] % (i32)divisor);
    sum += in64[i] / wide + (u64)((i64)in64[i] % (i64)wide);
  }
  return sum;
}

u64 run(u32 rounds) {
  u32 seed = 3;
  for (u32 i = 0; i < kN; ++i) {
    in32[i] = next_random(&seed);
    in64[i] = (u64)next_random(&seed) << 32 | next_random(&seed);
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    barrier();
    hash = mix(hash, by_constants() ^ by_variables(3 + r % 1000, 12345 + (u64)r * 7919));
    in32[r % kN] ^= (u32)hash;
  }
  return hash;
}
