// Integer instructions: i32.*, i64.* and wide arithmetic (spec 3.0, §4.3.2).
//
// In: operands as unsigned integers, in stack order. Out: the result, or a Checked one where the
// instruction can trap. Defined for every input; signedness is in the name, never in the type.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "libwasmrt/wasm/semantics_types.h"

namespace wasmrt::sem {

// Comparisons give 0 or 1.

constexpr std::uint32_t i32_eqz(std::uint32_t a) { return a == 0; }
constexpr std::uint32_t i64_eqz(std::uint64_t a) { return a == 0; }

constexpr std::uint32_t i32_eq(std::uint32_t a, std::uint32_t b) { return a == b; }
constexpr std::uint32_t i32_ne(std::uint32_t a, std::uint32_t b) { return a != b; }
constexpr std::uint32_t i32_lt_s(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b);
}
constexpr std::uint32_t i32_lt_u(std::uint32_t a, std::uint32_t b) { return a < b; }
constexpr std::uint32_t i32_gt_s(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a) > static_cast<std::int32_t>(b);
}
constexpr std::uint32_t i32_gt_u(std::uint32_t a, std::uint32_t b) { return a > b; }
constexpr std::uint32_t i32_le_s(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a) <= static_cast<std::int32_t>(b);
}
constexpr std::uint32_t i32_le_u(std::uint32_t a, std::uint32_t b) { return a <= b; }
constexpr std::uint32_t i32_ge_s(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a) >= static_cast<std::int32_t>(b);
}
constexpr std::uint32_t i32_ge_u(std::uint32_t a, std::uint32_t b) { return a >= b; }

constexpr std::uint32_t i64_eq(std::uint64_t a, std::uint64_t b) { return a == b; }
constexpr std::uint32_t i64_ne(std::uint64_t a, std::uint64_t b) { return a != b; }
constexpr std::uint32_t i64_lt_s(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
}
constexpr std::uint32_t i64_lt_u(std::uint64_t a, std::uint64_t b) { return a < b; }
constexpr std::uint32_t i64_gt_s(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a) > static_cast<std::int64_t>(b);
}
constexpr std::uint32_t i64_gt_u(std::uint64_t a, std::uint64_t b) { return a > b; }
constexpr std::uint32_t i64_le_s(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a) <= static_cast<std::int64_t>(b);
}
constexpr std::uint32_t i64_le_u(std::uint64_t a, std::uint64_t b) { return a <= b; }
constexpr std::uint32_t i64_ge_s(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a) >= static_cast<std::int64_t>(b);
}
constexpr std::uint32_t i64_ge_u(std::uint64_t a, std::uint64_t b) { return a >= b; }

// Bit counts. clz and ctz of 0 are the width.

constexpr std::uint32_t i32_clz(std::uint32_t a) {
  return static_cast<std::uint32_t>(std::countl_zero(a));
}
constexpr std::uint32_t i32_ctz(std::uint32_t a) {
  return static_cast<std::uint32_t>(std::countr_zero(a));
}
constexpr std::uint32_t i32_popcnt(std::uint32_t a) {
  return static_cast<std::uint32_t>(std::popcount(a));
}

constexpr std::uint64_t i64_clz(std::uint64_t a) {
  return static_cast<std::uint64_t>(std::countl_zero(a));
}
constexpr std::uint64_t i64_ctz(std::uint64_t a) {
  return static_cast<std::uint64_t>(std::countr_zero(a));
}
constexpr std::uint64_t i64_popcnt(std::uint64_t a) {
  return static_cast<std::uint64_t>(std::popcount(a));
}

// Arithmetic modulo 2^N. Shift and rotate counts are modulo N.

constexpr std::uint32_t i32_add(std::uint32_t a, std::uint32_t b) { return a + b; }
constexpr std::uint32_t i32_sub(std::uint32_t a, std::uint32_t b) { return a - b; }
constexpr std::uint32_t i32_mul(std::uint32_t a, std::uint32_t b) { return a * b; }
constexpr std::uint32_t i32_and(std::uint32_t a, std::uint32_t b) { return a & b; }
constexpr std::uint32_t i32_or(std::uint32_t a, std::uint32_t b) { return a | b; }
constexpr std::uint32_t i32_xor(std::uint32_t a, std::uint32_t b) { return a ^ b; }
constexpr std::uint32_t i32_shl(std::uint32_t a, std::uint32_t b) { return a << (b & 31); }
constexpr std::uint32_t i32_shr_s(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(a) >> (b & 31));
}
constexpr std::uint32_t i32_shr_u(std::uint32_t a, std::uint32_t b) { return a >> (b & 31); }
constexpr std::uint32_t i32_rotl(std::uint32_t a, std::uint32_t b) {
  return std::rotl(a, static_cast<int>(b & 31));
}
constexpr std::uint32_t i32_rotr(std::uint32_t a, std::uint32_t b) {
  return std::rotr(a, static_cast<int>(b & 31));
}

constexpr std::uint64_t i64_add(std::uint64_t a, std::uint64_t b) { return a + b; }
constexpr std::uint64_t i64_sub(std::uint64_t a, std::uint64_t b) { return a - b; }
constexpr std::uint64_t i64_mul(std::uint64_t a, std::uint64_t b) { return a * b; }
constexpr std::uint64_t i64_and(std::uint64_t a, std::uint64_t b) { return a & b; }
constexpr std::uint64_t i64_or(std::uint64_t a, std::uint64_t b) { return a | b; }
constexpr std::uint64_t i64_xor(std::uint64_t a, std::uint64_t b) { return a ^ b; }
constexpr std::uint64_t i64_shl(std::uint64_t a, std::uint64_t b) { return a << (b & 63); }
constexpr std::uint64_t i64_shr_s(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(a) >> (b & 63));
}
constexpr std::uint64_t i64_shr_u(std::uint64_t a, std::uint64_t b) { return a >> (b & 63); }
constexpr std::uint64_t i64_rotl(std::uint64_t a, std::uint64_t b) {
  return std::rotl(a, static_cast<int>(b & 63));
}
constexpr std::uint64_t i64_rotr(std::uint64_t a, std::uint64_t b) {
  return std::rotr(a, static_cast<int>(b & 63));
}

