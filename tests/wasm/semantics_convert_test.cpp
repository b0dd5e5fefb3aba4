// Conversions against integer-only models: a float is taken apart into mantissa and exponent, and
// an integer is rounded by its bits.
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "libwasmrt/wasm/semantics_convert.h"
#include "tests/wasm/edge_values.h"

using namespace wasmrt;
using namespace wasmrt::sem;
using namespace wasmrt::test;

namespace {

__extension__ using S128 = __int128;

enum class Class { Nan, Below, Above, Fits };

struct Truncated {
  Class kind = Class::Fits;
  S128 value = 0;
};

// The truncated value, from the bits of a double (every float is one); |value| < 2^100 or out.
Truncated truncated(double a, S128 least, S128 greatest) {
  const auto bits = std::bit_cast<std::uint64_t>(a);
  const bool negative = bits >> 63 != 0;
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  const auto fraction = static_cast<S128>(bits & ((std::uint64_t{1} << 52) - 1));
  if (exponent == 0x7FF && fraction != 0) return {Class::Nan};
  const int shift = exponent - 1075;
  if (shift > 40) return {negative ? Class::Below : Class::Above};
  const S128 mantissa = fraction | (exponent == 0 ? 0 : S128{1} << 52);
  S128 value = shift >= 0 ? mantissa << shift : shift < -60 ? 0 : mantissa >> -shift;
  if (negative) value = -value;
  if (value < least) return {Class::Below};
  if (value > greatest) return {Class::Above};
  return {Class::Fits, value};
}

template <class I, class F, class Checked, class Saturating>
void check_trunc(Checked checked, Saturating saturating, F a) {
  using U = std::make_unsigned_t<I>;
  constexpr S128 kLeast = std::numeric_limits<I>::min(), kGreatest = std::numeric_limits<I>::max();
  const Truncated t = truncated(a, kLeast, kGreatest);
  INFO(a);
  switch (t.kind) {
    case Class::Nan:
      CHECK(checked(a).trap == TrapKind::InvalidConversionToInteger);
      CHECK(saturating(a) == 0);
      break;
    case Class::Below:
      CHECK(checked(a).trap == TrapKind::IntegerOverflow);
      CHECK(saturating(a) == static_cast<U>(kLeast));
      break;
    case Class::Above:
      CHECK(checked(a).trap == TrapKind::IntegerOverflow);
      CHECK(saturating(a) == static_cast<U>(kGreatest));
      break;
    case Class::Fits:
      CHECK(checked(a).ok());
      CHECK(checked(a).value == static_cast<U>(t.value));
      CHECK(saturating(a) == static_cast<U>(t.value));
      break;
  }
}

void check_f32(float a) {
  check_trunc<std::int32_t>(i32_trunc_f32_s, i32_trunc_sat_f32_s, a);
  check_trunc<std::uint32_t>(i32_trunc_f32_u, i32_trunc_sat_f32_u, a);
  check_trunc<std::int64_t>(i64_trunc_f32_s, i64_trunc_sat_f32_s, a);
  check_trunc<std::uint64_t>(i64_trunc_f32_u, i64_trunc_sat_f32_u, a);
}

void check_f64(double a) {
  check_trunc<std::int32_t>(i32_trunc_f64_s, i32_trunc_sat_f64_s, a);
  check_trunc<std::uint32_t>(i32_trunc_f64_u, i32_trunc_sat_f64_u, a);
  check_trunc<std::int64_t>(i64_trunc_f64_s, i64_trunc_sat_f64_s, a);
  check_trunc<std::uint64_t>(i64_trunc_f64_u, i64_trunc_sat_f64_u, a);
}

// mantissa * 2^power rounded to `digits` bits, to nearest even, as an exact double.
double rounded(std::uint64_t magnitude, int digits) {
  int power = 0;
  const int excess = 64 - std::countl_zero(magnitude) - digits;
  if (excess > 0) {
    const std::uint64_t half = std::uint64_t{1} << (excess - 1);
    const std::uint64_t rest = magnitude & (2 * half - 1);
    magnitude >>= excess;
    if (rest > half || (rest == half && magnitude % 2 == 1)) ++magnitude;
    power = excess;
  }
  // At most 53 bits now, so both steps are exact.
  return std::ldexp(static_cast<double>(static_cast<std::int64_t>(magnitude)), power);
}

double rounded_signed(std::int64_t a, int digits) {
  const auto magnitude = a < 0 ? 0 - static_cast<std::uint64_t>(a) : static_cast<std::uint64_t>(a);
  return a < 0 ? -rounded(magnitude, digits) : rounded(magnitude, digits);
}

void check_integer(std::uint64_t a) {
  INFO(a);
  const auto low = static_cast<std::uint32_t>(a);
  const auto s64 = static_cast<std::int64_t>(a);
  const auto s32 = static_cast<std::int32_t>(low);
  CHECK(f32_convert_i64_u(a) == rounded(a, 24));
  CHECK(f64_convert_i64_u(a) == rounded(a, 53));
  CHECK(f32_convert_i64_s(a) == rounded_signed(s64, 24));
  CHECK(f64_convert_i64_s(a) == rounded_signed(s64, 53));
  CHECK(f32_convert_i32_u(low) == rounded(low, 24));
  CHECK(f64_convert_i32_u(low) == rounded(low, 53));
  CHECK(f32_convert_i32_s(low) == rounded_signed(s32, 24));
  CHECK(f64_convert_i32_s(low) == rounded_signed(s32, 53));
}

}  // namespace

