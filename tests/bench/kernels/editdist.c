// Edit distance by dynamic programming: minima that compilers turn into selects.
#include "../bench.h"

enum { kN = 512 };
static u8 a[kN], b[kN];
static u32 row[kN + 1];

const u32 kDefaultRounds = 36;

static NOINLINE u32 distance(u32 n) {
  for (u32 j = 0; j <= n; ++j) row[j] = j;
  for (u32 i = 1; i <= n; ++i) {
    u32 diagonal = row[0];
    row[0] = i;
    for (u32 j = 1; j <= n; ++j) {
      const u32 above = row[j] + 1;
      const u32 left = row[j - 1] + 1;
      const u32 change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      u32 best = above < left ? above : left;
      if (change < best) best = change;
      row[j] = best;
    }
  }
  return row[n];
}

u64 run(u32 rounds) {
  u32 seed = 512;
  for (u32 i = 0; i < kN; ++i) {
    a[i] = (u8)(next_random(&seed) >> 9 & 3);
    b[i] = (u8)(next_random(&seed) >> 9 & 3);
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    a[r % kN] ^= 1;
    hash = mix(hash, distance(kN - r % 8));
  }
  return hash;
}
