// Base64, there and back: three bytes to four characters through small tables.
#include "../bench.h"

enum { kN = 3 * (1 << 14) };
static u8 data[kN], back[kN];
static char text[kN / 3 * 4];
static u8 value_of[256];
static char digit_of[64];

const u32 kDefaultRounds = 150;

static NOINLINE void encode(char* to, const u8* p, u32 n) {
  for (u32 i = 0; i < n; i += 3) {
    const u32 v = (u32)p[i] << 16 | (u32)p[i + 1] << 8 | p[i + 2];
    *to++ = digit_of[v >> 18];
    *to++ = digit_of[v >> 12 & 63];
    *to++ = digit_of[v >> 6 & 63];
    *to++ = digit_of[v & 63];
  }
}

static NOINLINE u32 decode(u8* to, const char* p, u32 n) {
  u32 bad = 0;
  for (u32 i = 0; i < n; i += 4) {
    const u32 a = value_of[(u8)p[i]], b = value_of[(u8)p[i + 1]];
    const u32 c = value_of[(u8)p[i + 2]], d = value_of[(u8)p[i + 3]];
    bad |= a | b | c | d;
    const u32 v = a << 18 | b << 12 | c << 6 | d;
    *to++ = (u8)(v >> 16);
    *to++ = (u8)(v >> 8);
    *to++ = (u8)v;
  }
  return bad >> 6;
}

u64 run(u32 rounds) {
  for (u32 i = 0; i < 256; ++i) value_of[i] = 64;
  for (u32 i = 0; i < 64; ++i) {
    digit_of[i] = (char)(i < 26    ? 'A' + i
                         : i < 52  ? 'a' + i - 26
                         : i < 62  ? '0' + i - 52
                         : i == 62 ? '+'
                                   : '/');
    value_of[(u8)digit_of[i]] = (u8)i;
  }
  u32 seed = 6464;
  for (u32 i = 0; i < kN; ++i) data[i] = (u8)(next_random(&seed) >> 13);
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    encode(text, data, kN);
    const u32 bad = decode(back, text, COUNT(text));
    data[(r * 17) % kN] ^= (u8)(back[(r * 29) % kN] + 1);
    hash = mix(hash, bad * 256 + data[r % kN]);
  }
  return hash;
}
