// Integers to decimal text through a local buffer, and back again.
#include "../bench.h"

enum { kN = 4096 };
static u32 numbers[kN];
static char text[kN * 11];

const u32 kDefaultRounds = 220;

static NOINLINE char* write_number(char* to, u32 n) {
  char digits[10];
  u32 count = 0;
  do {
    digits[count++] = (char)('0' + n % 10);
    n /= 10;
  } while (n != 0);
  while (count > 0) *to++ = digits[--count];
  return to;
}

static NOINLINE u32 sum_numbers(const char* p, const char* end) {
  u32 sum = 0;
  while (p < end) {
    u32 n = 0;
    while (*p != ' ') n = n * 10 + (u32)(*p++ - '0');
    sum = sum * 31 + n;
    ++p;
  }
  return sum;
}

u64 run(u32 rounds) {
  u32 seed = 1000;
  for (u32 i = 0; i < kN; ++i) {
    const u32 draw = next_random(&seed);
    numbers[i] = draw >> (draw & 31);
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    char* to = text;
    for (u32 i = 0; i < kN; ++i) {
      to = write_number(to, numbers[i]);
      *to++ = ' ';
    }
    const u32 sum = sum_numbers(text, to);
    numbers[r % kN] = sum;
    hash = mix(hash, sum);
  }
  return hash;
}
