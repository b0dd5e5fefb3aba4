// Float instructions: f32.*, f64.* except conversions (spec 3.0, §4.3.3).
//
// In: operands as float and double, in stack order. Out: the result, bit-exact except for the NaNs
// of arithmetic, which are what the spec allows: quiet, and canonical when every NaN that went in
// was. abs, neg and copysign touch the sign bit only. Needs the default rounding mode, SSE or NEON
// arithmetic, and -ffp-contract=off.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "libwasmrt/wasm/semantics_soft.h"

namespace wasmrt::sem {

namespace float_detail {

/// One ucomiss; clang 14 does not evaluate the builtin at compile time.
template <class F>
constexpr bool unordered(F a, F b) {
  if (std::is_constant_evaluated()) return a != a || b != b;
  return __builtin_isunordered(a, b);
}

}  // namespace float_detail

// Comparisons give 0 or 1; with a NaN only `ne` holds.

constexpr std::uint32_t f32_eq(float a, float b) { return a == b; }
constexpr std::uint32_t f32_ne(float a, float b) { return a != b; }
constexpr std::uint32_t f32_lt(float a, float b) { return a < b; }
constexpr std::uint32_t f32_gt(float a, float b) { return a > b; }
constexpr std::uint32_t f32_le(float a, float b) { return a <= b; }
constexpr std::uint32_t f32_ge(float a, float b) { return a >= b; }

constexpr std::uint32_t f64_eq(double a, double b) { return a == b; }
constexpr std::uint32_t f64_ne(double a, double b) { return a != b; }
constexpr std::uint32_t f64_lt(double a, double b) { return a < b; }
constexpr std::uint32_t f64_gt(double a, double b) { return a > b; }
constexpr std::uint32_t f64_le(double a, double b) { return a <= b; }
constexpr std::uint32_t f64_ge(double a, double b) { return a >= b; }

// Sign bit operations: andps and xorps, which keep the payload of a NaN and do not quiet it.

constexpr float f32_abs(float a) { return __builtin_fabsf(a); }
constexpr float f32_neg(float a) { return -a; }
constexpr float f32_copysign(float a, float b) { return __builtin_copysignf(a, b); }

constexpr double f64_abs(double a) { return __builtin_fabs(a); }
constexpr double f64_neg(double a) { return -a; }
constexpr double f64_copysign(double a, double b) { return __builtin_copysign(a, b); }

// Rounding to an integral value and square root. The compilers have one instruction for each, but
// cannot evaluate the builtins at compile time.

constexpr float f32_ceil(float a) {
  if (std::is_constant_evaluated()) return soft::ceil(a);
  return __builtin_ceilf(a);
}
constexpr float f32_floor(float a) {
  if (std::is_constant_evaluated()) return soft::floor(a);
  return __builtin_floorf(a);
}
constexpr float f32_trunc(float a) {
  if (std::is_constant_evaluated()) return soft::trunc(a);
  return __builtin_truncf(a);
}
constexpr float f32_nearest(float a) {
  if (std::is_constant_evaluated()) return soft::nearest(a);
  return __builtin_nearbyintf(a);
}
constexpr float f32_sqrt(float a) {
  if (std::is_constant_evaluated()) return soft::sqrt(a);
  return __builtin_sqrtf(a);
}

constexpr double f64_ceil(double a) {
  if (std::is_constant_evaluated()) return soft::ceil(a);
  return __builtin_ceil(a);
}
constexpr double f64_floor(double a) {
  if (std::is_constant_evaluated()) return soft::floor(a);
  return __builtin_floor(a);
}
constexpr double f64_trunc(double a) {
  if (std::is_constant_evaluated()) return soft::trunc(a);
  return __builtin_trunc(a);
}
constexpr double f64_nearest(double a) {
  if (std::is_constant_evaluated()) return soft::nearest(a);
  return __builtin_nearbyint(a);
}
constexpr double f64_sqrt(double a) {
  if (std::is_constant_evaluated()) return soft::sqrt(a);
  return __builtin_sqrt(a);
}

// Arithmetic, rounded once, to nearest, ties to even.

constexpr float f32_add(float a, float b) { return a + b; }
constexpr float f32_sub(float a, float b) { return a - b; }
constexpr float f32_mul(float a, float b) { return a * b; }
constexpr float f32_div(float a, float b) { return a / b; }

constexpr double f64_add(double a, double b) { return a + b; }
constexpr double f64_sub(double a, double b) { return a - b; }
constexpr double f64_mul(double a, double b) { return a * b; }
constexpr double f64_div(double a, double b) { return a / b; }

// The lesser and the greater; -0 is less than +0, and a NaN operand gives a quiet NaN. The two
// selections are minss/maxss, which differ in which operand they prefer when both are zeros.

constexpr float f32_min(float a, float b) {
  if (float_detail::unordered(a, b)) [[unlikely]]
    return a + b;
  const float x = a < b ? a : b;
  const float y = b < a ? b : a;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) | std::bit_cast<std::uint32_t>(y));
}

constexpr float f32_max(float a, float b) {
  if (float_detail::unordered(a, b)) [[unlikely]]
    return a + b;
  const float x = a > b ? a : b;
  const float y = b > a ? b : a;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & std::bit_cast<std::uint32_t>(y));
}

constexpr double f64_min(double a, double b) {
  if (float_detail::unordered(a, b)) [[unlikely]]
    return a + b;
  const double x = a < b ? a : b;
  const double y = b < a ? b : a;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) | std::bit_cast<std::uint64_t>(y));
}

constexpr double f64_max(double a, double b) {
  if (float_detail::unordered(a, b)) [[unlikely]]
    return a + b;
  const double x = a > b ? a : b;
  const double y = b > a ? b : a;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & std::bit_cast<std::uint64_t>(y));
}

}  // namespace wasmrt::sem
