// Integer vector semantics, lane by lane, against arithmetic in wider integers: all pairs of bytes,
// edge x edge for wider lanes.
#include <algorithm>
#include <bit>
#include <catch2/catch_test_macros.hpp>

#include "libwasmrt/wasm/semantics_simd.h"
#include "tests/wasm/vector_operands.h"

using namespace wasmrt;
using namespace wasmrt::sem;
using namespace wasmrt::test;

namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
__extension__ using S128 = __int128;

// Lanes as mathematical integers; results are reduced modulo 2^N by the check.
#define ORACLE(expression) [](S128 x, S128 y) -> S128 { return static_cast<void>(y), (expression); }

template <class T>
S128 saturated(S128 v) {
  return std::clamp<S128>(v, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}

#define BINARY(T, fn, expression) check_binary<T, T>(#fn, fn, ORACLE(expression))
#define COMPARE(T, fn, op) \
  check_binary<T, std::make_signed_t<T>>(#fn, fn, ORACLE((x op y) ? -1 : 0))

}  // namespace

TEST_CASE("sums, differences, products", "[wasm][semantics][simd]") {
#define ALL(shape, T)            \
  BINARY(T, shape##_add, x + y); \
  BINARY(T, shape##_sub, x - y); \
  check_unary<T>(#shape "_neg", shape##_neg, [](S128 x) { return -x; })
  ALL(i8x16, u8);
  ALL(i16x8, u16);
  ALL(i32x4, u32);
  ALL(i64x2, u64);
#undef ALL
  BINARY(u16, i16x8_mul, x * y);
  BINARY(u32, i32x4_mul, x * y);
  // The product of two u64 exceeds S128; low 64 bits by halves.
  BINARY(u64, i64x2_mul,
         ((x >> 32) * (y & 0xFFFF'FFFF) + (x & 0xFFFF'FFFF) * (y >> 32)) % (S128{1} << 32) *
                 (S128{1} << 32) +
             (x & 0xFFFF'FFFF) * (y & 0xFFFF'FFFF));
}

TEST_CASE("saturation, averages, extremes", "[wasm][semantics][simd]") {
  BINARY(s8, i8x16_add_sat_s, saturated<s8>(x + y));
  BINARY(u8, i8x16_add_sat_u, saturated<u8>(x + y));
  BINARY(s8, i8x16_sub_sat_s, saturated<s8>(x - y));
  BINARY(u8, i8x16_sub_sat_u, saturated<u8>(x - y));
  BINARY(s16, i16x8_add_sat_s, saturated<s16>(x + y));
  BINARY(u16, i16x8_add_sat_u, saturated<u16>(x + y));
  BINARY(s16, i16x8_sub_sat_s, saturated<s16>(x - y));
  BINARY(u16, i16x8_sub_sat_u, saturated<u16>(x - y));
  BINARY(u8, i8x16_avgr_u, (x + y + 1) / 2);
  BINARY(u16, i16x8_avgr_u, (x + y + 1) / 2);
  BINARY(s16, i16x8_q15mulr_sat_s, saturated<s16>((x * y + 0x4000) >> 15));
#define EXTREMES(shape, S, U)              \
  BINARY(S, shape##_min_s, x < y ? x : y); \
  BINARY(S, shape##_max_s, x < y ? y : x); \
  BINARY(U, shape##_min_u, x < y ? x : y); \
  BINARY(U, shape##_max_u, x < y ? y : x); \
  check_unary<S>(#shape "_abs", shape##_abs, [](S128 x) { return x < 0 ? -x : x; })
  EXTREMES(i8x16, s8, u8);
  EXTREMES(i16x8, s16, u16);
  EXTREMES(i32x4, s32, u32);
#undef EXTREMES
  check_unary<s64>("i64x2_abs", i64x2_abs, [](S128 x) { return x < 0 ? -x : x; });
  check_unary<u8>("i8x16_popcnt", i8x16_popcnt, [](u8 x) {
    u8 n = 0;
    for (int i = 0; i < 8; ++i) n = static_cast<u8>(n + (x >> i & 1));
    return n;
  });
}

TEST_CASE("comparisons", "[wasm][semantics][simd]") {
#define SIGNED(shape, S)        \
  COMPARE(S, shape##_eq, ==);   \
  COMPARE(S, shape##_ne, !=);   \
  COMPARE(S, shape##_lt_s, <);  \
  COMPARE(S, shape##_gt_s, >);  \
  COMPARE(S, shape##_le_s, <=); \
  COMPARE(S, shape##_ge_s, >=)
#define UNSIGNED(shape, U)      \
  COMPARE(U, shape##_lt_u, <);  \
  COMPARE(U, shape##_gt_u, >);  \
  COMPARE(U, shape##_le_u, <=); \
  COMPARE(U, shape##_ge_u, >=)
  SIGNED(i8x16, s8);
  SIGNED(i16x8, s16);
  SIGNED(i32x4, s32);
  SIGNED(i64x2, s64);
  UNSIGNED(i8x16, u8);
  UNSIGNED(i16x8, u16);
  UNSIGNED(i32x4, u32);
#undef SIGNED
#undef UNSIGNED
}

TEST_CASE("shifts by every count, also beyond the width", "[wasm][semantics][simd]") {
  for (u32 n = 0; n < 140; ++n) {
    CAPTURE(n);
    // x * 2^n and the floor of x / 2^n.
#define SHIFTS(shape, S, U)                                         \
  check_unary<U>(                                                   \
      #shape "_shl", [n](V128 a) { return shape##_shl(a, n); },     \
      [n](S128 x) { return x << (n % (8 * sizeof(U))); });          \
  check_unary<U>(                                                   \
      #shape "_shr_u", [n](V128 a) { return shape##_shr_u(a, n); }, \
      [n](S128 x) { return x >> (n % (8 * sizeof(U))); });          \
  check_unary<S>(                                                   \
      #shape "_shr_s", [n](V128 a) { return shape##_shr_s(a, n); }, \
      [n](S128 x) { return x >> (n % (8 * sizeof(U))); })
    SHIFTS(i16x8, s16, u16);
    SHIFTS(i32x4, s32, u32);
    SHIFTS(i64x2, s64, u64);
    if (n < 20) {
      SHIFTS(i8x16, s8, u8);
    }
#undef SHIFTS
  }
  const V128 v = V128::from_u64(0x0123'4567'89AB'CDEF, 0xFEDC'BA98'7654'3210);
  CHECK(i8x16_shl(v, 0xFFFF'FFF9) == i8x16_shl(v, 1));
  CHECK(i64x2_shr_s(v, 0xFFFF'FFFF) == V128::from_u64(0, ~u64{0}));
}

TEST_CASE("bitwise", "[wasm][semantics][simd]") {
  BINARY(u8, v128_and, x + y - (static_cast<u8>(x) | static_cast<u8>(y)));
  BINARY(u8, v128_or, x + y - (static_cast<u8>(x) & static_cast<u8>(y)));
  BINARY(u8, v128_xor, x + y - 2 * (static_cast<u8>(x) & static_cast<u8>(y)));
  BINARY(u8, v128_andnot, x - (static_cast<u8>(x) & static_cast<u8>(y)));
  check_unary<u8>("v128_not", v128_not, [](S128 x) { return 255 - x; });
  for (const auto& [a, b] : operand_pairs<u8>()) {
    V128 expected;
    for (std::size_t i = 0; i < 16; ++i) {
      u8 r = 0;
      for (unsigned bit = 0; bit < 8; ++bit) {
        const u8 from = (b.bytes[i] >> bit & 1) != 0 ? a.bytes[i] : static_cast<u8>(~a.bytes[i]);
        r = static_cast<u8>(r | (from & 1u << bit));
      }
      expected.bytes[i] = r;
    }
    REQUIRE(v128_bitselect(a, v128_not(a), b) == expected);
    REQUIRE(i16x8_relaxed_laneselect(a, v128_not(a), b) == expected);
  }
}

TEST_CASE("any, all, masks of bits", "[wasm][semantics][simd]") {
  const V128 zero, ones = V128::from_u64(~u64{0}, ~u64{0});
  CHECK(v128_any_true(zero) == 0);
  CHECK(i8x16_all_true(ones) == 1);
  CHECK(i64x2_bitmask(ones) == 3);
  for (std::size_t bit = 0; bit < 128; ++bit) {
    CAPTURE(bit);
    V128 one;
    one.bytes[bit / 8] = static_cast<u8>(1u << bit % 8);
    CHECK(v128_any_true(one) == 1);
    // All lanes but the one that holds `bit` are 1.
#define MASKS(shape, T)                                                                \
  {                                                                                    \
    constexpr std::size_t kBits = 8 * sizeof(T);                                       \
    LaneArray<T> rest;                                                                 \
    rest.fill(1);                                                                      \
    rest[bit / kBits] = 0;                                                             \
    CHECK(shape##_all_true(vector_of<T>(rest)) == 0);                                  \
    CHECK(shape##_all_true(v128_or(vector_of<T>(rest), one)) == 1);                    \
    CHECK(shape##_bitmask(one) == (bit % kBits == kBits - 1 ? 1u << bit / kBits : 0)); \
  }
    MASKS(i8x16, u8);
    MASKS(i16x8, u16);
    MASKS(i32x4, u32);
    MASKS(i64x2, u64);
#undef MASKS
  }
}
