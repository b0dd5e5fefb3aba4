// Float semantics: rounding against integer-only code, single-precision arithmetic against double
// (its results round to the same float), min/max against their definition, NaN bits.
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "libwasmrt/wasm/semantics_float.h"
#include "tests/wasm/edge_values.h"

using namespace wasmrt::sem;
using namespace wasmrt::test;

namespace {

// clang-format off
struct F32 {
  using F = float;
  using U = std::uint32_t;
#define M(name) static constexpr auto name = f32_##name;
  M(add) M(sub) M(mul) M(div) M(min) M(max) M(copysign) M(abs) M(neg) M(ceil) M(floor) M(trunc)
  M(nearest) M(sqrt) M(eq) M(ne) M(lt) M(gt) M(le) M(ge)
#undef M
};
struct F64 {
  using F = double;
  using U = std::uint64_t;
#define M(name) static constexpr auto name = f64_##name;
  M(add) M(sub) M(mul) M(div) M(min) M(max) M(copysign) M(abs) M(neg) M(ceil) M(floor) M(trunc)
  M(nearest) M(sqrt) M(eq) M(ne) M(lt) M(gt) M(le) M(ge)
#undef M
};
// clang-format on

template <class T>
typename T::U bits(typename T::F a) {
  return std::bit_cast<typename T::U>(a);
}

template <class T>
constexpr typename T::U kSign = typename T::U{1} << (sizeof(typename T::U) * 8 - 1);

// Order of the bits as integers, which is the order of the values; -0 just below +0.
template <class T>
std::int64_t rank(typename T::F a) {
  const auto magnitude = static_cast<std::int64_t>(bits<T>(a) & ~kSign<T>);
  return (bits<T>(a) & kSign<T>) != 0 ? -1 - magnitude : magnitude;
}

template <class T>
void check_pair(typename T::F a, typename T::F b) {
  if (std::isnan(a) || std::isnan(b)) {
    CHECK(is_quiet_nan(T::min(a, b)));
    CHECK(is_quiet_nan(T::max(a, b)));
    CHECK(is_quiet_nan(T::add(a, b)));
    CHECK(is_quiet_nan(T::mul(a, b)));
    CHECK(is_quiet_nan(T::sub(a, b)));
    CHECK(is_quiet_nan(T::div(a, b)));
    CHECK((T::ne(a, b) == 1 &&
           T::eq(a, b) + T::lt(a, b) + T::gt(a, b) + T::le(a, b) + T::ge(a, b) == 0));
  } else {
    const bool less = rank<T>(a) < rank<T>(b);
    CHECK(bits<T>(T::min(a, b)) == bits<T>(less ? a : b));
    CHECK(bits<T>(T::max(a, b)) == bits<T>(less ? b : a));
    const bool zeros = (bits<T>(a) & ~kSign<T>) == 0 && (bits<T>(b) & ~kSign<T>) == 0;
    CHECK(T::lt(a, b) == (less && !zeros));
    CHECK(T::ge(a, b) == (!less || zeros));
    CHECK(T::gt(a, b) == (rank<T>(a) > rank<T>(b) && !zeros));
    CHECK(T::le(a, b) == (rank<T>(a) <= rank<T>(b) || zeros));
    CHECK(T::eq(a, b) == (rank<T>(a) == rank<T>(b) || zeros));
    CHECK(T::ne(a, b) == !(rank<T>(a) == rank<T>(b) || zeros));
  }
  CHECK(bits<T>(T::copysign(a, b)) == ((bits<T>(a) & ~kSign<T>) | (bits<T>(b) & kSign<T>)));
}

template <class T>
void check_one(typename T::F a) {
  CHECK(same_float(T::ceil(a), soft::ceil(a)));
  CHECK(same_float(T::floor(a), soft::floor(a)));
  CHECK(same_float(T::trunc(a), soft::trunc(a)));
  CHECK(same_float(T::nearest(a), soft::nearest(a)));
  CHECK(same_float(T::sqrt(a), soft::sqrt(a)));
  if (std::isnan(a)) {
    for (auto r : {T::ceil(a), T::floor(a), T::trunc(a), T::nearest(a), T::sqrt(a)})
      CHECK(is_quiet_nan(r));
  }
  CHECK(bits<T>(T::abs(a)) == (bits<T>(a) & ~kSign<T>));
  CHECK(bits<T>(T::neg(a)) == (bits<T>(a) ^ kSign<T>));
}

template <class T>
void check_all() {
  const auto edges = edge_floats<typename T::F>();
  for (auto a : edges) {
    check_one<T>(a);
    for (auto b : edges) check_pair<T>(a, b);
  }
  Random random;
  for (int i = 0; i < 2000; ++i)
    check_one<T>(std::bit_cast<typename T::F>(static_cast<typename T::U>(random.next())));
}

}  // namespace

