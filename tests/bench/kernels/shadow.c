// Results through out-pointers and returned structs, kept out of line: traffic on the stack that
// the compiler keeps in linear memory.
#include "../bench.h"

enum { kN = 1 << 14 };
static u8 bytes[kN * 5 + 16];

const u32 kDefaultRounds = 98;

struct vector {
  f64 x, y, z;
};

static NOINLINE u32 read_varint(const u8* p, u32* value, u32* size) {
  u32 v = 0;
  u32 n = 0;
  do v |= (u32)(p[n] & 127) << (7 * n);
  while (p[n++] & 128);
  *value = v;
  *size = n;
  return n <= 5;
}

static NOINLINE struct vector cross(struct vector a, struct vector b) {
  return (struct vector){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static NOINLINE u64 pass(void) {
  const u8* p = bytes;
  struct vector v = {1, 2, 3};
  u64 sum = 0;
  for (u32 i = 0; i < kN; ++i) {
    u32 value;
    u32 size;
    sum += read_varint(p, &value, &size);
    p += size;
    sum += value;
    const struct vector w = {(f64)(value & 7) - 3.5, 0.5, (f64)(value >> 3 & 7) - 3.5};
    v = cross(v, w);
    const f64 norm = v.x * v.x + v.y * v.y + v.z * v.z;
    if (norm > 1e6 || norm < 1e-6) v = (struct vector){1, -1, 2};
  }
  return sum ^ bits_of_f64(v.x + v.y + v.z);
}

u64 run(u32 rounds) {
  u32 seed = 21;
  u8* to = bytes;
  for (u32 i = 0; i < kN; ++i) {
    const u32 draw = next_random(&seed);
    u32 v = draw >> (draw & 31);
    for (; v >= 128; v >>= 7) *to++ = (u8)(v | 128);
    *to++ = (u8)v;
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    barrier();
    hash = mix(hash, pass());
    bytes[0] = (u8)(r & 127);
  }
  return hash;
}
