// An LZ77 packer with a hash table of the last positions, and its unpacker: short byte copies and
// data-dependent branches.
#include "../bench.h"

enum { kN = 1 << 16, kHashBits = 13, kMinMatch = 4, kMaxMatch = 255, kMaxLiterals = 250 };
static u8 plain[kN], packed[2 * kN], unpacked[kN];
static u32 last[1 << kHashBits];

const u32 kDefaultRounds = 99;

static u32 load_word(const u8* p) {
  return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

// A packet is: literal count, literals, match length, distance in two bytes. Length 0 stands for no
// match: distance 1 after a long run of literals, distance 0 at the end of the stream.
static u8* put_packet(u8* to, const u8* literals, u32 count, u32 length, u32 distance) {
  *to++ = (u8)count;
  for (u32 i = 0; i < count; ++i) *to++ = literals[i];
  *to++ = (u8)length;
  *to++ = (u8)distance;
  *to++ = (u8)(distance >> 8);
  return to;
}

static NOINLINE u32 pack(u8* out, const u8* in, u32 n) {
  for (u32 i = 0; i < COUNT(last); ++i) last[i] = 0;
  u8* to = out;
  u32 at = 1;
  u32 literals = 0;
  while (at + kMinMatch <= n) {
    const u32 word = load_word(in + at);
    const u32 slot = (word * 2654435761u) >> (32 - kHashBits);
    const u32 before = last[slot];
    last[slot] = at;
    if (at - before < 65536 && load_word(in + before) == word) {
      u32 length = kMinMatch;
      while (at + length < n && length < kMaxMatch && in[before + length] == in[at + length]) {
        ++length;
      }
      to = put_packet(to, in + literals, at - literals, length, at - before);
      at += length;
      literals = at;
    } else if (++at - literals == kMaxLiterals) {
      to = put_packet(to, in + literals, kMaxLiterals, 0, 1);
      literals = at;
    }
  }
  to = put_packet(to, in + literals, n - literals, 0, 0);
  return (u32)(to - out);
}

static NOINLINE u32 unpack(u8* out, const u8* in) {
  u8* to = out;
  for (;;) {
    for (u32 count = *in++; count > 0; --count) *to++ = *in++;
    const u32 length = in[0];
    const u32 distance = (u32)in[1] | (u32)in[2] << 8;
    in += 3;
    if (length == 0 && distance == 0) return (u32)(to - out);
    const u8* from = to - distance;
    for (u32 i = 0; i < length; ++i) *to++ = *from++;
  }
}

u64 run(u32 rounds) {
  // Text-like input: words drawn with repetition from a small random dictionary.
  u32 seed = 1977;
  static u8 words[64][8];
  for (u32 i = 0; i < 64; ++i) {
    for (u32 k = 0; k < 8; ++k) words[i][k] = (u8)('a' + next_random(&seed) % 26);
  }
  for (u32 at = 0; at < kN;) {
    const u32 draw = next_random(&seed);
    const u8* word = words[(draw & 63) & (draw >> 6)];
    const u32 length = 2 + (draw >> 12) % 7;
    for (u32 k = 0; k < length && at < kN; ++k) plain[at++] = word[k];
    if (at < kN) plain[at++] = ' ';
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    plain[(r * 7919) % kN] = (u8)('A' + r % 26);
    const u32 size = pack(packed, plain, kN);
    const u32 back = unpack(unpacked, packed);
    u32 equal = back == kN;
    for (u32 i = 0; i < kN; i += 97) equal &= plain[i] == unpacked[i];
    hash = mix(hash, size * 2 + equal);
  }
  return hash;
}
