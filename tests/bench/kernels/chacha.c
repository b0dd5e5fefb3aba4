// The 16-word add-rotate-xor block of a stream cipher, 20 rounds: high register pressure.
#include "../bench.h"

enum { kN = 1 << 14 };
static u8 text[kN];

const u32 kDefaultRounds = 430;

static u32 rotate(u32 x, u32 by) { return (x << by) | (x >> (32 - by)); }

#define QUARTER(a, b, c, d)                                                                    \
  (a += b, d = rotate(d ^ a, 16), c += d, b = rotate(b ^ c, 12), a += b, d = rotate(d ^ a, 8), \
   c += d, b = rotate(b ^ c, 7))

static NOINLINE void xor_block(u8* p, const u32* key) {
  u32 x[16];
  for (u32 i = 0; i < 16; ++i) x[i] = key[i];
  u32 a = x[0], b = x[1], c = x[2], d = x[3], e = x[4], f = x[5], g = x[6], h = x[7];
  u32 i = x[8], j = x[9], k = x[10], l = x[11], m = x[12], n = x[13], o = x[14], q = x[15];
  for (u32 round = 0; round < 20; round += 2) {
    QUARTER(a, e, i, m);
    QUARTER(b, f, j, n);
    QUARTER(c, g, k, o);
    QUARTER(d, h, l, q);
    QUARTER(a, f, k, q);
    QUARTER(b, g, l, m);
    QUARTER(c, h, i, n);
    QUARTER(d, e, j, o);
  }
  const u32 y[16] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, q};
  for (u32 w = 0; w < 16; ++w) {
    const u32 v = x[w] + y[w];
    p[w * 4] ^= (u8)v;
    p[w * 4 + 1] ^= (u8)(v >> 8);
    p[w * 4 + 2] ^= (u8)(v >> 16);
    p[w * 4 + 3] ^= (u8)(v >> 24);
  }
}

u64 run(u32 rounds) {
  u32 key[16];
  u32 seed = 20;
  for (u32 i = 0; i < 16; ++i) key[i] = next_random(&seed);
  for (u32 i = 0; i < kN; ++i) text[i] = (u8)i;
  for (u32 r = 0; r < rounds; ++r) {
    for (u32 at = 0; at < kN; at += 64) {
      xor_block(text + at, key);
      ++key[12];
    }
  }
  u64 hash = 0;
  for (u32 i = 0; i < kN; ++i) hash = mix(hash, text[i]);
  return hash;
}
