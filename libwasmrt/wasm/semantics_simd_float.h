// Float vector instructions and vector conversions (spec 3.0, §4.3.5).
//
// In: V128 operands in stack order. Out: what the scalar instruction of semantics_float.h and
// semantics_convert.h gives in each lane, NaNs included.
#pragma once

#include "libwasmrt/wasm/semantics_convert.h"
#include "libwasmrt/wasm/semantics_float.h"
#include "libwasmrt/wasm/semantics_lanes.h"

namespace wasmrt::sem {

// Comparisons: all ones where it holds.

constexpr V128 f32x4_eq(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return lanes::eq(x, y); }, a, b);
}
constexpr V128 f32x4_ne(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return lanes::ne(x, y); }, a, b);
}
constexpr V128 f32x4_lt(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return lanes::lt(x, y); }, a, b);
}
constexpr V128 f32x4_gt(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return lanes::gt(x, y); }, a, b);
}
constexpr V128 f32x4_le(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return lanes::le(x, y); }, a, b);
}
constexpr V128 f32x4_ge(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return lanes::ge(x, y); }, a, b);
}
constexpr V128 f64x2_eq(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return lanes::eq(x, y); }, a, b);
}
constexpr V128 f64x2_ne(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return lanes::ne(x, y); }, a, b);
}
constexpr V128 f64x2_lt(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return lanes::lt(x, y); }, a, b);
}
constexpr V128 f64x2_gt(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return lanes::gt(x, y); }, a, b);
}
constexpr V128 f64x2_le(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return lanes::le(x, y); }, a, b);
}
constexpr V128 f64x2_ge(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return lanes::ge(x, y); }, a, b);
}

// Arithmetic. abs and neg touch the sign bit only.

constexpr V128 f32x4_abs(V128 a) {
  return lanes::map<lanes::u32>([](auto x) { return x & ~lanes::num<decltype(x)>(0x8000'0000); },
                                a);
}
constexpr V128 f32x4_neg(V128 a) {
  return lanes::map<lanes::u32>([](auto x) { return x ^ lanes::num<decltype(x)>(0x8000'0000); }, a);
}
constexpr V128 f32x4_add(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return x + y; }, a, b);
}
constexpr V128 f32x4_sub(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return x - y; }, a, b);
}
constexpr V128 f32x4_mul(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return x * y; }, a, b);
}
constexpr V128 f32x4_div(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return x / y; }, a, b);
}
constexpr V128 f32x4_pmin(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return lanes::select(lanes::lt(y, x), y, x); }, a,
                           b);
}
constexpr V128 f32x4_pmax(V128 a, V128 b) {
  return lanes::map<float>([](auto x, auto y) { return lanes::select(lanes::lt(x, y), y, x); }, a,
                           b);
}
constexpr V128 f64x2_abs(V128 a) {
  return lanes::map<lanes::u64>(
      [](auto x) { return x & ~lanes::num<decltype(x)>(0x8000'0000'0000'0000); }, a);
}
constexpr V128 f64x2_neg(V128 a) {
  return lanes::map<lanes::u64>(
      [](auto x) { return x ^ lanes::num<decltype(x)>(0x8000'0000'0000'0000); }, a);
}
constexpr V128 f64x2_add(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return x + y; }, a, b);
}
constexpr V128 f64x2_sub(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return x - y; }, a, b);
}
constexpr V128 f64x2_mul(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return x * y; }, a, b);
}
constexpr V128 f64x2_div(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return x / y; }, a, b);
}
constexpr V128 f64x2_pmin(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return lanes::select(lanes::lt(y, x), y, x); }, a,
                            b);
}
constexpr V128 f64x2_pmax(V128 a, V128 b) {
  return lanes::map<double>([](auto x, auto y) { return lanes::select(lanes::lt(x, y), y, x); }, a,
                            b);
}

namespace simd_detail {

/// min and max of vectors, as in semantics_float.h: both selections, merged; NaN where unordered.
template <class U, bool kMax, class X>
constexpr X minmax(X x, X y) {
  const X first = lanes::select(kMax ? lanes::gt(x, y) : lanes::lt(x, y), x, y);
  const X second = lanes::select(kMax ? lanes::gt(y, x) : lanes::lt(y, x), y, x);
  const auto p = lanes::as<U>(first), q = lanes::as<U>(second);
  const auto merged = kMax ? p & q : p | q;
  const auto unordered = lanes::ne(x, x) | lanes::ne(y, y);
  return (X)lanes::select(unordered, lanes::as<U>(x + y), merged);  // NOLINT: the bits
}

}  // namespace simd_detail

