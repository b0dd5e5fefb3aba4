// Base64 encoding by table look-ups in a register: swizzles, shifts, comparisons.
#include "../simd.h"

enum { kSize = 12 * 1024 };

const u32 kDefaultRounds = 3000;

static u8 input[kSize + 4];
static u8 output[kSize / 3 * 4];

static NOINLINE void encode(void) {
  const u8x16 order = {1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10};
  // What is added to a value, by its range: A-Z, a-z, 0-9, + and /.
  const u8x16 offsets = {'a' - 26,       '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                         '0' - 52,       '0' - 52, '0' - 52, '0' - 52, '0' - 52, (u8)('+' - 62),
                         (u8)('/' - 63), 'A',      0,        0};
  u8* to = output;
  for (const u8* from = input; from < input + kSize; from += 12, to += 16) {
    const u32x4 words = (u32x4)swizzle(LOAD(u8x16, from), order);
    // Each word holds bytes b a c b of three bytes a b c: four values of six bits.
    const u32x4 values = (words >> 10 & 0x0000003F) | (words << 4 & 0x00003F00) |
                         (words >> 6 & 0x003F0000) | (words << 8 & 0x3F000000);
    const u8x16 bytes = (u8x16)values;
    const u8x16 above = (u8x16)(bytes > 51) & (bytes - 51);
    const u8x16 range = above | ((u8x16)(bytes < 26) & 13);
    STORE(u8x16, to, bytes + swizzle(offsets, range));
  }
}

u64 run(u32 rounds) {
  u32 state = 29;
  for (u32 i = 0; i < kSize; ++i) input[i] = (u8)(next_random(&state) >> 9);
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    input[r * 31 % kSize] ^= (u8)r;
    encode();
    barrier();
    for (u32 n = 0; n < 32; ++n) hash = mix(hash, output[(r * 131 + n * 509) % sizeof output]);
  }
  return hash;
}
