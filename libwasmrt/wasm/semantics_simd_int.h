// Integer vector instructions: arithmetic, comparisons, shifts, bitwise (spec 3.0, §4.3.5).
//
// In: V128 operands in stack order; shift counts as i32, taken modulo the lane width. Out: the
// result. See semantics_lanes.h for how one expression serves compile time and run time.
#pragma once

#include "libwasmrt/wasm/semantics_lanes.h"

namespace wasmrt::sem {

// Bitwise.

constexpr V128 v128_not(V128 a) {
  return lanes::map<lanes::u64>([](auto x) { return ~x; }, a);
}
constexpr V128 v128_and(V128 a, V128 b) {
  return lanes::map<lanes::u64>([](auto x, auto y) { return x & y; }, a, b);
}
constexpr V128 v128_andnot(V128 a, V128 b) {
  return lanes::map<lanes::u64>([](auto x, auto y) { return x & ~y; }, a, b);
}
constexpr V128 v128_or(V128 a, V128 b) {
  return lanes::map<lanes::u64>([](auto x, auto y) { return x | y; }, a, b);
}
constexpr V128 v128_xor(V128 a, V128 b) {
  return lanes::map<lanes::u64>([](auto x, auto y) { return x ^ y; }, a, b);
}
constexpr V128 v128_bitselect(V128 a, V128 b, V128 c) {
  return lanes::map<lanes::u64>([](auto x, auto y, auto z) { return (x & z) | (y & ~z); }, a, b, c);
}
constexpr std::uint32_t v128_any_true(V128 a) {
  const auto x = lanes::to_lanes<lanes::u64>(a);
  return (x[0] | x[1]) != 0;
}

// Arithmetic modulo 2^N.

constexpr V128 i8x16_add(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return x + y; }, a, b);
}
constexpr V128 i8x16_sub(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return x - y; }, a, b);
}
constexpr V128 i8x16_neg(V128 a) {
  return lanes::map<lanes::u8>([](auto x) { return lanes::num<decltype(x)>(0) - x; }, a);
}
constexpr V128 i16x8_add(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return x + y; }, a, b);
}
constexpr V128 i16x8_sub(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return x - y; }, a, b);
}
constexpr V128 i16x8_neg(V128 a) {
  return lanes::map<lanes::u16>([](auto x) { return lanes::num<decltype(x)>(0) - x; }, a);
}
constexpr V128 i16x8_mul(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return lanes::multiply(x, y); }, a, b);
}
constexpr V128 i32x4_add(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return x + y; }, a, b);
}
constexpr V128 i32x4_sub(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return x - y; }, a, b);
}
constexpr V128 i32x4_neg(V128 a) {
  return lanes::map<lanes::u32>([](auto x) { return lanes::num<decltype(x)>(0) - x; }, a);
}
constexpr V128 i32x4_mul(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return lanes::multiply(x, y); }, a, b);
}
constexpr V128 i64x2_add(V128 a, V128 b) {
  return lanes::map<lanes::u64>([](auto x, auto y) { return x + y; }, a, b);
}
constexpr V128 i64x2_sub(V128 a, V128 b) {
  return lanes::map<lanes::u64>([](auto x, auto y) { return x - y; }, a, b);
}
constexpr V128 i64x2_neg(V128 a) {
  return lanes::map<lanes::u64>([](auto x) { return lanes::num<decltype(x)>(0) - x; }, a);
}
constexpr V128 i64x2_mul(V128 a, V128 b) {
  return lanes::map<lanes::u64>([](auto x, auto y) { return lanes::multiply(x, y); }, a, b);
}

// Absolute value; that of the least integer is itself.

namespace simd_detail {

template <class U>
constexpr V128 abs(V128 a) {
  return lanes::map<U>(
      [](auto x) {
        using X = decltype(x);
        const auto sign = lanes::as<lanes::MaskOf<U>>(x);
        return lanes::select(lanes::lt(sign, lanes::splat<decltype(sign)>(0)),
                             static_cast<X>(lanes::num<X>(0) - x), x);
      },
      a);
}

}  // namespace simd_detail

constexpr V128 i8x16_abs(V128 a) { return simd_detail::abs<lanes::u8>(a); }
constexpr V128 i16x8_abs(V128 a) { return simd_detail::abs<lanes::u16>(a); }
constexpr V128 i32x4_abs(V128 a) { return simd_detail::abs<lanes::u32>(a); }
constexpr V128 i64x2_abs(V128 a) { return simd_detail::abs<lanes::u64>(a); }

// Minimum and maximum.

