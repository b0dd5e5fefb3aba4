// Conversions from f64 to i32, i64 and u8, all in range: what a colour or sample pipeline does.
#include "../bench.h"

enum { kN = 4096 };
static f64 in[kN];
static i32 out32[kN];
static i64 out64[kN];
static u8 out8[kN];

const u32 kDefaultRounds = 1400;

static NOINLINE void convert(f64 scale) {
  for (u32 i = 0; i < kN; ++i) out32[i] = (i32)(in[i] * scale);
  for (u32 i = 0; i < kN; ++i) out64[i] = (i64)(in[i] * scale * 4096.0);
  for (u32 i = 0; i < kN; ++i) {
    f64 x = in[i] * 0.5 + 128.0;
    x = x < 0 ? 0 : x > 255.0 ? 255.0 : x;
    out8[i] = (u8)x;
  }
}

u64 run(u32 rounds) {
  u32 seed = 17;
  for (u32 i = 0; i < kN; ++i) in[i] = next_unit(&seed) * 1000.0 - 500.0;
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    convert((f64)(r % 100) + 0.5);
    const u32 at = (r * 37) % kN;
    hash = mix(hash, (u64)out32[at] + (u64)out64[at] * 3 + out8[at]);
  }
  return hash;
}
