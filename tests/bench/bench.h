// The contract of a benchmark kernel.
//
// In:  one kernel file that defines `kDefaultRounds` (chosen so that an interpreter needs 0.1 to
//      0.5 s) and `run(rounds)`.
// Out: the kernel as a WASI command (main_wasi.c) and as a native program (main_native.c), both
//      timed from inside.
// Guaranteed: `run` starts from the same state on each call and returns a checksum that depends
//      only on `rounds`: not on pointers, on their size, on the compiler or on the machine.
//      Kernels use no libc, no undefined behaviour and no floating-point contraction.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;
typedef float f32;
typedef double f64;

#define NOINLINE __attribute__((noinline))
#define COUNT(array) ((u32)(sizeof(array) / sizeof((array)[0])))

extern const u32 kDefaultRounds;
u64 run(u32 rounds);

// Keeps a round from being merged with the next one or moved out of the loop.
static inline void barrier(void) { __asm__ volatile("" ::: "memory"); }

// Folds `value` into the checksum `hash`.
static inline u64 mix(u64 hash, u64 value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
  return hash ^ (hash >> 29);
}

static inline u64 bits_of_f64(f64 x) {
  u64 bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

// xorshift32: the only source of test data. The state must not be 0.
static inline u32 next_random(u32* state) {
  u32 x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  *state = x;
  return x;
}

// Uniform in [0, 1), exact in 31 bits.
static inline f64 next_unit(u32* state) { return (f64)(next_random(state) >> 1) / 2147483648.0; }
