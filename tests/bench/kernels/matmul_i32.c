// Dense matrix product in i32, loops in i-j-k order: a strided inner product.
#include "../bench.h"

enum { kN = 96 };
static u32 a[kN][kN], b[kN][kN], c[kN][kN];

const u32 kDefaultRounds = 29;

static NOINLINE void multiply(void) {
  for (u32 i = 0; i < kN; ++i) {
    for (u32 j = 0; j < kN; ++j) {
      u32 sum = 0;
      for (u32 k = 0; k < kN; ++k) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
}

u64 run(u32 rounds) {
  u32 seed = 4711;
  for (u32 i = 0; i < kN; ++i) {
    for (u32 j = 0; j < kN; ++j) {
      a[i][j] = next_random(&seed);
      b[i][j] = next_random(&seed);
    }
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    multiply();
    a[r % kN][r % 7] ^= c[r % kN][5];
    hash = mix(hash, c[r % kN][kN - 1]);
  }
  return hash;
}
