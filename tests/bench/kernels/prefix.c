// Running sums, in i32 and in i64: each element depends on the one before.
#include "../bench.h"

enum { kN = 8192 };
static u32 narrow[kN];
static u64 wide[kN];

const u32 kDefaultRounds = 2600;

static NOINLINE void prefix_narrow(u32* v, u32 n) {
  u32 sum = 0;
  for (u32 i = 0; i < n; ++i) v[i] = sum += v[i];
}

static NOINLINE void prefix_wide(u64* v, u32 n) {
  u64 sum = 0;
  for (u32 i = 0; i < n; ++i) v[i] = sum += v[i];
}

u64 run(u32 rounds) {
  u32 seed = 5;
  for (u32 i = 0; i < kN; ++i) {
    narrow[i] = next_random(&seed);
    wide[i] = next_random(&seed);
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    prefix_narrow(narrow, kN);
    prefix_wide(wide, kN);
    hash = mix(hash, narrow[kN - 1] ^ wide[r % kN]);
  }
  return hash;
}
