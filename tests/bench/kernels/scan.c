// Scans for line ends and terminators byte by byte: `while (*p && *p != '\n')`.
#include "../bench.h"

enum { kN = 1 << 16 };
static u8 text[kN + 1];

const u32 kDefaultRounds = 300;

static NOINLINE u64 scan(const u8* p) {
  u32 lines = 0;
  u32 longest = 0;
  u32 words = 0;
  while (*p) {
    const u8* begin = p;
    while (*p && *p != '\n' && *p != '\r') ++p;
    const u32 length = (u32)(p - begin);
    if (length > longest) longest = length;
    while (*p == '\n' || *p == '\r') ++p;
    ++lines;
    words += length / 6;
  }
  return (u64)lines << 40 | (u64)longest << 20 | words % 1048576;
}

u64 run(u32 rounds) {
  u32 seed = 10;
  u32 left = 0;
  for (u32 i = 0; i < kN; ++i) {
    if (left-- == 0) {
      text[i] = '\n';
      left = 20 + next_random(&seed) % 60;
    } else {
      text[i] = (u8)(' ' + next_random(&seed) % 90);
    }
  }
  text[kN] = 0;
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    text[(r * 31) % kN] = r % 3 ? 'x' : '\n';
    hash = mix(hash, scan(text));
  }
  return hash;
}
