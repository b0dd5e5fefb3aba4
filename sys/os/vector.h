// Vector operations for which C++ has no expression that the compilers turn into one instruction.
//
// In and out: 16-byte vectors (GCC vector extension). Guaranteed: equal results on every machine;
// where neither SSE4.1 nor NEON is there, a plain loop computes them. This is the only place above
// the code generators that names vector instructions.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE4_1__)
#include <immintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace wasmrt::os {

template <class T>
struct VectorOf {
  typedef T Type __attribute__((vector_size(16)));
};

/// 16 bytes as lanes of T.
template <class T>
using Vector = typename VectorOf<T>::Type;

namespace vector_detail {

template <class To, class From>
inline To cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

}  // namespace vector_detail

/// Byte i of the result is table[index[i]], or 0 where index[i] is 16 or more.
inline Vector<std::uint8_t> table_lookup(Vector<std::uint8_t> table, Vector<std::uint8_t> index) {
  using vector_detail::cast;
#if defined(__SSE4_1__)
  // pshufb looks at bit 7 and bits 0-3: saturate so that everything from 16 on has bit 7 set.
  const __m128i selector = _mm_adds_epu8(cast<__m128i>(index), _mm_set1_epi8(0x70));
  return cast<Vector<std::uint8_t>>(_mm_shuffle_epi8(cast<__m128i>(table), selector));
#elif defined(__ARM_NEON) && defined(__aarch64__)
  return cast<Vector<std::uint8_t>>(vqtbl1q_u8(cast<uint8x16_t>(table), cast<uint8x16_t>(index)));
#else
  Vector<std::uint8_t> result = {};
  for (int i = 0; i < 16; ++i) result[i] = index[i] < 16 ? table[index[i]] : 0;
  return result;
#endif
}

/// Bit i of the result is the top bit of lane i.
template <class T>
inline std::uint32_t sign_bits(Vector<T> lanes) {
  using vector_detail::cast;
#if defined(__SSE4_1__)
  if constexpr (sizeof(T) == 1) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(cast<__m128i>(lanes)));
  } else if constexpr (sizeof(T) == 2) {
    const __m128i bytes = _mm_packs_epi16(cast<__m128i>(lanes), _mm_setzero_si128());
    return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
  } else if constexpr (sizeof(T) == 4) {
    return static_cast<std::uint32_t>(_mm_movemask_ps(cast<__m128>(lanes)));
  } else {
    return static_cast<std::uint32_t>(_mm_movemask_pd(cast<__m128d>(lanes)));
  }
#else
  std::uint32_t bits = 0;
  constexpr unsigned kTop = sizeof(T) * 8 - 1;
  for (unsigned i = 0; i < 16 / sizeof(T); ++i) {
    bits |= static_cast<std::uint32_t>(static_cast<std::uint64_t>(lanes[i]) >> kTop & 1) << i;
  }
  return bits;
#endif
}

#if defined(__SSE4_1__)
#define WASMRT_VECTOR_BINARY(name, T, R, intrinsic, scalar)                \
  inline Vector<R> name(Vector<T> a, Vector<T> b) {                        \
    using vector_detail::cast;                                             \
    return cast<Vector<R>>(intrinsic(cast<__m128i>(a), cast<__m128i>(b))); \
  }
#else
#define WASMRT_VECTOR_BINARY(name, T, R, intrinsic, scalar)                           \
  inline Vector<R> name(Vector<T> a, Vector<T> b) {                                   \
    Vector<R> result = {};                                                            \
    for (unsigned i = 0; i < 16 / sizeof(R); ++i) result[i] = static_cast<R>(scalar); \
    return result;                                                                    \
  }
#endif

namespace vector_detail {

/// Clamps to the range of R.
template <class R>
constexpr R saturate(std::int64_t value) {
  constexpr std::int64_t kBits = sizeof(R) * 8;
  constexpr bool kSigned = static_cast<R>(-1) < static_cast<R>(1);
  constexpr std::int64_t kMin = kSigned ? -(std::int64_t{1} << (kBits - 1)) : 0;
  constexpr std::int64_t kMax = (std::int64_t{1} << (kSigned ? kBits - 1 : kBits)) - 1;
  return static_cast<R>(value < kMin ? kMin : value > kMax ? kMax : value);
}

/// Lane i of the concatenation of two vectors.
template <class T>
inline T lane_of_pair(Vector<T> a, Vector<T> b, unsigned i) {
  constexpr unsigned kLanes = 16 / sizeof(T);
  return i < kLanes ? a[i] : b[i - kLanes];
}

}  // namespace vector_detail

// Sums and differences clamped to the range of the lanes.
WASMRT_VECTOR_BINARY(add_sat, std::int8_t, std::int8_t, _mm_adds_epi8,
                     vector_detail::saturate<std::int8_t>(a[i] + b[i]))
WASMRT_VECTOR_BINARY(add_sat, std::uint8_t, std::uint8_t, _mm_adds_epu8,
                     vector_detail::saturate<std::uint8_t>(a[i] + b[i]))
WASMRT_VECTOR_BINARY(add_sat, std::int16_t, std::int16_t, _mm_adds_epi16,
                     vector_detail::saturate<std::int16_t>(a[i] + b[i]))
WASMRT_VECTOR_BINARY(add_sat, std::uint16_t, std::uint16_t, _mm_adds_epu16,
                     vector_detail::saturate<std::uint16_t>(a[i] + b[i]))
WASMRT_VECTOR_BINARY(sub_sat, std::int8_t, std::int8_t, _mm_subs_epi8,
                     vector_detail::saturate<std::int8_t>(a[i] - b[i]))