constexpr V128 i8x16_min_s(V128 a, V128 b) {
  return lanes::map<lanes::s8>([](auto x, auto y) { return lanes::select(lanes::lt(x, y), x, y); },
                               a, b);
}
constexpr V128 i8x16_min_u(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return lanes::select(lanes::lt(x, y), x, y); },
                               a, b);
}
constexpr V128 i8x16_max_s(V128 a, V128 b) {
  return lanes::map<lanes::s8>([](auto x, auto y) { return lanes::select(lanes::gt(x, y), x, y); },
                               a, b);
}
constexpr V128 i8x16_max_u(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return lanes::select(lanes::gt(x, y), x, y); },
                               a, b);
}
constexpr V128 i16x8_min_s(V128 a, V128 b) {
  return lanes::map<lanes::s16>([](auto x, auto y) { return lanes::select(lanes::lt(x, y), x, y); },
                                a, b);
}
constexpr V128 i16x8_min_u(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return lanes::select(lanes::lt(x, y), x, y); },
                                a, b);
}
constexpr V128 i16x8_max_s(V128 a, V128 b) {
  return lanes::map<lanes::s16>([](auto x, auto y) { return lanes::select(lanes::gt(x, y), x, y); },
                                a, b);
}
constexpr V128 i16x8_max_u(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return lanes::select(lanes::gt(x, y), x, y); },
                                a, b);
}
constexpr V128 i32x4_min_s(V128 a, V128 b) {
  return lanes::map<lanes::s32>([](auto x, auto y) { return lanes::select(lanes::lt(x, y), x, y); },
                                a, b);
}
constexpr V128 i32x4_min_u(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return lanes::select(lanes::lt(x, y), x, y); },
                                a, b);
}
constexpr V128 i32x4_max_s(V128 a, V128 b) {
  return lanes::map<lanes::s32>([](auto x, auto y) { return lanes::select(lanes::gt(x, y), x, y); },
                                a, b);
}
constexpr V128 i32x4_max_u(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return lanes::select(lanes::gt(x, y), x, y); },
                                a, b);
}

// Saturating sums and differences, averages, narrowing: one instruction each, which the
// compilers do not find in an expression.

namespace simd_detail {

/// f on lanes at compile time, g on vectors at run time.
template <class T, class F, class G>
constexpr V128 either(F f, G g, V128 a, V128 b) {
  if (std::is_constant_evaluated()) {
    auto x = lanes::to_lanes<T>(a);
    const auto y = lanes::to_lanes<T>(b);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = f(x[i], y[i]);
    return lanes::from_lanes<T>(x);
  }
  return lanes::from_vec(g(lanes::to_vec<T>(a), lanes::to_vec<T>(b)));
}

template <class T>
constexpr V128 add_sat(V128 a, V128 b) {
  return either<T>([](T x, T y) { return os::vector_detail::saturate<T>(x + y); },
                   [](auto x, auto y) { return os::add_sat(x, y); }, a, b);
}

template <class T>
constexpr V128 sub_sat(V128 a, V128 b) {
  return either<T>([](T x, T y) { return os::vector_detail::saturate<T>(x - y); },
                   [](auto x, auto y) { return os::sub_sat(x, y); }, a, b);
}

template <class T>
constexpr V128 average(V128 a, V128 b) {
  return either<T>([](T x, T y) { return static_cast<T>((x + y + 1) >> 1); },
                   [](auto x, auto y) { return os::average(x, y); }, a, b);
}

template <class R, class T>
constexpr V128 narrow(V128 a, V128 b) {
  if (std::is_constant_evaluated()) {
    const auto x = lanes::to_lanes<T>(a), y = lanes::to_lanes<T>(b);
    lanes::Lanes<R> r = {};
    for (std::size_t i = 0; i < x.size(); ++i) {
      r[i] = os::vector_detail::saturate<R>(x[i]);
      r[i + x.size()] = os::vector_detail::saturate<R>(y[i]);
    }
    return lanes::from_lanes<R>(r);
  }
  if constexpr (std::is_signed_v<R>) {
    return lanes::from_vec(os::narrow_s(lanes::to_vec<T>(a), lanes::to_vec<T>(b)));
  } else {
    return lanes::from_vec(os::narrow_u(lanes::to_vec<T>(a), lanes::to_vec<T>(b)));
  }
}

}  // namespace simd_detail

