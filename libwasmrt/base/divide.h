// Factors for division by a constant: multiplications and shifts instead.
//
// For 0 <= x < 2^n and m = floor(2^(n+l) / d) + 1, the product x*m shifted right by n + l is x / d
// when m*d - 2^(n+l) <= 2^l; the smallest such l gives the smallest m, which has n or n + 1 bits.
// After Granlund & Montgomery, "Division by Invariant Integers using Multiplication" (PLDI 1994).
#pragma once

#include <cstdint>

namespace wasmrt {

__extension__ typedef unsigned __int128 DivideWide;

struct DivideFactor {
  DivideWide factor;
  unsigned shift;  ///< l
};

/// For dividends below 2^bits, divisors from 2 on that are no powers of two and at most 2^bits / 2.
constexpr DivideFactor divide_factor(unsigned bits, std::uint64_t d, unsigned least_shift) {
  for (unsigned l = least_shift;; ++l) {
    const DivideWide power = DivideWide{1} << (bits + l);
    const DivideWide m = power / d + 1;
    if (m * d - power <= DivideWide{1} << l) return {m, l};
  }
}

/// x / d is the upper half of x times this, for all x of 32 bits: floor(2^64 / d), and one
/// more unless d is a power of two. d from 2 on.
constexpr std::uint64_t divide_factor_u32(std::uint32_t d) { return ~std::uint64_t{0} / d + 1; }

}  // namespace wasmrt
