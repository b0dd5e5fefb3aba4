// CRC-32 by a byte table: load, mask, scaled index, xor in one dependent chain.
#include "../bench.h"

enum { kN = 1 << 16 };
static u32 table[256];
static u8 data[kN];

const u32 kDefaultRounds = 250;

static NOINLINE u32 crc32(u32 crc, const u8* p, u32 n) {
  crc = ~crc;
  for (u32 i = 0; i < n; ++i) crc = table[(crc ^ p[i]) & 255] ^ (crc >> 8);
  return ~crc;
}

u64 run(u32 rounds) {
  for (u32 i = 0; i < 256; ++i) {
    u32 c = i;
    for (u32 k = 0; k < 8; ++k) c = (c & 1) ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  u32 seed = 2024;
  for (u32 i = 0; i < kN; ++i) data[i] = (u8)(next_random(&seed) >> 11);
  u32 crc = 0;
  for (u32 r = 0; r < rounds; ++r) crc = crc32(crc, data, kN);
  return mix(0, crc);
}
