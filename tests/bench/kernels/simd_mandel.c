// The Mandelbrot set, four points at a time: lanes leave by a mask, the loop with the last of them.
#include "../simd.h"

enum { kWidth = 128, kHeight = 64, kLimit = 100 };

const u32 kDefaultRounds = 36;

static NOINLINE i32x4 escape(f32x4 cx, f32x4 cy) {
  f32x4 x = {0};
  f32x4 y = {0};
  i32x4 turns = {0};
  for (u32 i = 0; i < kLimit; ++i) {
    const f32x4 xx = x * x;
    const f32x4 yy = y * y;
    const i32x4 inside = xx + yy <= 4.0f;
    if (top_bits((u8x16)inside) == 0) break;
    turns -= inside;
    y = 2.0f * x * y + cy;
    x = xx - yy + cx;
  }
  return turns;
}

u64 run(u32 rounds) {
  const f32x4 steps = {0, 1, 2, 3};
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    const f32 zoom = 1.0f / (f32)(1 + r % 8);
    for (u32 py = 0; py < kHeight; ++py) {
      const f32 cy = ((f32)py * (2.0f / kHeight) - 1.0f) * zoom;
      i32x4 sum = {0};
      for (u32 px = 0; px < kWidth; px += 4) {
        const f32x4 cx = (((f32)px + steps) * (3.0f / kWidth) - 2.0f) * zoom - 0.25f;
        sum += escape(cx, (f32x4){cy, cy, cy, cy});
      }
      hash = mix(hash, (u32)(sum[0] + sum[1] + sum[2] + sum[3]));
    }
  }
  return hash;
}