constexpr V128 i8x16_add_sat_s(V128 a, V128 b) { return simd_detail::add_sat<lanes::s8>(a, b); }
constexpr V128 i8x16_add_sat_u(V128 a, V128 b) { return simd_detail::add_sat<lanes::u8>(a, b); }
constexpr V128 i8x16_sub_sat_s(V128 a, V128 b) { return simd_detail::sub_sat<lanes::s8>(a, b); }
constexpr V128 i8x16_sub_sat_u(V128 a, V128 b) { return simd_detail::sub_sat<lanes::u8>(a, b); }
constexpr V128 i8x16_avgr_u(V128 a, V128 b) { return simd_detail::average<lanes::u8>(a, b); }
constexpr V128 i16x8_add_sat_s(V128 a, V128 b) { return simd_detail::add_sat<lanes::s16>(a, b); }
constexpr V128 i16x8_add_sat_u(V128 a, V128 b) { return simd_detail::add_sat<lanes::u16>(a, b); }
constexpr V128 i16x8_sub_sat_s(V128 a, V128 b) { return simd_detail::sub_sat<lanes::s16>(a, b); }
constexpr V128 i16x8_sub_sat_u(V128 a, V128 b) { return simd_detail::sub_sat<lanes::u16>(a, b); }
constexpr V128 i16x8_avgr_u(V128 a, V128 b) { return simd_detail::average<lanes::u16>(a, b); }
constexpr V128 i8x16_narrow_i16x8_s(V128 a, V128 b) {
  return simd_detail::narrow<lanes::s8, lanes::s16>(a, b);
}
constexpr V128 i8x16_narrow_i16x8_u(V128 a, V128 b) {
  return simd_detail::narrow<lanes::u8, lanes::s16>(a, b);
}
constexpr V128 i16x8_narrow_i32x4_s(V128 a, V128 b) {
  return simd_detail::narrow<lanes::s16, lanes::s32>(a, b);
}
constexpr V128 i16x8_narrow_i32x4_u(V128 a, V128 b) {
  return simd_detail::narrow<lanes::u16, lanes::s32>(a, b);
}

// Comparisons: all ones where it holds.

