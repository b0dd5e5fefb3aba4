// Lines and words of a text, sixteen bytes at a time: comparisons, masks of bits, and scalar work
// on the bits.
#include "../simd.h"

enum { kSize = 1 << 15 };

const u32 kDefaultRounds = 1600;

static u8 text[kSize];

static NOINLINE u64 count(void) {
  u32 words = 0;
  u32 lines = 0;
  u32 longest = 0;
  u32 begin = 0;
  u32 before = 1;  // a space stands in front
  for (u32 at = 0; at < kSize; at += 16) {
    const u8x16 bytes = LOAD(u8x16, text + at);
    const u32 spaces = top_bits((u8x16)(bytes <= ' '));
    u32 ends = top_bits((u8x16)(bytes == '\n'));
    words += (u32)__builtin_popcount(~spaces & (spaces << 1 | before) & 0xFFFF);
    before = spaces >> 15;
    lines += (u32)__builtin_popcount(ends);
    for (; ends != 0; ends &= ends - 1) {
      const u32 end = at + (u32)__builtin_ctz(ends);
      if (end - begin > longest) longest = end - begin;
      begin = end + 1;
    }
  }
  return (u64)words << 40 | (u64)lines << 20 | longest;
}

u64 run(u32 rounds) {
  u32 state = 23;
  for (u32 i = 0; i < kSize; ++i) {
    const u32 r = next_random(&state) >> 8;
    text[i] = (u8)(r % 61 == 0 ? '\n' : r % 6 == 0 ? ' ' : 'a' + r % 26);
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    text[r * 97 % kSize] = r % 3 == 0 ? '\n' : 'x';
    hash = mix(hash, count());
  }
  return hash;
}
