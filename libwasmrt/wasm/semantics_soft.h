// Square root and rounding without a floating-point unit, for constant evaluation and as the
// oracle of the instructions in tests.
//
// In: any float or double. Out: the correctly rounded result; a NaN comes out quiet.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace wasmrt::sem::soft {

template <class F>
using BitsOf = std::conditional_t<sizeof(F) == 4, std::uint32_t, std::uint64_t>;

template <class F>
inline constexpr int kMantissaBits = sizeof(F) == 4 ? 23 : 52;

template <class F>
constexpr F with_sign_of(F magnitude, F sign) {
  using Bits = BitsOf<F>;
  constexpr Bits kSign = Bits{1} << (sizeof(F) * 8 - 1);
  return std::bit_cast<F>(static_cast<Bits>((std::bit_cast<Bits>(magnitude) & ~kSign) |
                                            (std::bit_cast<Bits>(sign) & kSign)));
}

/// True when the value has no fraction: |a| >= 2^mantissa, infinities and NaNs included.
template <class F>
constexpr bool is_integral(F a) {
  constexpr auto kLimit = static_cast<F>(std::int64_t{1} << kMantissaBits<F>);
  return !(a < kLimit && a > -kLimit);
}

template <class F>
constexpr F quieted(F a) {
  using Bits = BitsOf<F>;
  constexpr Bits kQuiet = Bits{1} << (kMantissaBits<F> - 1);
  return a == a ? a : std::bit_cast<F>(static_cast<Bits>(std::bit_cast<Bits>(a) | kQuiet));
}

template <class F>
constexpr F trunc(F a) {
  if (is_integral(a)) return quieted(a);
  return with_sign_of(static_cast<F>(static_cast<std::int64_t>(a)), a);
}

template <class F>
constexpr F ceil(F a) {
  const F t = trunc(a);
  return t < a ? with_sign_of(t + 1, a) : t;
}

template <class F>
constexpr F floor(F a) {
  const F t = trunc(a);
  return t > a ? with_sign_of(t - 1, a) : t;
}

template <class F>
constexpr F nearest(F a) {
  if (is_integral(a)) return quieted(a);
  const auto down = static_cast<std::int64_t>(floor(a));
  const F fraction = a - static_cast<F>(down);  // exact: both have the same exponent or it is less
  const bool up = fraction > F(0.5) || (fraction == F(0.5) && down % 2 != 0);
  return with_sign_of(static_cast<F>(down + (up ? 1 : 0)), a);
}

template <class F>
constexpr F sqrt(F a) {
  using Bits = BitsOf<F>;
  __extension__ using U128 = unsigned __int128;
  constexpr int kM = kMantissaBits<F>;
  constexpr int kBias = sizeof(F) == 4 ? 127 : 1023;
  if (!(a == a) || a == 0) return quieted(a);
  const auto bits = std::bit_cast<Bits>(a);
  if (bits >> (sizeof(F) * 8 - 1) != 0)
    return std::bit_cast<F>(static_cast<Bits>(
        (sizeof(F) == 4 ? Bits{0x7FC0'0000} : static_cast<Bits>(0x7FF8'0000'0000'0000))));
  int exponent = static_cast<int>(bits >> kM);
  if (exponent == 2 * kBias + 1) return a;  // infinity
  Bits mantissa = bits & ((Bits{1} << kM) - 1);
  if (exponent == 0) {
    exponent = 1;
    while (mantissa >> kM == 0) mantissa = static_cast<Bits>(mantissa << 1), --exponent;
  } else {
    mantissa = static_cast<Bits>(mantissa | Bits{1} << kM);
  }
  // a = mantissa * 2^(exponent - bias - kM); make the power even and take an integer root with
  // two bits more than the result needs.
  int power = exponent - kBias - kM;
  int shift = kM + 4;
  if ((power - shift) % 2 != 0) ++shift;
  const U128 radicand = static_cast<U128>(mantissa) << shift;
  std::uint64_t root = 0;
  for (int bit = 62; bit >= 0; --bit) {
    const std::uint64_t next = root | std::uint64_t{1} << bit;
    if (static_cast<U128>(next) * next <= radicand) root = next;
  }
  const bool inexact = static_cast<U128>(root) * root != radicand;
  power = (power - shift) / 2;
  // Round to kM + 1 bits, to nearest even. The result is never subnormal and never overflows.
  const int excess = 64 - std::countl_zero(root) - (kM + 1);
  const std::uint64_t half = std::uint64_t{1} << (excess - 1);
  const std::uint64_t rest = root & (2 * half - 1);
  std::uint64_t rounded = root >> excess;
  if (rest > half || (rest == half && (inexact || rounded % 2 != 0))) ++rounded;
  // A carry out of the mantissa moves into the exponent by itself.
  const auto biased = static_cast<std::uint64_t>(power + excess + kM + kBias - 1);
  return std::bit_cast<F>(static_cast<Bits>((biased << kM) + rounded));
}

}  // namespace wasmrt::sem::soft