constexpr V128 i8x16_eq(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return lanes::eq(x, y); }, a, b);
}
constexpr V128 i8x16_ne(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return lanes::ne(x, y); }, a, b);
}
constexpr V128 i8x16_lt_s(V128 a, V128 b) {
  return lanes::map<lanes::s8>([](auto x, auto y) { return lanes::lt(x, y); }, a, b);
}
constexpr V128 i8x16_lt_u(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return lanes::lt(x, y); }, a, b);
}
constexpr V128 i8x16_gt_s(V128 a, V128 b) {
  return lanes::map<lanes::s8>([](auto x, auto y) { return lanes::gt(x, y); }, a, b);
}
constexpr V128 i8x16_gt_u(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return lanes::gt(x, y); }, a, b);
}
constexpr V128 i8x16_le_s(V128 a, V128 b) {
  return lanes::map<lanes::s8>([](auto x, auto y) { return lanes::le(x, y); }, a, b);
}
constexpr V128 i8x16_le_u(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return lanes::le(x, y); }, a, b);
}
constexpr V128 i8x16_ge_s(V128 a, V128 b) {
  return lanes::map<lanes::s8>([](auto x, auto y) { return lanes::ge(x, y); }, a, b);
}
constexpr V128 i8x16_ge_u(V128 a, V128 b) {
  return lanes::map<lanes::u8>([](auto x, auto y) { return lanes::ge(x, y); }, a, b);
}
constexpr V128 i16x8_eq(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return lanes::eq(x, y); }, a, b);
}
constexpr V128 i16x8_ne(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return lanes::ne(x, y); }, a, b);
}
constexpr V128 i16x8_lt_s(V128 a, V128 b) {
  return lanes::map<lanes::s16>([](auto x, auto y) { return lanes::lt(x, y); }, a, b);
}
constexpr V128 i16x8_lt_u(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return lanes::lt(x, y); }, a, b);
}
constexpr V128 i16x8_gt_s(V128 a, V128 b) {
  return lanes::map<lanes::s16>([](auto x, auto y) { return lanes::gt(x, y); }, a, b);
}
constexpr V128 i16x8_gt_u(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return lanes::gt(x, y); }, a, b);
}
constexpr V128 i16x8_le_s(V128 a, V128 b) {
  return lanes::map<lanes::s16>([](auto x, auto y) { return lanes::le(x, y); }, a, b);
}
constexpr V128 i16x8_le_u(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return lanes::le(x, y); }, a, b);
}
constexpr V128 i16x8_ge_s(V128 a, V128 b) {
  return lanes::map<lanes::s16>([](auto x, auto y) { return lanes::ge(x, y); }, a, b);
}
constexpr V128 i16x8_ge_u(V128 a, V128 b) {
  return lanes::map<lanes::u16>([](auto x, auto y) { return lanes::ge(x, y); }, a, b);
}
constexpr V128 i32x4_eq(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return lanes::eq(x, y); }, a, b);
}
constexpr V128 i32x4_ne(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return lanes::ne(x, y); }, a, b);
}
constexpr V128 i32x4_lt_s(V128 a, V128 b) {
  return lanes::map<lanes::s32>([](auto x, auto y) { return lanes::lt(x, y); }, a, b);
}
constexpr V128 i32x4_lt_u(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return lanes::lt(x, y); }, a, b);
}
constexpr V128 i32x4_gt_s(V128 a, V128 b) {
  return lanes::map<lanes::s32>([](auto x, auto y) { return lanes::gt(x, y); }, a, b);
}
constexpr V128 i32x4_gt_u(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return lanes::gt(x, y); }, a, b);
}
constexpr V128 i32x4_le_s(V128 a, V128 b) {
  return lanes::map<lanes::s32>([](auto x, auto y) { return lanes::le(x, y); }, a, b);
}
constexpr V128 i32x4_le_u(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return lanes::le(x, y); }, a, b);
}
constexpr V128 i32x4_ge_s(V128 a, V128 b) {
  return lanes::map<lanes::s32>([](auto x, auto y) { return lanes::ge(x, y); }, a, b);
}
constexpr V128 i32x4_ge_u(V128 a, V128 b) {
  return lanes::map<lanes::u32>([](auto x, auto y) { return lanes::ge(x, y); }, a, b);
}
constexpr V128 i64x2_eq(V128 a, V128 b) {
  return lanes::map<lanes::u64>([](auto x, auto y) { return lanes::eq(x, y); }, a, b);
}
constexpr V128 i64x2_ne(V128 a, V128 b) {
  return lanes::map<lanes::u64>([](auto x, auto y) { return lanes::ne(x, y); }, a, b);
}
constexpr V128 i64x2_lt_s(V128 a, V128 b) {
  return lanes::map<lanes::s64>([](auto x, auto y) { return lanes::lt(x, y); }, a, b);
}
constexpr V128 i64x2_gt_s(V128 a, V128 b) {
  return lanes::map<lanes::s64>([](auto x, auto y) { return lanes::gt(x, y); }, a, b);
}
constexpr V128 i64x2_le_s(V128 a, V128 b) {
  return lanes::map<lanes::s64>([](auto x, auto y) { return lanes::le(x, y); }, a, b);
}
constexpr V128 i64x2_ge_s(V128 a, V128 b) {
  return lanes::map<lanes::s64>([](auto x, auto y) { return lanes::ge(x, y); }, a, b);
}

// Shifts. There is none of 8-bit lanes and no arithmetic one of 64-bit lanes in SSE: those are made
// of 16-bit shifts and masks, and of logical shifts and the shifted sign bit.

namespace simd_detail {

template <class T>
constexpr V128 shl(V128 a, std::uint32_t n) {
  const std::uint32_t count = n % (sizeof(T) * 8);
  return lanes::map<T>([count](auto x) { return x << lanes::num<decltype(x)>(count); }, a);
}

/// Arithmetic for signed T.
template <class T>
constexpr V128 shr(V128 a, std::uint32_t n) {
  const std::uint32_t count = n % (sizeof(T) * 8);
  return lanes::map<T>([count](auto x) { return x >> lanes::num<decltype(x)>(count); }, a);
}

}  // namespace simd_detail

