// Inner product of two f64 vectors: one dependent chain of additions.
#include "../bench.h"

enum { kN = 8192 };
static f64 a[kN], b[kN];

const u32 kDefaultRounds = 3100;

static NOINLINE f64 dot(const f64* x, const f64* y, u32 n) {
  f64 sum = 0;
  for (u32 i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

u64 run(u32 rounds) {
  u32 seed = 99;
  for (u32 i = 0; i < kN; ++i) {
    a[i] = next_unit(&seed) - 0.5;
    b[i] = next_unit(&seed) - 0.5;
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    const f64 sum = dot(a, b, kN);
    b[r % kN] = sum * 0.0625;
    hash = mix(hash, bits_of_f64(sum));
  }
  return hash;
}
