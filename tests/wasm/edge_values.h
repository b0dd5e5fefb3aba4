// Operands at which arithmetic goes wrong, for edge x edge tests, and a seeded stream of others.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace wasmrt::test {

/// 0, the signs' and widths' borders, powers of two and their neighbours.
template <class U>
std::vector<U> edge_integers() {
  std::vector<U> v = {0, 1, 2, 3, 5, 7, 10, 100, 0x55, 0xAA};
  for (unsigned bit : {3u, 7u, 8u, 15u, 16u, 31u, 32u, 52u, 53u, 62u, 63u}) {
    if (bit >= sizeof(U) * 8) break;
    const U power = static_cast<U>(U{1} << bit);
    for (U x : {static_cast<U>(power - 1), power, static_cast<U>(power + 1)}) {
      v.push_back(x);
      v.push_back(static_cast<U>(U{0} - x));
    }
  }
  v.push_back(static_cast<U>(0x0123'4567'89AB'CDEF));
  return v;
}

/// Zeros, subnormals, halves, borders of the integer types, infinities and NaNs, of both signs.
template <class F>
std::vector<F> edge_floats() {
  using L = std::numeric_limits<F>;
  std::vector<F> v = {F(0),     L::denorm_min(), L::min() / 2,  L::min(),  F(0.1),
                      F(0.25),  F(0.5),          F(1),          F(1.5),    F(2),
                      F(2.5),   F(3.5),          F(4.5),        F(100.75), F(1e10),
                      L::max(), L::infinity(),   L::quiet_NaN()};
  for (int e : {7, 8, 15, 16, 23, 24, 31, 32, 52, 53, 63, 64}) {
    const F power = std::ldexp(F(1), e);
    v.push_back(power);
    v.push_back(std::nextafter(power, F(0)));
    v.push_back(std::nextafter(power, L::infinity()));
    v.push_back(power - F(0.5));
    v.push_back(power - 1);
  }
  v.push_back(std::nextafter(F(0.5), F(0)));
  v.push_back(std::nextafter(F(0.5), F(1)));
  v.push_back(std::nextafter(F(1), F(0)));
  if constexpr (sizeof(F) == 4) {
    v.push_back(std::bit_cast<F>(std::uint32_t{0x7F80'0001}));  // signalling
    v.push_back(std::bit_cast<F>(std::uint32_t{0x7FC1'2345}));  // quiet with payload
  } else {
    v.push_back(std::bit_cast<F>(std::uint64_t{0x7FF0'0000'0000'0001}));
    v.push_back(std::bit_cast<F>(std::uint64_t{0x7FF8'0000'0001'2345}));
  }
  const std::size_t positive = v.size();
  for (std::size_t i = 0; i < positive; ++i) v.push_back(-v[i]);
  return v;
}

/// xorshift64*: the same numbers in every run.
class Random {
 public:
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545'F491'4F6C'DD1D;
  }

 private:
  std::uint64_t state_ = 0x9E37'79B9'7F4A'7C15;
};

/// True when both are NaN, or the bits are equal.
template <class F>
bool same_float(F a, F b) {
  using U = std::conditional_t<sizeof(F) == 4, std::uint32_t, std::uint64_t>;
  return (a != a && b != b) || std::bit_cast<U>(a) == std::bit_cast<U>(b);
}

/// True for a NaN whose quiet bit is set: what arithmetic may give.
template <class F>
bool is_quiet_nan(F a) {
  using U = std::conditional_t<sizeof(F) == 4, std::uint32_t, std::uint64_t>;
  constexpr U kQuiet = U{1} << (sizeof(F) == 4 ? 22 : 51);
  return a != a && (std::bit_cast<U>(a) & kQuiet) != 0;
}

}  // namespace wasmrt::test