// Division. Dividing the least integer by -1 overflows; its remainder is 0.

constexpr Checked<std::uint32_t> i32_div_s(std::uint32_t a, std::uint32_t b) {
  if (b == 0) [[unlikely]]
    return TrapKind::IntegerDivideByZero;
  const auto x = static_cast<std::int32_t>(a), y = static_cast<std::int32_t>(b);
  if (y == -1 && x == std::numeric_limits<std::int32_t>::min()) [[unlikely]]
    return TrapKind::IntegerOverflow;
  return static_cast<std::uint32_t>(x / y);
}
constexpr Checked<std::uint32_t> i32_div_u(std::uint32_t a, std::uint32_t b) {
  if (b == 0) [[unlikely]]
    return TrapKind::IntegerDivideByZero;
  return a / b;
}
constexpr Checked<std::uint32_t> i32_rem_s(std::uint32_t a, std::uint32_t b) {
  if (b == 0) [[unlikely]]
    return TrapKind::IntegerDivideByZero;
  if (b == ~std::uint32_t{0}) [[unlikely]]
    return std::uint32_t{0};
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(a) % static_cast<std::int32_t>(b));
}
constexpr Checked<std::uint32_t> i32_rem_u(std::uint32_t a, std::uint32_t b) {
  if (b == 0) [[unlikely]]
    return TrapKind::IntegerDivideByZero;
  return a % b;
}

constexpr Checked<std::uint64_t> i64_div_s(std::uint64_t a, std::uint64_t b) {
  if (b == 0) [[unlikely]]
    return TrapKind::IntegerDivideByZero;
  const auto x = static_cast<std::int64_t>(a), y = static_cast<std::int64_t>(b);
  if (y == -1 && x == std::numeric_limits<std::int64_t>::min()) [[unlikely]]
    return TrapKind::IntegerOverflow;
  return static_cast<std::uint64_t>(x / y);
}
constexpr Checked<std::uint64_t> i64_div_u(std::uint64_t a, std::uint64_t b) {
  if (b == 0) [[unlikely]]
    return TrapKind::IntegerDivideByZero;
  return a / b;
}
constexpr Checked<std::uint64_t> i64_rem_s(std::uint64_t a, std::uint64_t b) {
  if (b == 0) [[unlikely]]
    return TrapKind::IntegerDivideByZero;
  if (b == ~std::uint64_t{0}) [[unlikely]]
    return std::uint64_t{0};
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(a) % static_cast<std::int64_t>(b));
}
constexpr Checked<std::uint64_t> i64_rem_u(std::uint64_t a, std::uint64_t b) {
  if (b == 0) [[unlikely]]
    return TrapKind::IntegerDivideByZero;
  return a % b;
}

// Sign extension from the low bits, and width changes.

constexpr std::uint32_t i32_extend8_s(std::uint32_t a) {
  return static_cast<std::uint32_t>(static_cast<std::int8_t>(a));
}
constexpr std::uint32_t i32_extend16_s(std::uint32_t a) {
  return static_cast<std::uint32_t>(static_cast<std::int16_t>(a));
}
constexpr std::uint64_t i64_extend8_s(std::uint64_t a) {
  return static_cast<std::uint64_t>(static_cast<std::int8_t>(a));
}
constexpr std::uint64_t i64_extend16_s(std::uint64_t a) {
  return static_cast<std::uint64_t>(static_cast<std::int16_t>(a));
}
constexpr std::uint64_t i64_extend32_s(std::uint64_t a) {
  return static_cast<std::uint64_t>(static_cast<std::int32_t>(a));
}
constexpr std::uint32_t i32_wrap_i64(std::uint64_t a) { return static_cast<std::uint32_t>(a); }
constexpr std::uint64_t i64_extend_i32_s(std::uint32_t a) {
  return static_cast<std::uint64_t>(static_cast<std::int32_t>(a));
}
constexpr std::uint64_t i64_extend_i32_u(std::uint32_t a) { return a; }

// Wide arithmetic: 128-bit integers as (low, high) pairs of i64.

constexpr Wide i64_add128(std::uint64_t a_low, std::uint64_t a_high, std::uint64_t b_low,
                          std::uint64_t b_high) {
  const std::uint64_t low = a_low + b_low;
  return {low, a_high + b_high + (low < a_low ? 1u : 0u)};
}
constexpr Wide i64_sub128(std::uint64_t a_low, std::uint64_t a_high, std::uint64_t b_low,
                          std::uint64_t b_high) {
  return {a_low - b_low, a_high - b_high - (a_low < b_low ? 1u : 0u)};
}
constexpr Wide i64_mul_wide_u(std::uint64_t a, std::uint64_t b) {
  __extension__ using U128 = unsigned __int128;
  const U128 product = static_cast<U128>(a) * b;
  return {static_cast<std::uint64_t>(product), static_cast<std::uint64_t>(product >> 64)};
}
constexpr Wide i64_mul_wide_s(std::uint64_t a, std::uint64_t b) {
  __extension__ using S128 = __int128;
  const S128 product =
      static_cast<S128>(static_cast<std::int64_t>(a)) * static_cast<std::int64_t>(b);
  return {static_cast<std::uint64_t>(product), static_cast<std::uint64_t>(product >> 64)};
}

}  // namespace wasmrt::sem
