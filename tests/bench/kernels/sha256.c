// The SHA-256 block function over a 16 KiB message: rotates and additions, many live values.
#include "../bench.h"

enum { kN = 1 << 14 };
static u8 message[kN];
static u32 state[8];
static u32 constants[64];

const u32 kDefaultRounds = 160;

static u32 rotate_right(u32 x, u32 by) { return (x >> by) | (x << (32 - by)); }

// The first 32 bits of the fractional part of the square or cube root of `n`, by Newton's method:
// the standard defines its constants so, and 53 bits are precise enough.
static u32 root_fraction(u32 n, u32 degree) {
  f64 x = (f64)n;
  for (u32 i = 0; i < 60; ++i) {
    x = degree == 2 ? (x + n / x) / 2 : (2 * x + n / (x * x)) / 3;
  }
  return (u32)((x - (f64)(u32)x) * 4294967296.0);
}

static void set_up(void) {
  u32 found = 0;
  for (u32 n = 2; found < 64; ++n) {
    u32 divisor = 2;
    while (divisor * divisor <= n && n % divisor != 0) ++divisor;
    if (divisor * divisor <= n) continue;
    if (found < 8) state[found] = root_fraction(n, 2);
    constants[found++] = root_fraction(n, 3);
  }
}

static NOINLINE void block(u32* h, const u8* p) {
  u32 w[64];
  for (u32 i = 0; i < 16; ++i) {
    w[i] = (u32)p[i * 4] << 24 | (u32)p[i * 4 + 1] << 16 | (u32)p[i * 4 + 2] << 8 | p[i * 4 + 3];
  }
  for (u32 i = 16; i < 64; ++i) {
    const u32 x = w[i - 15];
    const u32 y = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (rotate_right(x, 7) ^ rotate_right(x, 18) ^ (x >> 3)) +
           (rotate_right(y, 17) ^ rotate_right(y, 19) ^ (y >> 10));
  }
  u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
  for (u32 i = 0; i < 64; ++i) {
    const u32 t1 = k + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                   ((e & f) ^ (~e & g)) + constants[i] + w[i];
    const u32 t2 = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) +
                   ((a & b) ^ (a & c) ^ (b & c));
    k = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += k;
}

u64 run(u32 rounds) {
  set_up();
  u32 seed = 256;
  for (u32 i = 0; i < kN; ++i) message[i] = (u8)(next_random(&seed) >> 9);
  for (u32 r = 0; r < rounds; ++r) {
    for (u32 at = 0; at < kN; at += 64) block(state, message + at);
  }
  u64 hash = 0;
  for (u32 i = 0; i < 8; ++i) hash = mix(hash, state[i]);
  return hash;
}
