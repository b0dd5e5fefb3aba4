// y += k * x on f64 vectors: a map over two streams.
#include "../bench.h"

enum { kN = 8192 };
static f64 xs[kN], ys[kN];

const u32 kDefaultRounds = 2800;

static NOINLINE void axpy(f64 k, const f64* restrict x, f64* restrict y, u32 n) {
  for (u32 i = 0; i < n; ++i) y[i] += k * x[i];
}

u64 run(u32 rounds) {
  u32 seed = 31;
  for (u32 i = 0; i < kN; ++i) {
    xs[i] = next_unit(&seed) - 0.5;
    ys[i] = next_unit(&seed);
  }
  for (u32 r = 0; r < rounds; ++r) axpy((f64)(r % 5) * 0.25 - 0.5, xs, ys, kN);
  u64 hash = 0;
  for (u32 i = 0; i < kN; i += 61) hash = mix(hash, bits_of_f64(ys[i]));
  return hash;
}