constexpr V128 f32x4_min(V128 a, V128 b) {
  return lanes::map<float>(
      [](auto x, auto y) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f32_min(x, y);
        } else {
          return simd_detail::minmax<lanes::u32, false>(x, y);
        }
      },
      a, b);
}
constexpr V128 f32x4_max(V128 a, V128 b) {
  return lanes::map<float>(
      [](auto x, auto y) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f32_max(x, y);
        } else {
          return simd_detail::minmax<lanes::u32, true>(x, y);
        }
      },
      a, b);
}
constexpr V128 f32x4_ceil(V128 a) {
  return lanes::map<float>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f32_ceil(x);
        } else {
          return os::ceil(x);
        }
      },
      a);
}
constexpr V128 f32x4_floor(V128 a) {
  return lanes::map<float>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f32_floor(x);
        } else {
          return os::floor(x);
        }
      },
      a);
}
constexpr V128 f32x4_trunc(V128 a) {
  return lanes::map<float>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f32_trunc(x);
        } else {
          return os::trunc(x);
        }
      },
      a);
}
constexpr V128 f32x4_nearest(V128 a) {
  return lanes::map<float>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f32_nearest(x);
        } else {
          return os::nearest(x);
        }
      },
      a);
}
constexpr V128 f32x4_sqrt(V128 a) {
  return lanes::map<float>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f32_sqrt(x);
        } else {
          return os::sqrt(x);
        }
      },
      a);
}
constexpr V128 f64x2_min(V128 a, V128 b) {
  return lanes::map<double>(
      [](auto x, auto y) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f64_min(x, y);
        } else {
          return simd_detail::minmax<lanes::u64, false>(x, y);
        }
      },
      a, b);
}
constexpr V128 f64x2_max(V128 a, V128 b) {
  return lanes::map<double>(
      [](auto x, auto y) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f64_max(x, y);
        } else {
          return simd_detail::minmax<lanes::u64, true>(x, y);
        }
      },
      a, b);
}
constexpr V128 f64x2_ceil(V128 a) {
  return lanes::map<double>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f64_ceil(x);
        } else {
          return os::ceil(x);
        }
      },
      a);
}
constexpr V128 f64x2_floor(V128 a) {
  return lanes::map<double>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f64_floor(x);
        } else {
          return os::floor(x);
        }
      },
      a);
}
constexpr V128 f64x2_trunc(V128 a) {
  return lanes::map<double>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f64_trunc(x);
        } else {
          return os::trunc(x);
        }
      },
      a);
}
constexpr V128 f64x2_nearest(V128 a) {
  return lanes::map<double>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f64_nearest(x);
        } else {
          return os::nearest(x);
        }
      },
      a);
}
constexpr V128 f64x2_sqrt(V128 a) {
  return lanes::map<double>(
      [](auto x) {
        if constexpr (lanes::kIsLane<decltype(x)>) {
          return f64_sqrt(x);
        } else {
          return os::sqrt(x);
        }
      },
      a);
}

// Conversions.

namespace simd_detail {

/// All four lanes of T to float.
template <class T>
constexpr V128 convert_f32x4(V128 a) {
  if (std::is_constant_evaluated()) {
    return lanes::convert_lanes<float, T>([](T x) { return static_cast<float>(x); }, a);
  }
  return lanes::from_vec(__builtin_convertvector(lanes::to_vec<T>(a), lanes::Vec<float>));
}

}  // namespace simd_detail

constexpr V128 f32x4_convert_i32x4_s(V128 a) { return simd_detail::convert_f32x4<lanes::s32>(a); }
constexpr V128 f32x4_convert_i32x4_u(V128 a) { return simd_detail::convert_f32x4<lanes::u32>(a); }
constexpr V128 f64x2_convert_low_i32x4_s(V128 a) { return lanes::widen<double, lanes::s32>(a); }
constexpr V128 f64x2_convert_low_i32x4_u(V128 a) { return lanes::widen<double, lanes::u32>(a); }
constexpr V128 f64x2_promote_low_f32x4(V128 a) { return lanes::widen<double, float>(a); }
constexpr V128 f32x4_demote_f64x2_zero(V128 a) {
  if (std::is_constant_evaluated()) return lanes::convert_lanes<float, double>(f32_demote_f64, a);
  const lanes::Vec<double> x = lanes::to_vec<double>(a);
  return lanes::from_vec(
      lanes::Vec<float>{static_cast<float>(x[0]), static_cast<float>(x[1]), 0, 0});
}

constexpr V128 i32x4_trunc_sat_f32x4_s(V128 a) {
  if (std::is_constant_evaluated()) {
    return lanes::convert_lanes<std::uint32_t, float>(i32_trunc_sat_f32_s, a);
  }
  return lanes::from_vec(os::trunc_sat(lanes::to_vec<float>(a)));
}
constexpr V128 i32x4_trunc_sat_f32x4_u(V128 a) {
  if (std::is_constant_evaluated()) {
    return lanes::convert_lanes<std::uint32_t, float>(i32_trunc_sat_f32_u, a);
  }
  // Signed, after taking 2^31 off what is above it, and adding it again.
  using Floats = lanes::Vec<float>;
  using Words = lanes::Vec<std::uint32_t>;
  const Floats zero = {}, limit = lanes::splat<Floats>(0x1p31f);
  Floats x = lanes::to_vec<float>(a);
  x = lanes::select(lanes::gt(x, zero), x, zero);
  const auto large = lanes::as<lanes::u32>(lanes::ge(x, limit));
  x -= (Floats)(large & (Words)limit);  // NOLINT: the bits
  return lanes::from_vec(lanes::as<lanes::u32>(os::trunc_sat(x)) + (large & 0x8000'0000u));
}
constexpr V128 i32x4_trunc_sat_f64x2_s_zero(V128 a) {
  return lanes::convert_lanes<std::uint32_t, double>(i32_trunc_sat_f64_s, a);
}
constexpr V128 i32x4_trunc_sat_f64x2_u_zero(V128 a) {
  return lanes::convert_lanes<std::uint32_t, double>(i32_trunc_sat_f64_u, a);
}

}  // namespace wasmrt::sem
