// Vector instructions across lanes: splat, extract, replace, shuffles, widening, pairwise sums,
// extended products and dot products (spec 3.0, §4.3.5).
//
// In: V128 operands in stack order, lane immediates last (below the lane count: the validator saw
// to it). Out: the result.
#pragma once

#include "libwasmrt/wasm/semantics_simd_int.h"

namespace wasmrt::sem {

namespace simd_detail {

template <class T>
constexpr V128 splat(T value) {
  if (std::is_constant_evaluated()) {
    lanes::Lanes<T> r = {};
    for (T& lane : r) lane = value;
    return lanes::from_lanes<T>(r);
  }
  // Through integers: adding zero to a float would quiet it.
  using Bits = std::make_unsigned_t<lanes::MaskOf<T>>;
  return lanes::from_vec(lanes::splat<lanes::Vec<Bits>>(std::bit_cast<Bits>(value)));
}

template <class T>
constexpr T extract(V128 a, std::uint8_t lane) {
  return lanes::to_lanes<T>(a)[lane];
}

template <class T>
constexpr V128 replace(V128 a, T value, std::uint8_t lane) {
  if (std::is_constant_evaluated()) {
    auto x = lanes::to_lanes<T>(a);
    x[lane] = value;
    return lanes::from_lanes<T>(x);
  }
  // A blend: writing one lane in memory would stall the vector load behind it.
  using Bits = std::make_unsigned_t<lanes::MaskOf<T>>;
  lanes::Vec<Bits> numbers = {};
  for (std::size_t i = 0; i < lanes::Lanes<T>().size(); ++i) numbers[i] = static_cast<Bits>(i);
  const auto here = lanes::eq(numbers, lanes::splat<lanes::Vec<Bits>>(lane));
  return lanes::from_vec(
      lanes::select(here, lanes::to_vec<Bits>(splat(value)), lanes::to_vec<Bits>(a)));
}

}  // namespace simd_detail

constexpr V128 i8x16_splat(std::uint32_t a) {
  return simd_detail::splat(static_cast<lanes::u8>(a));
}
constexpr V128 i16x8_splat(std::uint32_t a) {
  return simd_detail::splat(static_cast<lanes::u16>(a));
}
constexpr V128 i32x4_splat(std::uint32_t a) { return simd_detail::splat(a); }
constexpr V128 i64x2_splat(std::uint64_t a) { return simd_detail::splat(a); }
constexpr V128 f32x4_splat(float a) { return simd_detail::splat(a); }
constexpr V128 f64x2_splat(double a) { return simd_detail::splat(a); }

constexpr std::uint32_t i8x16_extract_lane_s(V128 a, std::uint8_t lane) {
  return static_cast<std::uint32_t>(simd_detail::extract<lanes::s8>(a, lane));
}
constexpr std::uint32_t i8x16_extract_lane_u(V128 a, std::uint8_t lane) {
  return simd_detail::extract<lanes::u8>(a, lane);
}
constexpr V128 i8x16_replace_lane(V128 a, std::uint32_t b, std::uint8_t lane) {
  return simd_detail::replace(a, static_cast<lanes::u8>(b), lane);
}
constexpr std::uint32_t i16x8_extract_lane_s(V128 a, std::uint8_t lane) {
  return static_cast<std::uint32_t>(simd_detail::extract<lanes::s16>(a, lane));
}
constexpr std::uint32_t i16x8_extract_lane_u(V128 a, std::uint8_t lane) {
  return simd_detail::extract<lanes::u16>(a, lane);
}
constexpr V128 i16x8_replace_lane(V128 a, std::uint32_t b, std::uint8_t lane) {
  return simd_detail::replace(a, static_cast<lanes::u16>(b), lane);
}
constexpr std::uint32_t i32x4_extract_lane(V128 a, std::uint8_t lane) {
  return simd_detail::extract<std::uint32_t>(a, lane);
}
constexpr V128 i32x4_replace_lane(V128 a, std::uint32_t b, std::uint8_t lane) {
  return simd_detail::replace(a, b, lane);
}
constexpr std::uint64_t i64x2_extract_lane(V128 a, std::uint8_t lane) {
  return simd_detail::extract<std::uint64_t>(a, lane);
}
constexpr V128 i64x2_replace_lane(V128 a, std::uint64_t b, std::uint8_t lane) {
  return simd_detail::replace(a, b, lane);
}
constexpr float f32x4_extract_lane(V128 a, std::uint8_t lane) {
  return simd_detail::extract<float>(a, lane);
}
constexpr V128 f32x4_replace_lane(V128 a, float b, std::uint8_t lane) {
  return simd_detail::replace(a, b, lane);
}
constexpr double f64x2_extract_lane(V128 a, std::uint8_t lane) {
  return simd_detail::extract<double>(a, lane);
}
constexpr V128 f64x2_replace_lane(V128 a, double b, std::uint8_t lane) {
  return simd_detail::replace(a, b, lane);
}

// Selections of bytes. An index of 16 or more gives 0.

constexpr V128 i8x16_swizzle(V128 a, V128 b) {
  if (std::is_constant_evaluated()) {
    V128 r;
    for (std::size_t i = 0; i < 16; ++i)
      r.bytes[i] = b.bytes[i] < 16 ? a.bytes[b.bytes[i]] : std::uint8_t{0};
    return r;
  }
  return lanes::from_vec(
      os::table_lookup(lanes::to_vec<lanes::u8>(a), lanes::to_vec<lanes::u8>(b)));
}
/// `selector` is the immediate: bytes 0..31, from 16 on those of b.
constexpr V128 i8x16_shuffle(V128 a, V128 b, V128 selector) {
  const V128 from_b =
      lanes::map<lanes::u8>([](auto x) { return x - lanes::num<decltype(x)>(16); }, selector);
  return v128_or(i8x16_swizzle(a, selector), i8x16_swizzle(b, from_b));
}

// Widening of the low or high half, and products of widened halves.

constexpr V128 i16x8_extend_low_i8x16_s(V128 a) { return lanes::widen<lanes::s16, lanes::s8>(a); }
constexpr V128 i16x8_extend_low_i8x16_u(V128 a) { return lanes::widen<lanes::u16, lanes::u8>(a); }
constexpr V128 i16x8_extend_high_i8x16_s(V128 a) {
  return lanes::widen<lanes::s16, lanes::s8, true>(a);
}
constexpr V128 i16x8_extend_high_i8x16_u(V128 a) {
  return lanes::widen<lanes::u16, lanes::u8, true>(a);
}
constexpr V128 i16x8_extmul_low_i8x16_s(V128 a, V128 b) {
  return i16x8_mul(i16x8_extend_low_i8x16_s(a), i16x8_extend_low_i8x16_s(b));
}
constexpr V128 i16x8_extmul_low_i8x16_u(V128 a, V128 b) {
  return i16x8_mul(i16x8_extend_low_i8x16_u(a), i16x8_extend_low_i8x16_u(b));
}
constexpr V128 i16x8_extmul_high_i8x16_s(V128 a, V128 b) {
  return i16x8_mul(i16x8_extend_high_i8x16_s(a), i16x8_extend_high_i8x16_s(b));
}
constexpr V128 i16x8_extmul_high_i8x16_u(V128 a, V128 b) {
  return i16x8_mul(i16x8_extend_high_i8x16_u(a), i16x8_extend_high_i8x16_u(b));
}
constexpr V128 i32x4_extend_low_i16x8_s(V128 a) { return lanes::widen<lanes::s32, lanes::s16>(a); }
constexpr V128 i32x4_extend_low_i16x8_u(V128 a) { return lanes::widen<lanes::u32, lanes::u16>(a); }
constexpr V128 i32x4_extend_high_i16x8_s(V128 a) {
  return lanes::widen<lanes::s32, lanes::s16, true>(a);
}
constexpr V128 i32x4_extend_high_i16x8_u(V128 a) {
  return lanes::widen<lanes::u32, lanes::u16, true>(a);
}
constexpr V128 i32x4_extmul_low_i16x8_s(V128 a, V128 b) {
  return i32x4_mul(i32x4_extend_low_i16x8_s(a), i32x4_extend_low_i16x8_s(b));
}
constexpr V128 i32x4_extmul_low_i16x8_u(V128 a, V128 b) {
  return i32x4_mul(i32x4_extend_low_i16x8_u(a), i32x4_extend_low_i16x8_u(b));
}
constexpr V128 i32x4_extmul_high_i16x8_s(V128 a, V128 b) {
  return i32x4_mul(i32x4_extend_high_i16x8_s(a), i32x4_extend_high_i16x8_s(b));
}
constexpr V128 i32x4_extmul_high_i16x8_u(V128 a, V128 b) {
  return i32x4_mul(i32x4_extend_high_i16x8_u(a), i32x4_extend_high_i16x8_u(b));
}
constexpr V128 i64x2_extend_low_i32x4_s(V128 a) { return lanes::widen<lanes::s64, lanes::s32>(a); }
constexpr V128 i64x2_extend_low_i32x4_u(V128 a) { return lanes::widen<lanes::u64, lanes::u32>(a); }
constexpr V128 i64x2_extend_high_i32x4_s(V128 a) {
  return lanes::widen<lanes::s64, lanes::s32, true>(a);
}
constexpr V128 i64x2_extend_high_i32x4_u(V128 a) {
  return lanes::widen<lanes::u64, lanes::u32, true>(a);
}
constexpr V128 i64x2_extmul_low_i32x4_s(V128 a, V128 b) {
  return i64x2_mul(i64x2_extend_low_i32x4_s(a), i64x2_extend_low_i32x4_s(b));
}
constexpr V128 i64x2_extmul_low_i32x4_u(V128 a, V128 b) {
  return i64x2_mul(i64x2_extend_low_i32x4_u(a), i64x2_extend_low_i32x4_u(b));
}
constexpr V128 i64x2_extmul_high_i32x4_s(V128 a, V128 b) {
  return i64x2_mul(i64x2_extend_high_i32x4_s(a), i64x2_extend_high_i32x4_s(b));
}
constexpr V128 i64x2_extmul_high_i32x4_u(V128 a, V128 b) {
  return i64x2_mul(i64x2_extend_high_i32x4_u(a), i64x2_extend_high_i32x4_u(b));
}

// Sums of neighbours, widened. A pair of neighbours is one lane of the wider type.

namespace simd_detail {

/// The even lanes of the narrower type, sign-extended: T is the wider, signed type.
template <class T, class X>
constexpr X even_lanes_s(X x) {
  constexpr std::uint64_t kHalf = sizeof(T) * 4;
  return static_cast<X>(static_cast<X>(x << lanes::num<X>(kHalf)) >> lanes::num<X>(kHalf));
}
template <class T, class X>
constexpr X odd_lanes_s(X x) {
  return static_cast<X>(x >> lanes::num<X>(sizeof(T) * 4));
}

template <class T>
constexpr V128 extadd_pairwise_s(V128 a) {
  return lanes::map<T>([](auto x) { return even_lanes_s<T>(x) + odd_lanes_s<T>(x); }, a);
}

template <class T>
constexpr V128 extadd_pairwise_u(V128 a) {
  return lanes::map<T>(
      [](auto x) {
        using X = decltype(x);
        constexpr std::uint64_t kHalf = sizeof(T) * 4;
        return (x & lanes::num<X>((std::uint64_t{1} << kHalf) - 1)) + (x >> lanes::num<X>(kHalf));
      },
      a);
}

}  // namespace simd_detail

constexpr V128 i16x8_extadd_pairwise_i8x16_s(V128 a) {
  return simd_detail::extadd_pairwise_s<lanes::s16>(a);
}
constexpr V128 i16x8_extadd_pairwise_i8x16_u(V128 a) {
  return simd_detail::extadd_pairwise_u<lanes::u16>(a);
}
constexpr V128 i32x4_extadd_pairwise_i16x8_s(V128 a) {
  return simd_detail::extadd_pairwise_s<lanes::s32>(a);
}
constexpr V128 i32x4_extadd_pairwise_i16x8_u(V128 a) {
  return simd_detail::extadd_pairwise_u<lanes::u32>(a);
}

constexpr V128 i32x4_dot_i16x8_s(V128 a, V128 b) {
  if (std::is_constant_evaluated()) {
    const auto x = lanes::to_lanes<lanes::s16>(a), y = lanes::to_lanes<lanes::s16>(b);
    lanes::Lanes<std::uint32_t> r = {};
    for (std::size_t i = 0; i < 4; ++i) {
      r[i] = static_cast<std::uint32_t>(x[2 * i] * y[2 * i]) +
             static_cast<std::uint32_t>(x[2 * i + 1] * y[2 * i + 1]);
    }
    return lanes::from_lanes<std::uint32_t>(r);
  }
  return lanes::from_vec(os::dot_pairs(lanes::to_vec<lanes::s16>(a), lanes::to_vec<lanes::s16>(b)));
}

/// Q15 products, rounded; -1 * -1 saturates. Exact in 32 bits, then narrowed.
constexpr V128 i16x8_q15mulr_sat_s(V128 a, V128 b) {
  constexpr auto rounded = [](V128 product) {
    return lanes::map<lanes::s32>(
        [](auto x) {
          using X = decltype(x);
          return (x + lanes::num<X>(0x4000)) >> lanes::num<X>(15);
        },
        product);
  };
  return i16x8_narrow_i32x4_s(rounded(i32x4_extmul_low_i16x8_s(a, b)),
                              rounded(i32x4_extmul_high_i16x8_s(a, b)));
}

}  // namespace wasmrt::sem
