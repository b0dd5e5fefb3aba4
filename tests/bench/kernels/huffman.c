// Builds a canonical prefix code with a heap, then packs and unpacks bits through a 64-bit buffer.
#include "../bench.h"

enum { kN = 1 << 14, kSymbols = 64, kNodes = 2 * kSymbols };
static u8 symbols[kN], back[kN];
static u8 stream[kN * 2];
static u32 weight[kNodes], parent[kNodes], heap[kNodes + 1];
static u32 lengths[kSymbols], codes[kSymbols];
static u32 first_code[34], first_index[34], sorted[kSymbols];

const u32 kDefaultRounds = 93;

static void sift_down(u32 count, u32 at) {
  const u32 node = heap[at];
  for (;;) {
    u32 child = at * 2;
    if (child > count) break;
    if (child < count && weight[heap[child + 1]] < weight[heap[child]]) ++child;
    if (weight[node] <= weight[heap[child]]) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = node;
}

static NOINLINE void build_code(void) {
  for (u32 i = 0; i < kSymbols; ++i) weight[i] = 1;
  for (u32 i = 0; i < kN; ++i) ++weight[symbols[i]];
  u32 count = kSymbols;
  for (u32 i = 0; i < kSymbols; ++i) heap[i + 1] = i;
  for (u32 i = count / 2; i > 0; --i) sift_down(count, i);
  u32 next = kSymbols;
  while (count > 1) {
    const u32 a = heap[1];
    heap[1] = heap[count--];
    sift_down(count, 1);
    const u32 b = heap[1];
    weight[next] = weight[a] + weight[b];
    parent[a] = parent[b] = next;
    heap[1] = next++;
    sift_down(count, 1);
  }
  const u32 root = next - 1;
  u32 per_length[34] = {0};
  for (u32 i = 0; i < kSymbols; ++i) {
    u32 length = 0;
    for (u32 n = i; n != root; n = parent[n]) ++length;
    lengths[i] = length;
    ++per_length[length];
  }
  u32 code = 0;
  u32 index = 0;
  for (u32 length = 1; length < 33; ++length) {
    code <<= 1;
    first_code[length] = code;
    first_index[length] = index;
    for (u32 i = 0; i < kSymbols; ++i) {
      if (lengths[i] != length) continue;
      codes[i] = code++;
      sorted[index++] = i;
    }
  }
  first_code[33] = code;
  first_index[33] = index;
}

static NOINLINE u32 pack(void) {
  u64 buffer = 0;
  u32 held = 0;
  u32 out = 0;
  for (u32 i = 0; i < kN; ++i) {
    const u32 s = symbols[i];
    buffer = buffer << lengths[s] | codes[s];
    for (held += lengths[s]; held >= 8; held -= 8) stream[out++] = (u8)(buffer >> (held - 8));
  }
  stream[out++] = (u8)(buffer << (8 - held));
  return out;
}

static NOINLINE void unpack(void) {
  u32 at = 0;
  u32 bit = 0;
  for (u32 i = 0; i < kN; ++i) {
    u32 code = 0;
    u32 length = 0;
    u32 offset;
    u32 size;
    do {
      code = code << 1 | (stream[at] >> (7 - bit) & 1);
      bit = (bit + 1) & 7;
      at += bit == 0;
      ++length;
      offset = code - first_code[length];
      size = first_index[length + 1] - first_index[length];
    } while (offset >= size);
    back[i] = (u8)sorted[first_index[length] + offset];
  }
}

u64 run(u32 rounds) {
  u32 seed = 1952;
  for (u32 i = 0; i < kN; ++i) {
    const u32 draw = next_random(&seed);
    symbols[i] = (u8)(draw & draw >> 6 & draw >> 12 & 63 & ~(draw >> 18 & 5));
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    symbols[r % kN] = (u8)(r % kSymbols);
    build_code();
    const u32 size = pack();
    unpack();
    u32 same = 1;
    for (u32 i = 0; i < kN; i += 11) same &= symbols[i] == back[i];
    hash = mix(hash, size * 2 + same);
  }
  return hash;
}
