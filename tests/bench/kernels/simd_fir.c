// A filter of 32 taps over 16-bit sound: dot products, sums across lanes, narrowing with
// saturation.
#include "../simd.h"

enum { kSamples = 4096, kTaps = 32 };

const u32 kDefaultRounds = 1000;

static i16 input[kSamples + kTaps], output[kSamples], taps[kTaps];

static inline i32x4 filtered(const i16* at) {
  i32x4 sums[4];
  for (u32 n = 0; n < 4; ++n) {
    i32x4 sum = {0};
    for (u32 t = 0; t < kTaps; t += 8) {
      sum += dot(LOAD(i16x8, at + n + t), LOAD(i16x8, taps + t));
    }
    sums[n] = sum;
  }
  const i32x4 low = __builtin_shufflevector(sums[0], sums[1], 0, 4, 1, 5) +
                    __builtin_shufflevector(sums[0], sums[1], 2, 6, 3, 7);
  const i32x4 high = __builtin_shufflevector(sums[2], sums[3], 0, 4, 1, 5) +
                     __builtin_shufflevector(sums[2], sums[3], 2, 6, 3, 7);
  return __builtin_shufflevector(low, high, 0, 1, 4, 5) +
         __builtin_shufflevector(low, high, 2, 3, 6, 7);
}

static NOINLINE void filter(void) {
  for (u32 i = 0; i < kSamples; i += 8) {
    STORE(i16x8, output + i, narrow(filtered(input + i) >> 12, filtered(input + i + 4) >> 12));
  }
}

u64 run(u32 rounds) {
  u32 state = 31;
  for (u32 i = 0; i < COUNT(input); ++i) input[i] = (i16)(next_random(&state) >> 15);
  for (u32 i = 0; i < kTaps; ++i) taps[i] = (i16)(next_random(&state) % 4001) - 2000;
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    input[r * 53 % kSamples] += (i16)r;
    filter();
    barrier();
    for (u32 n = 0; n < 32; ++n) hash = mix(hash, (u16)output[(r + n * 127) % kSamples]);
  }
  return hash;
}
