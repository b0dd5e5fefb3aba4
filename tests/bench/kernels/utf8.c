// Validates UTF-8 and counts code points: branches on byte classes, mixed scripts.
#include "../bench.h"

enum { kN = 1 << 16 };
static u8 text[kN];

const u32 kDefaultRounds = 210;

static int is_tail(u8 byte) { return (byte & 0xc0) == 0x80; }

// The number of code points, or 2^32 - 1 where the text is not UTF-8.
static NOINLINE u32 count_points(const u8* p, u32 n) {
  u32 points = 0;
  u32 at = 0;
  while (at < n) {
    const u8 first = p[at];
    if (first < 0x80) {
      at += 1;
    } else if (first < 0xe0) {
      if (first < 0xc2 || n - at < 2 || !is_tail(p[at + 1])) return ~0u;
      at += 2;
    } else if (first < 0xf0) {
      if (n - at < 3 || !is_tail(p[at + 1]) || !is_tail(p[at + 2])) return ~0u;
      if (first == 0xe0 && p[at + 1] < 0xa0) return ~0u;
      if (first == 0xed && p[at + 1] > 0x9f) return ~0u;
      at += 3;
    } else {
      if (first > 0xf4 || n - at < 4 || !is_tail(p[at + 1]) || !is_tail(p[at + 2]) ||
          !is_tail(p[at + 3])) {
        return ~0u;
      }
      if (first == 0xf0 && p[at + 1] < 0x90) return ~0u;
      if (first == 0xf4 && p[at + 1] > 0x8f) return ~0u;
      at += 4;
    }
    ++points;
  }
  return points;
}

static u32 encode(u8* to, u32 point) {
  if (point < 0x80) return to[0] = (u8)point, 1;
  if (point < 0x800) {
    to[0] = (u8)(0xc0 | point >> 6), to[1] = (u8)(0x80 | (point & 63));
    return 2;
  }
  if (point < 0x10000) {
    to[0] = (u8)(0xe0 | point >> 12), to[1] = (u8)(0x80 | (point >> 6 & 63));
    to[2] = (u8)(0x80 | (point & 63));
    return 3;
  }
  to[0] = (u8)(0xf0 | point >> 18), to[1] = (u8)(0x80 | (point >> 12 & 63));
  to[2] = (u8)(0x80 | (point >> 6 & 63)), to[3] = (u8)(0x80 | (point & 63));
  return 4;
}

u64 run(u32 rounds) {
  u32 seed = 8;
  u32 at = 0;
  while (at + 4 <= kN) {
    const u32 draw = next_random(&seed);
    const u32 kind = draw & 15;
    const u32 bits = draw >> 8;
    at += encode(text + at, kind < 10   ? 32 + bits % 95
                            : kind < 13 ? 0x80 + bits % 0x700
                            : kind < 15 ? 0x3040 + bits % 0x6000
                                        : 0x10000 + bits % 0x10000);
  }
  while (at < kN) text[at++] = ' ';
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    // Every eighth round ends early at a stray tail byte.
    const u8 kept = text[kN / 2 + r % 64];
    if (r % 8 == 7) text[kN / 2 + r % 64] = 0xff;
    hash = mix(hash, count_points(text, kN));
    text[kN / 2 + r % 64] = kept;
  }
  return hash;
}
