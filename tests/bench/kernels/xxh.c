// Four 64-bit lanes of multiply and rotate over 64 KiB, as fast non-cryptographic hashes do.
#include "../bench.h"

enum { kN = 1 << 16 };
static u64 data[kN / 8];

const u32 kDefaultRounds = 3400;

static u64 rotate(u64 x, u32 by) { return (x << by) | (x >> (64 - by)); }

static u64 lane(u64 acc, u64 input) {
  return rotate(acc + input * 0xc2b2ae3d27d4eb4full, 31) * 0x9e3779b185ebca87ull;
}

static NOINLINE u64 hash_words(const u64* p, u32 n, u64 seed) {
  u64 a = seed + 1, b = seed + 2, c = seed, d = seed - 1;
  for (u32 i = 0; i < n; i += 4) {
    a = lane(a, p[i]);
    b = lane(b, p[i + 1]);
    c = lane(c, p[i + 2]);
    d = lane(d, p[i + 3]);
  }
  u64 h = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
  h ^= h >> 33;
  h *= 0xc2b2ae3d27d4eb4full;
  return h ^ (h >> 29);
}

u64 run(u32 rounds) {
  u32 seed = 64;
  for (u32 i = 0; i < COUNT(data); ++i) {
    data[i] = next_random(&seed);
    data[i] = data[i] << 32 | next_random(&seed);
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) hash = hash_words(data, COUNT(data), hash);
  return hash;
}
