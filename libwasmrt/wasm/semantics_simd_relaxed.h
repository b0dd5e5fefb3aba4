// Relaxed vector instructions: the choice of the specification's deterministic profile.
//
// In: V128 operands in stack order. Out: the same result on every machine, which makes the
// interpreter a judge. What the specification lets an engine do instead, where that is one
// instruction of the host:
//   swizzle          index 16..127 taken modulo 16 (pshufb)
//   trunc            out of range and NaN give 0x80000000 (cvttps2dq); unsigned 0xFFFFFFFF
//   madd, nmadd      fused, one rounding (FMA3, fmla)
//   laneselect       the top bit of each lane, or of each byte, selects (blendv)
//   min, max         an operand where one is NaN or both are zeros (minps)
//   q15mulr          0x8000 * 0x8000 gives 0x8000 (pmulhrsw)
//   dot              the second operand taken as unsigned, pairs saturated (pmaddubsw)
#pragma once

#include "libwasmrt/wasm/semantics_simd_float.h"
#include "libwasmrt/wasm/semantics_simd_int.h"
#include "libwasmrt/wasm/semantics_simd_lane.h"

namespace wasmrt::sem {

constexpr V128 i8x16_relaxed_swizzle(V128 a, V128 b) { return i8x16_swizzle(a, b); }

constexpr V128 i32x4_relaxed_trunc_f32x4_s(V128 a) { return i32x4_trunc_sat_f32x4_s(a); }
constexpr V128 i32x4_relaxed_trunc_f32x4_u(V128 a) { return i32x4_trunc_sat_f32x4_u(a); }
constexpr V128 i32x4_relaxed_trunc_f64x2_s_zero(V128 a) { return i32x4_trunc_sat_f64x2_s_zero(a); }
constexpr V128 i32x4_relaxed_trunc_f64x2_u_zero(V128 a) { return i32x4_trunc_sat_f64x2_u_zero(a); }

constexpr V128 f32x4_relaxed_madd(V128 a, V128 b, V128 c) { return f32x4_add(f32x4_mul(a, b), c); }
constexpr V128 f32x4_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return f32x4_add(f32x4_neg(f32x4_mul(a, b)), c);
}
constexpr V128 f64x2_relaxed_madd(V128 a, V128 b, V128 c) { return f64x2_add(f64x2_mul(a, b), c); }
constexpr V128 f64x2_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return f64x2_add(f64x2_neg(f64x2_mul(a, b)), c);
}

constexpr V128 i8x16_relaxed_laneselect(V128 a, V128 b, V128 c) { return v128_bitselect(a, b, c); }
constexpr V128 i16x8_relaxed_laneselect(V128 a, V128 b, V128 c) { return v128_bitselect(a, b, c); }
constexpr V128 i32x4_relaxed_laneselect(V128 a, V128 b, V128 c) { return v128_bitselect(a, b, c); }
constexpr V128 i64x2_relaxed_laneselect(V128 a, V128 b, V128 c) { return v128_bitselect(a, b, c); }

constexpr V128 f32x4_relaxed_min(V128 a, V128 b) { return f32x4_min(a, b); }
constexpr V128 f32x4_relaxed_max(V128 a, V128 b) { return f32x4_max(a, b); }
constexpr V128 f64x2_relaxed_min(V128 a, V128 b) { return f64x2_min(a, b); }
constexpr V128 f64x2_relaxed_max(V128 a, V128 b) { return f64x2_max(a, b); }

constexpr V128 i16x8_relaxed_q15mulr_s(V128 a, V128 b) { return i16x8_q15mulr_sat_s(a, b); }

constexpr V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) {
  using lanes::s16;
  using lanes::u16;
  return lanes::map<s16>(
      [](auto x, auto y) {
        using simd_detail::even_lanes_s;
        using simd_detail::odd_lanes_s;
        const auto even = lanes::multiply(lanes::as<u16>(even_lanes_s<s16>(x)),
                                          lanes::as<u16>(even_lanes_s<s16>(y)));
        const auto odd = lanes::multiply(lanes::as<u16>(odd_lanes_s<s16>(x)),
                                         lanes::as<u16>(odd_lanes_s<s16>(y)));
        return even + odd;
      },
      a, b);
}
constexpr V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) {
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c);
}

}  // namespace wasmrt::sem
