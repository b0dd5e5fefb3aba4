// Vector semantics across lanes: splat, extract, replace, shuffles, narrowing, widening, pairwise
// sums and dot products, against loops over arrays in wider integers.
#include <algorithm>
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

// Half of a, widened by conversion of each lane.
template <class R, class T, bool kHigh>
LaneArray<R> widened(const LaneArray<T>& a) {
  LaneArray<R> r = {};
  for (std::size_t i = 0; i < r.size(); ++i) r[i] = static_cast<R>(a[i + (kHigh ? r.size() : 0)]);
  return r;
}

template <class R, class T>
LaneArray<R> narrowed(const LaneArray<T>& a, const LaneArray<T>& b) {
  LaneArray<R> r = {};
  for (std::size_t i = 0; i < r.size(); ++i) {
    const s64 v = i < a.size() ? a[i] : b[i - a.size()];
    r[i] = static_cast<R>(
        std::clamp<s64>(v, std::numeric_limits<R>::min(), std::numeric_limits<R>::max()));
  }
  return r;
}

template <class R, class T>
LaneArray<R> pair_sums(const LaneArray<T>& a) {
  LaneArray<R> r = {};
  for (std::size_t i = 0; i < r.size(); ++i) {
    r[i] = static_cast<R>(s64{a[2 * i]} + s64{a[2 * i + 1]});
  }
  return r;
}

// Sums of products of neighbours, modulo 2^N of R.
template <class R, class T>
LaneArray<R> dot(const LaneArray<T>& a, const LaneArray<T>& b) {
  LaneArray<R> r = {};
  for (std::size_t i = 0; i < r.size(); ++i) {
    r[i] = static_cast<R>(s64{a[2 * i]} * b[2 * i] + s64{a[2 * i + 1]} * b[2 * i + 1]);
  }
  return r;
}

}  // namespace

TEST_CASE("splat, extract and replace in every lane", "[wasm][semantics][simd]") {
  const V128 v = V128::from_u64(0x8877'6655'4433'2211, 0x00FF'EEDD'CCBB'AA99);
  const auto each = [&]<class T>(T, std::size_t lanes, auto splat, auto replace, auto extract) {
    for (u64 value : edge_integers<u64>()) {
      const T x = static_cast<T>(value);
      LaneArray<T> all;
      all.fill(x);
      CHECK(splat(x) == vector_of<T>(all));
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        auto expected = lanes_of<T>(v);
        expected[lane] = x;
        const V128 r = replace(v, x, static_cast<u8>(lane));
        CHECK(r == vector_of<T>(expected));
        CHECK(extract(r, static_cast<u8>(lane)) == x);
      }
    }
  };
  each(u8{}, 16, i8x16_splat, i8x16_replace_lane, i8x16_extract_lane_u);
  each(u16{}, 8, i16x8_splat, i16x8_replace_lane, i16x8_extract_lane_u);
  each(u32{}, 4, i32x4_splat, i32x4_replace_lane, i32x4_extract_lane);
  each(u64{}, 2, i64x2_splat, i64x2_replace_lane, i64x2_extract_lane);
  CHECK(i8x16_extract_lane_s(v, 7) == static_cast<u32>(-0x78));
  CHECK(i8x16_extract_lane_s(v, 6) == 0x77);
  CHECK(i16x8_extract_lane_s(v, 3) == static_cast<u32>(-0x7789));
  CHECK(i8x16_splat(0x1FF) == i8x16_splat(0xFF));
}

