// The sieve of Eratosthenes on bytes: strided stores, then a count.
#include "../bench.h"

enum { kN = 1 << 17 };
static u8 composite[kN];

const u32 kDefaultRounds = 100;

static NOINLINE u32 sieve(u32 n) {
  for (u32 i = 0; i < n; ++i) composite[i] = 0;
  for (u32 i = 2; i * i < n; ++i) {
    if (composite[i]) continue;
    for (u32 j = i * i; j < n; j += i) composite[j] = 1;
  }
  u32 primes = 0;
  for (u32 i = 2; i < n; ++i) primes += composite[i] == 0;
  return primes;
}

u64 run(u32 rounds) {
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) hash = mix(hash, sieve(kN - r % 64));
  return hash;
}
