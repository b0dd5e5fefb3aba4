// Copies of 72-byte records and of 72 to 288 bytes of variable size: small bulk-memory operations.
#include "../bench.h"

enum { kN = 1024 };
struct record {
  u64 words[9];
};
static struct record from[kN], to[kN];
static u8 arena[kN * 320];

const u32 kDefaultRounds = 4500;

static NOINLINE void copy_records(const u16* order) {
  for (u32 i = 0; i < kN; ++i) to[i] = from[order[i]];
}

static NOINLINE u32 copy_slices(const u16* order) {
  u32 at = 0;
  for (u32 i = 0; i + 4 < kN; ++i) {
    const u32 size = 72 + order[i] % 217;
    __builtin_memcpy(arena + at, (const u8*)from + (u32)order[i] * 64, size);
    at += size;
  }
  return at;
}

u64 run(u32 rounds) {
  static u16 order[kN];
  u32 seed = 288;
  for (u32 i = 0; i < kN; ++i) {
    for (u32 k = 0; k < 9; ++k) from[i].words[k] = next_random(&seed);
    order[i] = (u16)(next_random(&seed) % kN);
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    order[r % kN] = (u16)((order[r % kN] + 1) % kN);
    copy_records(order);
    const u32 bytes = copy_slices(order);
    hash = mix(hash, to[r % kN].words[r % 9] + bytes + arena[(r * 257) % bytes]);
  }
  return hash;
}