TEST_CASE("float lanes keep the bits of a signalling NaN", "[wasm][semantics][simd]") {
  const float snan = std::bit_cast<float>(u32{0x7F80'0001});
  const double snan64 = std::bit_cast<double>(u64{0xFFF0'0000'0000'0001});
  const V128 zero;
  for (u8 lane = 0; lane < 4; ++lane) {
    CHECK(lanes_of<u32>(f32x4_splat(snan))[lane] == 0x7F80'0001);
    const V128 r = f32x4_replace_lane(zero, snan, lane);
    CHECK(lanes_of<u32>(r)[lane] == 0x7F80'0001);
    CHECK(std::bit_cast<u32>(f32x4_extract_lane(r, lane)) == 0x7F80'0001);
    CHECK(i32x4_bitmask(i32x4_ne(r, zero)) == 1u << lane);
  }
  CHECK(lanes_of<u64>(f64x2_splat(snan64))[1] == 0xFFF0'0000'0000'0001);
  const V128 r = f64x2_replace_lane(zero, snan64, 1);
  CHECK(r == V128::from_u64(0, 0xFFF0'0000'0000'0001));
  CHECK(std::bit_cast<u64>(f64x2_extract_lane(r, 1)) == 0xFFF0'0000'0000'0001);
}

TEST_CASE("swizzle and shuffle with every index", "[wasm][semantics][simd]") {
  V128 a, b;
  for (u8 i = 0; i < 16; ++i) {
    a.bytes[i] = static_cast<u8>(0xA0 + i);
    b.bytes[i] = static_cast<u8>(0xB0 + i);
  }
  for (unsigned first = 0; first < 256; ++first) {
    V128 index, lanes;
    for (unsigned i = 0; i < 16; ++i) {
      index.bytes[i] = static_cast<u8>(first + 7 * i);
      lanes.bytes[i] = static_cast<u8>((first + 7 * i) % 32);
    }
    const V128 swizzled = i8x16_swizzle(a, index), shuffled = i8x16_shuffle(a, b, lanes);
    for (unsigned i = 0; i < 16; ++i) {
      CHECK(swizzled.bytes[i] == (index.bytes[i] < 16 ? 0xA0 + index.bytes[i] : 0));
      CHECK(shuffled.bytes[i] ==
            (lanes.bytes[i] < 16 ? 0xA0 + lanes.bytes[i] : 0xB0 + lanes.bytes[i] - 16));
    }
    CHECK(i8x16_relaxed_swizzle(a, index) == swizzled);
  }
}

TEST_CASE("narrowing saturates", "[wasm][semantics][simd]") {
  check_whole<s16, s8>("i8x16_narrow_i16x8_s", i8x16_narrow_i16x8_s, narrowed<s8, s16>);
  check_whole<s16, u8>("i8x16_narrow_i16x8_u", i8x16_narrow_i16x8_u, narrowed<u8, s16>);
  check_whole<s32, s16>("i16x8_narrow_i32x4_s", i16x8_narrow_i32x4_s, narrowed<s16, s32>);
  check_whole<s32, u16>("i16x8_narrow_i32x4_u", i16x8_narrow_i32x4_u, narrowed<u16, s32>);
}

TEST_CASE("widening and extended products", "[wasm][semantics][simd]") {
#define HALF(R, T, kHigh, extend, extmul)                                                  \
  check_whole<T, R>(                                                                       \
      #extend, [](V128 a, V128) { return extend(a); },                                     \
      [](const LaneArray<T>& a, const LaneArray<T>&) { return widened<R, T, kHigh>(a); }); \
  check_whole<T, R>(#extmul, extmul, [](const LaneArray<T>& a, const LaneArray<T>& b) {    \
    auto x = widened<R, T, kHigh>(a);                                                      \
    const auto y = widened<R, T, kHigh>(b);                                                \
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<R>(x[i] * y[i]);         \
    return x;                                                                              \
  });
#define ALL(R, T, sign, to, from)                                                     \
  HALF(R, T, false, to##_extend_low_##from##_##sign, to##_extmul_low_##from##_##sign) \
  HALF(R, T, true, to##_extend_high_##from##_##sign, to##_extmul_high_##from##_##sign)
  ALL(s16, s8, s, i16x8, i8x16)
  ALL(u16, u8, u, i16x8, i8x16)
  ALL(s32, s16, s, i32x4, i16x8)
  ALL(u32, u16, u, i32x4, i16x8)
  ALL(s64, s32, s, i64x2, i32x4)
  ALL(u64, u32, u, i64x2, i32x4)
#undef ALL
#undef HALF
}

TEST_CASE("pairwise sums and dot products", "[wasm][semantics][simd]") {
#define SUMS(R, T, fn)                         \
  check_whole<T, R>(                           \
      #fn, [](V128 a, V128) { return fn(a); }, \
      [](const LaneArray<T>& a, const LaneArray<T>&) { return pair_sums<R, T>(a); });
  SUMS(s16, s8, i16x8_extadd_pairwise_i8x16_s)
  SUMS(u16, u8, i16x8_extadd_pairwise_i8x16_u)
  SUMS(s32, s16, i32x4_extadd_pairwise_i16x8_s)
  SUMS(u32, u16, i32x4_extadd_pairwise_i16x8_u)
#undef SUMS
  check_whole<s16, s32>("i32x4_dot_i16x8_s", i32x4_dot_i16x8_s, dot<s32, s16>);
  check_whole<s8, s16>("i16x8_relaxed_dot", i16x8_relaxed_dot_i8x16_i7x16_s, dot<s16, s8>);
  const V128 least = i16x8_splat(0x8000);
  CHECK(i32x4_dot_i16x8_s(least, least) == i32x4_splat(0x8000'0000));
  const V128 addend = i32x4_splat(0x7FFF'FFFF);
  check_whole<s8, u32>(
      "i32x4_relaxed_dot_add",
      [&](V128 a, V128 b) { return i32x4_relaxed_dot_i8x16_i7x16_add_s(a, b, addend); },
      [](const LaneArray<s8>& a, const LaneArray<s8>& b) {
        const auto sums = pair_sums<s32, s16>(dot<s16, s8>(a, b));
        LaneArray<u32> r;
        for (std::size_t i = 0; i < 4; ++i) r[i] = static_cast<u32>(sums[i]) + 0x7FFF'FFFFu;
        return r;
      });
}
