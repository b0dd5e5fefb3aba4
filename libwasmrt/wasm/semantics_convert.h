// Conversions between integers and floats, and between float widths (spec 3.0, §4.3.4).
//
// In: any value. Out: the converted value; the trapping truncations give a Checked one, the
// saturating ones clamp and turn NaN into 0. Integers are unsigned types; the name has the sign.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "libwasmrt/wasm/semantics_float.h"
#include "libwasmrt/wasm/semantics_types.h"

namespace wasmrt::sem {

namespace convert_detail {

/// 2^e, exact.
template <class F>
constexpr F power_of_two(int e) {
  F value = 1;
  for (int i = 0; i < e; ++i) value *= 2;
  return value;
}

/// The least F whose truncation is above the range of the integer type I: 2^bits.
template <class I, class F>
inline constexpr F kAbove = power_of_two<F>(std::numeric_limits<I>::digits);

/// Traps for NaN and for what does not truncate into I.
template <class I, class F>
constexpr Checked<std::make_unsigned_t<I>> checked(F a) {
  constexpr F above = kAbove<I, F>;
  bool fits;
  if constexpr (std::is_unsigned_v<I>) {
    fits = a > F(-1) && a < above;
  } else if constexpr (std::numeric_limits<I>::digits < std::numeric_limits<F>::digits) {
    fits = a > -above - 1 && a < above;  // the bound below the least integer is representable
  } else {
    fits = a >= -above && a < above;
  }
  if (!fits) [[unlikely]] {
    return a != a ? TrapKind::InvalidConversionToInteger : TrapKind::IntegerOverflow;
  }
  return static_cast<std::make_unsigned_t<I>>(static_cast<I>(a));
}

/// Clamps to the range of I, NaN to 0; written so that both compilers emit no branch.
template <class I, class F>
constexpr std::make_unsigned_t<I> saturated(F a) {
  using U = std::make_unsigned_t<I>;
  if constexpr (sizeof(I) == 4) {
    // Every i32 is a double: clamp there, then one conversion through 64 bits.
    double x = a;
    if constexpr (std::is_signed_v<I>) {
      x = x == x ? x : 0.0;
    }
    constexpr double least = std::numeric_limits<I>::min();
    constexpr double greatest = std::numeric_limits<I>::max();
    x = x > least ? x : least;
    // This way round: clang 14 for arm64 selects fmaxnm above, which makes NaN of a signalling one;
    // here it then keeps NaN, and NaN converts to 0.
    x = greatest < x ? greatest : x;
    return static_cast<U>(static_cast<std::int64_t>(x));
  } else if constexpr (std::is_signed_v<I>) {
    constexpr F above = kAbove<I, F>;
    if (!(a < above)) [[unlikely]] {
      return a != a ? U{0} : static_cast<U>(std::numeric_limits<I>::max());
    }
    return static_cast<U>(static_cast<I>(a > -above ? a : -above));
  } else {
    constexpr F above = kAbove<I, F>;
    if (!(a < above)) [[unlikely]]
      return a != a ? U{0} : std::numeric_limits<U>::max();
    return static_cast<U>(a > 0 ? a : F(0));
  }
}

}  // namespace convert_detail

#define WASMRT_TRUNC(int_name, float_name, Unsigned, Signed, Float)        \
  constexpr Checked<Unsigned> int_name##_trunc_##float_name##_s(Float a) { \
    return convert_detail::checked<Signed>(a);                             \
  }                                                                        \
  constexpr Checked<Unsigned> int_name##_trunc_##float_name##_u(Float a) { \
    return convert_detail::checked<Unsigned>(a);                           \
  }                                                                        \
  constexpr Unsigned int_name##_trunc_sat_##float_name##_s(Float a) {      \
    return convert_detail::saturated<Signed>(a);                           \
  }                                                                        \
  constexpr Unsigned int_name##_trunc_sat_##float_name##_u(Float a) {      \
    return convert_detail::saturated<Unsigned>(a);                         \
  }

// iNN_trunc_fMM_{s,u} and iNN_trunc_sat_fMM_{s,u}
WASMRT_TRUNC(i32, f32, std::uint32_t, std::int32_t, float)
WASMRT_TRUNC(i32, f64, std::uint32_t, std::int32_t, double)
WASMRT_TRUNC(i64, f32, std::uint64_t, std::int64_t, float)
WASMRT_TRUNC(i64, f64, std::uint64_t, std::int64_t, double)
#undef WASMRT_TRUNC

// Integer to float, rounded to nearest even.

constexpr float f32_convert_i32_s(std::uint32_t a) {
  return static_cast<float>(static_cast<std::int32_t>(a));
}
constexpr float f32_convert_i32_u(std::uint32_t a) { return static_cast<float>(a); }
constexpr float f32_convert_i64_s(std::uint64_t a) {
  return static_cast<float>(static_cast<std::int64_t>(a));
}
constexpr float f32_convert_i64_u(std::uint64_t a) { return static_cast<float>(a); }
constexpr double f64_convert_i32_s(std::uint32_t a) { return static_cast<std::int32_t>(a); }
constexpr double f64_convert_i32_u(std::uint32_t a) { return a; }
constexpr double f64_convert_i64_s(std::uint64_t a) {
  return static_cast<double>(static_cast<std::int64_t>(a));
}
constexpr double f64_convert_i64_u(std::uint64_t a) { return static_cast<double>(a); }

// Between the float widths; a NaN comes out quiet.

constexpr float f32_demote_f64(double a) { return static_cast<float>(a); }
constexpr double f64_promote_f32(float a) { return a; }

// The same bits as the other type.

constexpr std::uint32_t i32_reinterpret_f32(float a) { return std::bit_cast<std::uint32_t>(a); }
constexpr std::uint64_t i64_reinterpret_f64(double a) { return std::bit_cast<std::uint64_t>(a); }
constexpr float f32_reinterpret_i32(std::uint32_t a) { return std::bit_cast<float>(a); }
constexpr double f64_reinterpret_i64(std::uint64_t a) { return std::bit_cast<double>(a); }

}  // namespace wasmrt::sem
