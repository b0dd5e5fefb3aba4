// Dense matrix product in f64, loops in i-k-j order: streaming multiply-add on rows.
#include "../bench.h"

enum { kN = 96 };
static f64 a[kN][kN], b[kN][kN], c[kN][kN];

const u32 kDefaultRounds = 27;

static NOINLINE void multiply(void) {
  for (u32 i = 0; i < kN; ++i) {
    for (u32 j = 0; j < kN; ++j) c[i][j] = 0;
    for (u32 k = 0; k < kN; ++k) {
      const f64 x = a[i][k];
      for (u32 j = 0; j < kN; ++j) c[i][j] += x * b[k][j];
    }
  }
}

u64 run(u32 rounds) {
  u32 seed = 12345;
  for (u32 i = 0; i < kN; ++i) {
    for (u32 j = 0; j < kN; ++j) {
      a[i][j] = next_unit(&seed) - 0.5;
      b[i][j] = next_unit(&seed) - 0.5;
    }
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    multiply();
    a[r % kN][0] = c[r % kN][1] * 0.125;
    hash = mix(hash, bits_of_f64(c[r % kN][kN - 1]));
  }
  return hash;
}
