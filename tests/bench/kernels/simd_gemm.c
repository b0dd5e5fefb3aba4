// Product of f32 matrices, four rows by eight columns at a time in registers: multiply, add, splat.
#include "../simd.h"

enum { kSize = 64, kRows = 4, kColumns = 8 };

const u32 kDefaultRounds = 500;

static f32 a[kSize][kSize], b[kSize][kSize], c[kSize][kSize];

static NOINLINE void multiply(void) {
  for (u32 i = 0; i < kSize; i += kRows) {
    for (u32 j = 0; j < kSize; j += kColumns) {
      f32x4 sums[kRows][2] = {{{0}}};
      for (u32 k = 0; k < kSize; ++k) {
        const f32x4 left = LOAD(f32x4, &b[k][j]);
        const f32x4 right = LOAD(f32x4, &b[k][j + 4]);
        for (u32 r = 0; r < kRows; ++r) {
          const f32x4 factor = {a[i + r][k], a[i + r][k], a[i + r][k], a[i + r][k]};
          sums[r][0] += factor * left;
          sums[r][1] += factor * right;
        }
      }
      for (u32 r = 0; r < kRows; ++r) {
        STORE(f32x4, &c[i + r][j], sums[r][0]);
        STORE(f32x4, &c[i + r][j + 4], sums[r][1]);
      }
    }
  }
}

u64 run(u32 rounds) {
  u32 state = 11;
  for (u32 i = 0; i < kSize; ++i) {
    for (u32 j = 0; j < kSize; ++j) {
      a[i][j] = (f32)next_unit(&state) - 0.5f;
      b[i][j] = (f32)next_unit(&state) - 0.5f;
    }
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    a[r % kSize][r % 7] += 0.25f;
    multiply();
    barrier();
    for (u32 i = 0; i < kSize; ++i) hash = mix(hash, bits_of_f64((f64)c[i][(i + r) % kSize]));
  }
  return hash;
}
