// An open-addressing hash table of u32 -> u32: insert, find, and delete with backward shift.
#include "../bench.h"

enum { kBits = 14, kSlots = 1 << kBits, kKeys = 10000 };
static u32 keys[kSlots], values[kSlots];  // key 0 marks a free slot

const u32 kDefaultRounds = 100;

static u32 home(u32 key) { return (key * 2654435769u) >> (32 - kBits); }

static NOINLINE void insert(u32 key, u32 value) {
  u32 at = home(key);
  while (keys[at] != 0 && keys[at] != key) at = (at + 1) & (kSlots - 1);
  keys[at] = key;
  values[at] += value;
}

static NOINLINE u32 find(u32 key) {
  for (u32 at = home(key); keys[at] != 0; at = (at + 1) & (kSlots - 1)) {
    if (keys[at] == key) return values[at];
  }
  return 0;
}

static NOINLINE u32 erase(u32 key) {
  u32 at = home(key);
  while (keys[at] != key) {
    if (keys[at] == 0) return 0;
    at = (at + 1) & (kSlots - 1);
  }
  u32 hole = at;
  for (;;) {
    at = (at + 1) & (kSlots - 1);
    if (keys[at] == 0) break;
    const u32 want = home(keys[at]);
    if (((at - want) & (kSlots - 1)) < ((at - hole) & (kSlots - 1))) continue;
    keys[hole] = keys[at];
    values[hole] = values[at];
    hole = at;
  }
  keys[hole] = 0;
  values[hole] = 0;
  return 1;
}

u64 run(u32 rounds) {
  for (u32 i = 0; i < kSlots; ++i) keys[i] = values[i] = 0;
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    u32 seed = 55 + r % 4;
    u32 sum = 0;
    for (u32 i = 0; i < kKeys; ++i) insert(next_random(&seed) | 1, i);
    seed = 55 + (r + 1) % 4;
    for (u32 i = 0; i < kKeys; ++i) sum += find(next_random(&seed) | 1);
    seed = 55 + r % 4;
    for (u32 i = 0; i < kKeys; ++i) sum += erase(next_random(&seed) | 1);
    hash = mix(hash, sum);
  }
  return hash;
}
