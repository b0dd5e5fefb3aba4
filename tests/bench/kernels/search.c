// Substring search by skip table (Horspool) and by comparing at each place, over a log-like text.
#include "../bench.h"

enum { kN = 1 << 15 };
static u8 text[kN];

const u32 kDefaultRounds = 78;

static NOINLINE u32 count_by_skips(const u8* hay, u32 n, const u8* needle, u32 m) {
  u32 skip[256];
  for (u32 i = 0; i < 256; ++i) skip[i] = m;
  for (u32 i = 0; i + 1 < m; ++i) skip[needle[i]] = m - 1 - i;
  u32 found = 0;
  for (u32 at = 0; at + m <= n;) {
    const u8 tail = hay[at + m - 1];
    u32 k = m;
    while (k > 0 && hay[at + k - 1] == needle[k - 1]) --k;
    found += k == 0;
    at += skip[tail];
  }
  return found;
}

static NOINLINE u32 count_plainly(const u8* hay, u32 n, const u8* needle, u32 m) {
  u32 found = 0;
  for (u32 at = 0; at + m <= n; ++at) {
    u32 k = 0;
    while (k < m && hay[at + k] == needle[k]) ++k;
    found += k == m;
  }
  return found;
}

static u32 size_of(const char* s) {
  u32 n = 0;
  while (s[n]) ++n;
  return n;
}

u64 run(u32 rounds) {
  static const char* const needles[] = {"error: timeout", "GET /", "connection reset by peer",
                                        "xyz"};
  static const char* const words[] = {"error: ",     "timeout ",       "GET /", "index ",
                                      "connection ", "reset by peer ", "ok ",   "user=42 ",
                                      "\n",          "POST /x "};
  u32 seed = 80;
  for (u32 at = 0; at < kN;) {
    const char* word = words[next_random(&seed) % COUNT(words)];
    for (u32 k = 0; word[k] && at < kN; ++k) text[at++] = (u8)word[k];
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    for (u32 k = 0; k < COUNT(needles); ++k) {
      const u8* needle = (const u8*)needles[k];
      const u32 m = size_of(needles[k]);
      hash = mix(hash,
                 count_by_skips(text, kN, needle, m) * 65536 + count_plainly(text, kN, needle, m));
    }
    text[(r * 509) % kN] = 'e';
  }
  return hash;
}