TEST_CASE("truncations, trapping and saturating", "[wasm][semantics]") {
  for (float a : edge_floats<float>()) check_f32(a);
  for (double a : edge_floats<double>()) check_f64(a);
  Random random;
  for (int i = 0; i < 2000; ++i) {
    // Exponents around those of the integer types, where something happens.
    const std::uint64_t r = random.next();
    check_f32(std::ldexp(static_cast<float>(static_cast<std::int32_t>(r)),
                         static_cast<int>(r >> 40 & 63) - 30));
    check_f64(std::ldexp(static_cast<double>(static_cast<std::int64_t>(r)),
                         static_cast<int>(r >> 1 & 127) - 125));
  }
}

TEST_CASE("integers to floats round to nearest even", "[wasm][semantics]") {
  for (std::uint64_t a : edge_integers<std::uint64_t>()) check_integer(a);
  // Ties and their neighbours for both mantissas.
  for (int digits : {24, 53}) {
    for (int top = digits; top < 64; ++top) {
      const std::uint64_t tie = std::uint64_t{1} << top | std::uint64_t{1} << (top - digits);
      for (std::uint64_t odd : {std::uint64_t{0}, std::uint64_t{1} << (top - digits + 1)}) {
        for (std::uint64_t a : {tie + odd - 1, tie + odd, tie + odd + 1}) check_integer(a);
      }
    }
  }
  Random random;
  for (int i = 0; i < 2000; ++i) check_integer(random.next() >> (random.next() % 64));
}

TEST_CASE("between float widths", "[wasm][semantics]") {
  CHECK(f32_demote_f64(0x1.000001p0) == 1.0f);  // tie to even
  CHECK(f32_demote_f64(0x1.0000010000001p0) == 0x1.000002p0f);
  CHECK(f32_demote_f64(0x1.fffffefffffffp127) == 0x1.fffffep127f);
  CHECK(f32_demote_f64(0x1.ffffffp127) == INFINITY);
  CHECK(f32_demote_f64(0x1p-149) == 0x1p-149f);
  CHECK(f32_demote_f64(0x1p-150) == 0.0f);
  for (float a : edge_floats<float>()) {
    CHECK(same_float(f32_demote_f64(f64_promote_f32(a)), a));
    if (std::isnan(a)) CHECK(is_quiet_nan(f64_promote_f32(a)));
  }
  for (double a : edge_floats<double>()) {
    if (std::isnan(a)) CHECK(is_quiet_nan(f32_demote_f64(a)));
    CHECK(i64_reinterpret_f64(a) == std::bit_cast<std::uint64_t>(a));
  }
  CHECK(i32_reinterpret_f32(f32_reinterpret_i32(0x7F80'0001)) == 0x7F80'0001);
}

static_assert(i32_trunc_f64_s(-2147483648.9).value == 0x8000'0000);
static_assert(i32_trunc_f64_s(-2147483649.0).trap == TrapKind::IntegerOverflow);
static_assert(i32_trunc_f32_u(-0.99f) == Checked<std::uint32_t>(0u));
static_assert(i64_trunc_sat_f64_u(1.8446744073709552e19) == ~0ull);
static_assert(i64_trunc_sat_f32_s(-1e30f) == 0x8000'0000'0000'0000);
