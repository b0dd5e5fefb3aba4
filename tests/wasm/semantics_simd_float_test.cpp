// Float vector semantics: each lane is what the scalar instruction gives, on edge x edge operands.
// (The scalar functions are tested against integer-only models.)
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "libwasmrt/wasm/semantics.h"
#include "libwasmrt/wasm/semantics_simd.h"
#include "tests/wasm/vector_operands.h"

using namespace wasmrt;
using namespace wasmrt::sem;
using namespace wasmrt::test;

TEST_CASE("each lane is the scalar result", "[wasm][semantics][simd]") {
#define BINARY(F, shape, scalar, name) \
  check_binary<F>(#shape "_" #name, shape##_##name, scalar##_##name);
#define UNARY(F, shape, scalar, name) \
  check_unary<F>(#shape "_" #name, shape##_##name, scalar##_##name);
#define COMPARE(F, I, shape, scalar, name)             \
  check_binary<F, I>(#shape "_" #name, shape##_##name, \
                     [](F x, F y) { return scalar##_##name(x, y) != 0 ? -1 : 0; });
// clang-format off
#define ALL(F, I, shape, scalar)                                                               \
  BINARY(F, shape, scalar, add) BINARY(F, shape, scalar, sub) BINARY(F, shape, scalar, mul)    \
  BINARY(F, shape, scalar, div) BINARY(F, shape, scalar, min) BINARY(F, shape, scalar, max)    \
  UNARY(F, shape, scalar, abs) UNARY(F, shape, scalar, neg) UNARY(F, shape, scalar, ceil)      \
  UNARY(F, shape, scalar, floor) UNARY(F, shape, scalar, trunc) UNARY(F, shape, scalar, nearest)\
  UNARY(F, shape, scalar, sqrt)                                                                \
  COMPARE(F, I, shape, scalar, eq) COMPARE(F, I, shape, scalar, ne)                            \
  COMPARE(F, I, shape, scalar, lt) COMPARE(F, I, shape, scalar, gt)                            \
  COMPARE(F, I, shape, scalar, le) COMPARE(F, I, shape, scalar, ge)                            \
  check_binary<F>(#shape "_relaxed_min", shape##_relaxed_min, scalar##_min);                   \
  check_binary<F>(#shape "_relaxed_max", shape##_relaxed_max, scalar##_max);                   \
  check_binary<F>(#shape "_pmin", shape##_pmin, [](F x, F y) { return y < x ? y : x; });       \
  check_binary<F>(#shape "_pmax", shape##_pmax, [](F x, F y) { return x < y ? y : x; });
  ALL(float, std::int32_t, f32x4, f32)
  ALL(double, std::int64_t, f64x2, f64)
#undef ALL
  // clang-format on
}

namespace {

// The NaNs among the lanes of r are quiet.
template <class F>
bool nans_are_quiet(V128 r) {
  for (F x : lanes_of<F>(r)) {
    if (std::isnan(x) && !is_quiet_nan(x)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("arithmetic gives quiet NaNs, sign operations keep all bits", "[wasm][semantics][simd]") {
  for (const auto& [a, b] : operand_pairs<float>()) {
    for (V128 r : {f32x4_add(a, b), f32x4_min(a, b), f32x4_max(a, b), f32x4_div(a, b),
                   f32x4_sqrt(a), f32x4_nearest(a)}) {
      CHECK(nans_are_quiet<float>(r));
    }
    CHECK(f32x4_abs(a) == v128_and(a, i32x4_splat(0x7FFF'FFFF)));
    CHECK(f32x4_neg(a) == v128_xor(a, i32x4_splat(0x8000'0000)));
  }
  for (const auto& [a, b] : operand_pairs<double>()) {
    for (V128 r : {f64x2_mul(a, b), f64x2_min(a, b), f64x2_max(a, b), f64x2_ceil(a)}) {
      CHECK(nans_are_quiet<double>(r));
    }
    CHECK(f64x2_abs(a) == v128_and(a, i64x2_splat(0x7FFF'FFFF'FFFF'FFFF)));
    CHECK(f64x2_neg(a) == v128_xor(a, i64x2_splat(0x8000'0000'0000'0000)));
  }
}

TEST_CASE("vector conversions are the scalar ones, unused lanes zero", "[wasm][semantics][simd]") {
  check_unary<float, std::uint32_t>("trunc_sat_s", i32x4_trunc_sat_f32x4_s, i32_trunc_sat_f32_s);
  check_unary<float, std::uint32_t>("trunc_sat_u", i32x4_trunc_sat_f32x4_u, i32_trunc_sat_f32_u);
  check_unary<float, std::uint32_t>("relaxed_s", i32x4_relaxed_trunc_f32x4_s, i32_trunc_sat_f32_s);
  check_unary<float, std::uint32_t>("relaxed_u", i32x4_relaxed_trunc_f32x4_u, i32_trunc_sat_f32_u);
  check_unary<std::uint32_t, float>("convert_s", f32x4_convert_i32x4_s, f32_convert_i32_s);
  check_unary<std::uint32_t, float>("convert_u", f32x4_convert_i32x4_u, f32_convert_i32_u);
  // Two lanes to the low two of four.
#define ZERO(R, fn, scalar)                                      \
  check_whole<double, R>(                                        \
      #fn, [](V128 a, V128) { return fn(a); },                   \
      [](const LaneArray<double>& a, const LaneArray<double>&) { \
        return LaneArray<R>{scalar(a[0]), scalar(a[1]), 0, 0};   \
      });
  ZERO(std::uint32_t, i32x4_trunc_sat_f64x2_s_zero, i32_trunc_sat_f64_s)
  ZERO(std::uint32_t, i32x4_trunc_sat_f64x2_u_zero, i32_trunc_sat_f64_u)
  ZERO(std::uint32_t, i32x4_relaxed_trunc_f64x2_s_zero, i32_trunc_sat_f64_s)
  ZERO(std::uint32_t, i32x4_relaxed_trunc_f64x2_u_zero, i32_trunc_sat_f64_u)
  ZERO(float, f32x4_demote_f64x2_zero, f32_demote_f64)
#undef ZERO
#define LOW(T, fn, scalar)                                    \
  check_whole<T, double>(                                     \
      #fn, [](V128 a, V128) { return fn(a); },                \
      [](const LaneArray<T>& a, const LaneArray<T>&) {        \
        return LaneArray<double>{scalar(a[0]), scalar(a[1])}; \
      });
  LOW(std::uint32_t, f64x2_convert_low_i32x4_s, f64_convert_i32_s)
  LOW(std::uint32_t, f64x2_convert_low_i32x4_u, f64_convert_i32_u)
  LOW(float, f64x2_promote_low_f32x4, f64_promote_f32)
#undef LOW
}

TEST_CASE("relaxed multiply-add rounds twice", "[wasm][semantics][simd]") {
  // (1 + 2^-23)^2 = 1 + 2^-22 + 2^-46: the last term is lost only when the product is rounded.
  const float e = 0x1.000002p0f;
  const V128 a = f32x4_splat(e), c = f32x4_splat(-0x1.000004p0f);
  CHECK(f32x4_relaxed_madd(a, a, c) == f32x4_splat(0.0f));
  CHECK(std::fma(e, e, -0x1.000004p0f) == 0x1p-46f);
  CHECK(f32x4_relaxed_nmadd(a, a, f32x4_neg(c)) == f32x4_splat(0.0f));
  CHECK(f32x4_relaxed_madd(f32x4_splat(2), f32x4_splat(3), f32x4_splat(4)) == f32x4_splat(10));
  CHECK(f64x2_relaxed_nmadd(f64x2_splat(2), f64x2_splat(3), f64x2_splat(4)) == f64x2_splat(-2));
  const double d = 0x1.0000000000001p0;
  CHECK(f64x2_relaxed_madd(f64x2_splat(d), f64x2_splat(d), f64x2_splat(-0x1.0000000000002p0)) ==
        f64x2_splat(0.0));
}
