// A picture smoothed by the 3x3 binomial filter, eight pixels at a time: widening loads, 16-bit
// additions and shifts, narrowing stores.
#include "../simd.h"

enum { kWidth = 256, kHeight = 96 };

const u32 kDefaultRounds = 800;

static u8 pictures[2][kHeight][kWidth];

static inline u16x8 widened(const u8* at) { return __builtin_convertvector(LOAD(u8x8, at), u16x8); }

static inline u16x8 row(const u8* at) {
  return widened(at - 1) + widened(at) * 2 + widened(at + 1);
}

static NOINLINE void blur(u8 (*from)[kWidth], u8 (*to)[kWidth]) {
  for (u32 y = 1; y + 1 < kHeight; ++y) {
    for (u32 x = 8; x + 8 < kWidth; x += 8) {
      const u16x8 sum = row(&from[y - 1][x]) + row(&from[y][x]) * 2 + row(&from[y + 1][x]);
      STORE(u8x8, &to[y][x], __builtin_convertvector((sum + 8) >> 4, u8x8));
    }
  }
}

u64 run(u32 rounds) {
  u32 state = 17;
  for (u32 y = 0; y < kHeight; ++y) {
    for (u32 x = 0; x < kWidth; ++x) {
      pictures[0][y][x] = pictures[1][y][x] = (u8)(next_random(&state) >> 13);
    }
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    blur(pictures[r % 2], pictures[1 - r % 2]);
    barrier();
    for (u32 n = 0; n < 16; ++n) {
      hash = mix(hash, pictures[1 - r % 2][(r + 5 * n) % kHeight][(r * 7 + 16 * n) % kWidth]);
    }
    pictures[1 - r % 2][1 + r % 90][64 + r % 100] ^= 0xFF;
  }
  return hash;
}