TEST_CASE("f32 on edge x edge operands", "[wasm][semantics]") { check_all<F32>(); }
TEST_CASE("f64 on edge x edge operands", "[wasm][semantics]") { check_all<F64>(); }

TEST_CASE("f32 arithmetic is rounded once", "[wasm][semantics]") {
  // A double has more than twice the bits of a float: rounding its result again changes nothing.
  const auto edges = edge_floats<float>();
  for (float a : edges) {
    for (float b : edges) {
      const double x = a, y = b;
      CHECK(same_float(f32_add(a, b), static_cast<float>(x + y)));
      CHECK(same_float(f32_sub(a, b), static_cast<float>(x - y)));
      CHECK(same_float(f32_mul(a, b), static_cast<float>(x * y)));
      CHECK(same_float(f32_div(a, b), static_cast<float>(x / y)));
    }
  }
}

TEST_CASE("f64 arithmetic: known results", "[wasm][semantics]") {
  CHECK(f64_add(0.1, 0.2) == 0.30000000000000004);
  CHECK(f64_sub(1.0, 0.9) == 0.09999999999999998);
  CHECK(f64_mul(0.1, 3.0) == 0.30000000000000004);
  CHECK(f64_div(1.0, 3.0) == 0x1.5555555555555p-2);
  CHECK(f64_add(0x1p53, 1.0) == 0x1p53);
  CHECK(f64_add(0x1p53, 3.0) == 0x1.0000000000002p53);
  CHECK(f64_mul(0x1p-1074, 0.5) == 0.0);
  CHECK(f64_mul(0x1.0000000000001p-1022, 0.5) == 0x1p-1023);
  CHECK(is_quiet_nan(f64_sub(INFINITY, INFINITY)));
  CHECK(is_quiet_nan(f64_div(0.0, 0.0)));
}

TEST_CASE("integer-only rounding and square root: known results", "[wasm][semantics]") {
  STATIC_REQUIRE(f32_nearest(2.5f) == 2.0f);
  STATIC_REQUIRE(f32_nearest(-3.5f) == -4.0f);
  STATIC_REQUIRE(f64_nearest(0x1.fffffffffffffp-2) == 0.0);
  STATIC_REQUIRE(f64_ceil(-0.75) == 0.0);
  STATIC_REQUIRE(std::bit_cast<std::uint64_t>(f64_ceil(-0.75)) >> 63 == 1);
  STATIC_REQUIRE(f64_floor(-0.25) == -1.0);
  STATIC_REQUIRE(f64_trunc(-1e300) == -1e300);
  STATIC_REQUIRE(f64_sqrt(2.0) == 0x1.6a09e667f3bcdp0);
  STATIC_REQUIRE(f32_sqrt(3.0f) == 0x1.bb67aep0f);
  STATIC_REQUIRE(f64_sqrt(0x1p-1074) == 0x1p-537);
  STATIC_REQUIRE(std::bit_cast<std::uint32_t>(f32_min(0.0f, -0.0f)) == 0x8000'0000);
  STATIC_REQUIRE(std::bit_cast<std::uint32_t>(f32_max(-0.0f, 0.0f)) == 0);
}