constexpr V128 i8x16_shl(V128 a, std::uint32_t n) {
  const std::uint32_t count = n % 8, keep = (0xFFu << count & 0xFF) * 0x101;
  return lanes::map<lanes::u16>(
      [=](auto x) {
        using X = decltype(x);
        return static_cast<X>(x << lanes::num<X>(count)) & lanes::num<X>(keep);
      },
      a);
}
constexpr V128 i8x16_shr_u(V128 a, std::uint32_t n) {
  const std::uint32_t count = n % 8, keep = (0xFFu >> count) * 0x101;
  return lanes::map<lanes::u16>(
      [=](auto x) {
        using X = decltype(x);
        return static_cast<X>(x >> lanes::num<X>(count)) & lanes::num<X>(keep);
      },
      a);
}
constexpr V128 i8x16_shr_s(V128 a, std::uint32_t n) {
  const std::uint32_t count = n % 8;
  return lanes::map<lanes::s16>(
      [=](auto x) {
        using X = decltype(x);
        const auto high = (x >> lanes::num<X>(count)) & lanes::num<X>(0xFF00);
        const auto low = static_cast<X>(x << lanes::num<X>(8)) >> lanes::num<X>(count);
        return high | ((low >> lanes::num<X>(8)) & lanes::num<X>(0x00FF));
      },
      a);
}
constexpr V128 i16x8_shl(V128 a, std::uint32_t n) { return simd_detail::shl<lanes::u16>(a, n); }
constexpr V128 i16x8_shr_s(V128 a, std::uint32_t n) { return simd_detail::shr<lanes::s16>(a, n); }
constexpr V128 i16x8_shr_u(V128 a, std::uint32_t n) { return simd_detail::shr<lanes::u16>(a, n); }
constexpr V128 i32x4_shl(V128 a, std::uint32_t n) { return simd_detail::shl<lanes::u32>(a, n); }
constexpr V128 i32x4_shr_s(V128 a, std::uint32_t n) { return simd_detail::shr<lanes::s32>(a, n); }
constexpr V128 i32x4_shr_u(V128 a, std::uint32_t n) { return simd_detail::shr<lanes::u32>(a, n); }
constexpr V128 i64x2_shl(V128 a, std::uint32_t n) { return simd_detail::shl<lanes::u64>(a, n); }
constexpr V128 i64x2_shr_u(V128 a, std::uint32_t n) { return simd_detail::shr<lanes::u64>(a, n); }
constexpr V128 i64x2_shr_s(V128 a, std::uint32_t n) {
  const std::uint32_t count = n % 64;
  return lanes::map<lanes::u64>(
      [=](auto x) {
        using X = decltype(x);
        const lanes::u64 sign = (std::uint64_t{1} << 63) >> count;
        return ((x >> lanes::num<X>(count)) ^ sign) - sign;
      },
      a);
}

// Tests. bitmask collects the top bit of each lane, lane 0 in bit 0.

namespace simd_detail {

template <class T>
constexpr std::uint32_t bitmask(V128 a) {
  if (std::is_constant_evaluated()) {
    const auto x = lanes::to_lanes<T>(a);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      bits |= static_cast<std::uint32_t>(x[i] >> (sizeof(T) * 8 - 1)) << i;
    }
    return bits;
  }
  return os::sign_bits<T>(lanes::to_vec<T>(a));
}

template <class T>
constexpr std::uint32_t all_true(V128 a) {
  const V128 zero_lanes =
      lanes::map<T>([](auto x) { return lanes::eq(x, lanes::splat<decltype(x)>(0)); }, a);
  return bitmask<lanes::u8>(zero_lanes) == 0;
}

}  // namespace simd_detail

constexpr std::uint32_t i8x16_all_true(V128 a) { return simd_detail::all_true<lanes::u8>(a); }
constexpr std::uint32_t i8x16_bitmask(V128 a) { return simd_detail::bitmask<lanes::u8>(a); }
constexpr std::uint32_t i16x8_all_true(V128 a) { return simd_detail::all_true<lanes::u16>(a); }
constexpr std::uint32_t i16x8_bitmask(V128 a) { return simd_detail::bitmask<lanes::u16>(a); }
constexpr std::uint32_t i32x4_all_true(V128 a) { return simd_detail::all_true<lanes::u32>(a); }
constexpr std::uint32_t i32x4_bitmask(V128 a) { return simd_detail::bitmask<lanes::u32>(a); }
constexpr std::uint32_t i64x2_all_true(V128 a) { return simd_detail::all_true<lanes::u64>(a); }
constexpr std::uint32_t i64x2_bitmask(V128 a) { return simd_detail::bitmask<lanes::u64>(a); }

// Bits set in each byte: the classic sums of neighbours, on 16-bit lanes since SSE shifts no bytes.

constexpr V128 i8x16_popcnt(V128 a) {
  return lanes::map<lanes::u16>(
      [](auto x) {
        using X = decltype(x);
        const auto m1 = lanes::num<X>(0x5555), m2 = lanes::num<X>(0x3333),
                   m4 = lanes::num<X>(0x0F0F);
        const auto pairs = static_cast<X>(x - ((x >> lanes::num<X>(1)) & m1));
        const auto fours = static_cast<X>((pairs & m2) + ((pairs >> lanes::num<X>(2)) & m2));
        return (fours + (fours >> lanes::num<X>(4))) & m4;
      },
      a);
}

}  // namespace wasmrt::sem
