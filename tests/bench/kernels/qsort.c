// Quicksort with a comparison function behind a pointer, insertion sort for short ranges.
#include "../bench.h"

enum { kN = 20000, kShort = 12 };
static u32 data[kN];

const u32 kDefaultRounds = 13;

typedef i32 (*compare_fn)(const u32*, const u32*);

static void swap(u32* a, u32* b) {
  const u32 t = *a;
  *a = *b;
  *b = t;
}

static NOINLINE void sort(u32* v, i32 low, i32 high, compare_fn compare) {
  while (high - low > kShort) {
    const i32 middle = low + (high - low) / 2;
    if (compare(&v[middle], &v[low]) < 0) swap(&v[middle], &v[low]);
    if (compare(&v[high], &v[low]) < 0) swap(&v[high], &v[low]);
    if (compare(&v[high], &v[middle]) < 0) swap(&v[high], &v[middle]);
    const u32 pivot = v[middle];
    i32 i = low;
    i32 j = high;
    while (i <= j) {
      while (compare(&v[i], &pivot) < 0) ++i;
      while (compare(&v[j], &pivot) > 0) --j;
      if (i <= j) swap(&v[i++], &v[j--]);
    }
    if (j - low < high - i) {
      sort(v, low, j, compare);
      low = i;
    } else {
      sort(v, i, high, compare);
      high = j;
    }
  }
  for (i32 i = low + 1; i <= high; ++i) {
    const u32 x = v[i];
    i32 j = i;
    for (; j > low && compare(&v[j - 1], &x) > 0; --j) v[j] = v[j - 1];
    v[j] = x;
  }
}

static i32 ascending(const u32* a, const u32* b) { return *a < *b ? -1 : *a > *b; }
static i32 by_low_bits(const u32* a, const u32* b) {
  const u32 x = *a << 16 | *a >> 16;
  const u32 y = *b << 16 | *b >> 16;
  return x < y ? -1 : x > y;
}

u64 run(u32 rounds) {
  static compare_fn volatile orders[2] = {ascending, by_low_bits};
  u32 seed = 42;
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    for (u32 i = 0; i < kN; ++i) data[i] = next_random(&seed);
    sort(data, 0, kN - 1, orders[r & 1]);
    for (u32 i = 0; i < kN; i += 100) hash = mix(hash, data[i]);
  }
  return hash;
}
