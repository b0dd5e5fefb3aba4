// Schoolbook product of two 64-limb numbers; 64 x 64 -> 128 bits out of four 32-bit products.
#include "../bench.h"

enum { kLimbs = 64 };
static u64 x[kLimbs], y[kLimbs], product[2 * kLimbs];

const u32 kDefaultRounds = 1400;

static inline u64 multiply_wide(u64 a, u64 b, u64* high) {
  const u64 a0 = (u32)a, a1 = a >> 32, b0 = (u32)b, b1 = b >> 32;
  const u64 low = a0 * b0;
  const u64 middle = a1 * b0 + (low >> 32);
  const u64 cross = a0 * b1 + (u32)middle;
  *high = a1 * b1 + (middle >> 32) + (cross >> 32);
  return cross << 32 | (u32)low;
}

static NOINLINE void multiply(void) {
  for (u32 i = 0; i < 2 * kLimbs; ++i) product[i] = 0;
  for (u32 i = 0; i < kLimbs; ++i) {
    u64 carry = 0;
    for (u32 j = 0; j < kLimbs; ++j) {
      u64 high;
      u64 low = multiply_wide(x[i], y[j], &high);
      low += carry;
      high += low < carry;
      low += product[i + j];
      high += low < product[i + j];
      product[i + j] = low;
      carry = high;
    }
    product[i + kLimbs] = carry;
  }
}

u64 run(u32 rounds) {
  u32 seed = 128;
  for (u32 i = 0; i < kLimbs; ++i) {
    x[i] = (u64)next_random(&seed) << 32 | next_random(&seed);
    y[i] = (u64)next_random(&seed) << 32 | next_random(&seed);
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    multiply();
    x[r % kLimbs] = product[kLimbs + r % 32];
    hash = mix(hash, product[r % (2 * kLimbs)]);
  }
  return hash;
}