WASMRT_VECTOR_BINARY(sub_sat, std::uint8_t, std::uint8_t, _mm_subs_epu8,
                     vector_detail::saturate<std::uint8_t>(a[i] - b[i]))
WASMRT_VECTOR_BINARY(sub_sat, std::int16_t, std::int16_t, _mm_subs_epi16,
                     vector_detail::saturate<std::int16_t>(a[i] - b[i]))
WASMRT_VECTOR_BINARY(sub_sat, std::uint16_t, std::uint16_t, _mm_subs_epu16,
                     vector_detail::saturate<std::uint16_t>(a[i] - b[i]))

// The mean of two unsigned lanes, rounded up.
WASMRT_VECTOR_BINARY(average, std::uint8_t, std::uint8_t, _mm_avg_epu8, (a[i] + b[i] + 1) >> 1)
WASMRT_VECTOR_BINARY(average, std::uint16_t, std::uint16_t, _mm_avg_epu16, (a[i] + b[i] + 1) >> 1)

// Signed lanes of a, then of b, clamped to the narrower type.
WASMRT_VECTOR_BINARY(
    narrow_s, std::int16_t, std::int8_t, _mm_packs_epi16,
    vector_detail::saturate<std::int8_t>(vector_detail::lane_of_pair<std::int16_t>(a, b, i)))
WASMRT_VECTOR_BINARY(
    narrow_u, std::int16_t, std::uint8_t, _mm_packus_epi16,
    vector_detail::saturate<std::uint8_t>(vector_detail::lane_of_pair<std::int16_t>(a, b, i)))
WASMRT_VECTOR_BINARY(
    narrow_s, std::int32_t, std::int16_t, _mm_packs_epi32,
    vector_detail::saturate<std::int16_t>(vector_detail::lane_of_pair<std::int32_t>(a, b, i)))
WASMRT_VECTOR_BINARY(
    narrow_u, std::int32_t, std::uint16_t, _mm_packus_epi32,
    vector_detail::saturate<std::uint16_t>(vector_detail::lane_of_pair<std::int32_t>(a, b, i)))

// Products of signed 16-bit lanes, neighbours added: -2^31 * 2 wraps.
WASMRT_VECTOR_BINARY(dot_pairs, std::int16_t, std::int32_t, _mm_madd_epi16,
                     static_cast<std::uint32_t>(a[2 * i] * b[2 * i]) +
                         static_cast<std::uint32_t>(a[2 * i + 1] * b[2 * i + 1]))

#undef WASMRT_VECTOR_BINARY

#if defined(__SSE4_1__)
#define WASMRT_VECTOR_FLOAT(name, sse, neon, mode, builtin)            \
  inline Vector<float> name(Vector<float> a) { return sse##_ps mode; } \
  inline Vector<double> name(Vector<double> a) { return sse##_pd mode; }
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define WASMRT_VECTOR_FLOAT(name, sse, neon, mode, builtin)             \
  inline Vector<float> name(Vector<float> a) { return neon##q_f32(a); } \
  inline Vector<double> name(Vector<double> a) { return neon##q_f64(a); }
#else
#define WASMRT_VECTOR_FLOAT(name, sse, neon, mode, builtin)          \
  inline Vector<float> name(Vector<float> a) {                       \
    for (int i = 0; i < 4; ++i) a[i] = __builtin_##builtin##f(a[i]); \
    return a;                                                        \
  }                                                                  \
  inline Vector<double> name(Vector<double> a) {                     \
    for (int i = 0; i < 2; ++i) a[i] = __builtin_##builtin(a[i]);    \
    return a;                                                        \
  }
#endif

// Rounding to integral values (nearest: ties to even) and square roots.
WASMRT_VECTOR_FLOAT(ceil, _mm_ceil, vrndp, (a), ceil)
WASMRT_VECTOR_FLOAT(floor, _mm_floor, vrndm, (a), floor)
WASMRT_VECTOR_FLOAT(trunc, _mm_round, vrnd, (a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC), trunc)
WASMRT_VECTOR_FLOAT(nearest, _mm_round, vrndn, (a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
                    nearbyint)
WASMRT_VECTOR_FLOAT(sqrt, _mm_sqrt, vsqrt, (a), sqrt)

#undef WASMRT_VECTOR_FLOAT

/// Signed integers, truncated and clamped; NaN gives 0.
inline Vector<std::int32_t> trunc_sat(Vector<float> a) {
  using vector_detail::cast;
#if defined(__SSE4_1__)
  // cvttps2dq gives INT32_MIN out of range: zero the NaNs before, flip it above the range.
  const __m128 ordered = _mm_and_ps(a, _mm_cmpord_ps(a, a));
  const __m128i above = _mm_castps_si128(_mm_cmpge_ps(ordered, _mm_set1_ps(0x1p31f)));
  return cast<Vector<std::int32_t>>(_mm_xor_si128(_mm_cvttps_epi32(ordered), above));
#elif defined(__ARM_NEON) && defined(__aarch64__)
  return cast<Vector<std::int32_t>>(vcvtq_s32_f32(a));
#else
  Vector<std::int32_t> result = {};
  for (int i = 0; i < 4; ++i) {
    result[i] = !(a[i] == a[i])    ? 0
                : a[i] >= 0x1p31f  ? INT32_MAX
                : a[i] <= -0x1p31f ? INT32_MIN
                                   : static_cast<std::int32_t>(a[i]);
  }
  return result;
#endif
}

}  // namespace wasmrt::os
