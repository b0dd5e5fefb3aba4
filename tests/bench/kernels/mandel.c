// The Mandelbrot set in f32: short dependent chains and an exit that depends on the data.
#include "../bench.h"

enum { kWidth = 128, kHeight = 96, kLimit = 100 };

const u32 kDefaultRounds = 13;

static NOINLINE u32 escape(f32 cx, f32 cy) {
  f32 x = 0;
  f32 y = 0;
  for (u32 i = 0; i < kLimit; ++i) {
    const f32 xx = x * x;
    const f32 yy = y * y;
    if (xx + yy > 4.0f) return i;
    y = 2.0f * x * y + cy;
    x = xx - yy + cx;
  }
  return kLimit;
}

u64 run(u32 rounds) {
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    const f32 zoom = 1.0f / (f32)(1 + r % 8);
    for (u32 py = 0; py < kHeight; ++py) {
      u32 sum = 0;
      for (u32 px = 0; px < kWidth; ++px) {
        sum += escape(((f32)px * (3.0f / kWidth) - 2.0f) * zoom - 0.25f,
                      ((f32)py * (2.0f / kHeight) - 1.0f) * zoom);
      }
      hash = mix(hash, sum);
    }
  }
  return hash;
}
