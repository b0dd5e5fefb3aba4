// ChaCha20 with a row of the state in a vector: additions, rotations by shifts, and shuffles that
// turn the rows against each other.
#include "../simd.h"

const u32 kDefaultRounds = 100000;

static inline u32x4 rotated(u32x4 v, int by) { return v << by | v >> (32 - by); }

static NOINLINE void block(const u32x4 state[4], u32x4 out[4]) {
  u32x4 a = state[0];
  u32x4 b = state[1];
  u32x4 c = state[2];
  u32x4 d = state[3];
  for (u32 n = 0; n < 20; ++n) {
    a += b, d = rotated(d ^ a, 16);
    c += d, b = rotated(b ^ c, 12);
    a += b, d = rotated(d ^ a, 8);
    c += d, b = rotated(b ^ c, 7);
    if (n % 2 == 0) {
      b = __builtin_shufflevector(b, b, 1, 2, 3, 0);
      c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
      d = __builtin_shufflevector(d, d, 3, 0, 1, 2);
    } else {
      b = __builtin_shufflevector(b, b, 3, 0, 1, 2);
      c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
      d = __builtin_shufflevector(d, d, 1, 2, 3, 0);
    }
  }
  out[0] = a + state[0];
  out[1] = b + state[1];
  out[2] = c + state[2];
  out[3] = d + state[3];
}

u64 run(u32 rounds) {
  u32x4 state[4] = {{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574},
                    {0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c},
                    {0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c},
                    {0, 0, 0x4a000000, 0}};
  u32x4 stream[4];
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    state[3][0] = r;
    block(state, stream);
    const u32x4 folded = stream[0] ^ stream[1] ^ stream[2] ^ stream[3];
    hash = mix(hash, (u64)folded[0] << 32 | folded[1]);
    hash = mix(hash, (u64)folded[2] << 32 | folded[3]);
  }
  return hash;
}
