// Vectors of 16 bytes for the kernels named simd_*: C's vector types, and the few operations that
// they cannot say, for WebAssembly, x86-64 (SSSE3) and arm64.
#pragma once

#include "bench.h"

typedef u8 u8x16 __attribute__((vector_size(16)));
typedef i8 i8x16 __attribute__((vector_size(16)));
typedef u16 u16x8 __attribute__((vector_size(16)));
typedef i16 i16x8 __attribute__((vector_size(16)));
typedef u32 u32x4 __attribute__((vector_size(16)));
typedef i32 i32x4 __attribute__((vector_size(16)));
typedef u64 u64x2 __attribute__((vector_size(16)));
typedef f32 f32x4 __attribute__((vector_size(16)));
typedef f64 f64x2 __attribute__((vector_size(16)));

typedef u8 u8x8 __attribute__((vector_size(8)));

// Vectors anywhere in memory.
#define LOAD(type, at) (*(const struct { type v; } __attribute__((packed, aligned(1)))*)(at)).v
#define STORE(type, at, value) \
  ((*(struct { type v; } __attribute__((packed, aligned(1), may_alias))*)(at)).v = (value))

#if defined(__wasm__)
#include <wasm_simd128.h>

// table[index[i]] for each i; indices are below 16.
static inline u8x16 swizzle(u8x16 table, u8x16 index) {
  return (u8x16)wasm_i8x16_swizzle((v128_t)table, (v128_t)index);
}
// Bit i is the top bit of lane i.
static inline u32 top_bits(u8x16 v) { return wasm_i8x16_bitmask((v128_t)v); }
// Sums of the products of neighbours.
static inline i32x4 dot(i16x8 a, i16x8 b) {
  return (i32x4)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b);
}
// Both, saturated to 16 bits.
static inline i16x8 narrow(i32x4 a, i32x4 b) {
  return (i16x8)wasm_i16x8_narrow_i32x4((v128_t)a, (v128_t)b);
}
static inline f32x4 square_root(f32x4 v) { return (f32x4)wasm_f32x4_sqrt((v128_t)v); }

#elif defined(__x86_64__)
#include <tmmintrin.h>

static inline u8x16 swizzle(u8x16 table, u8x16 index) {
  return (u8x16)_mm_shuffle_epi8((__m128i)table, (__m128i)index);
}
static inline u32 top_bits(u8x16 v) { return (u32)_mm_movemask_epi8((__m128i)v); }
static inline i32x4 dot(i16x8 a, i16x8 b) { return (i32x4)_mm_madd_epi16((__m128i)a, (__m128i)b); }
static inline i16x8 narrow(i32x4 a, i32x4 b) {
  return (i16x8)_mm_packs_epi32((__m128i)a, (__m128i)b);
}
static inline f32x4 square_root(f32x4 v) { return (f32x4)_mm_sqrt_ps((__m128)v); }

#elif defined(__aarch64__)
#include <arm_neon.h>

static inline u8x16 swizzle(u8x16 table, u8x16 index) {
  return (u8x16)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)index);
}
static inline u32 top_bits(u8x16 v) {
  const uint8x16_t weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t all = vreinterpretq_u8_s8(vshrq_n_s8((int8x16_t)v, 7));
  const uint8x16_t bits = vandq_u8(all, weights);
  return (u32)vaddv_u8(vget_low_u8(bits)) | (u32)vaddv_u8(vget_high_u8(bits)) << 8;
}
static inline i32x4 dot(i16x8 a, i16x8 b) {
  const int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
  return (i32x4)vpaddq_s32(low, vmull_high_s16((int16x8_t)a, (int16x8_t)b));
}
static inline i16x8 narrow(i32x4 a, i32x4 b) {
  return (i16x8)vqmovn_high_s32(vqmovn_s32((int32x4_t)a), (int32x4_t)b);
}
static inline f32x4 square_root(f32x4 v) { return (f32x4)vsqrtq_f32((float32x4_t)v); }

#else
#error "no vectors are known of this machine"
#endif
