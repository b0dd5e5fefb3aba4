// Division and remainder by a constant without a division.
//
// The translator has chosen a factor (libwasmrt/base/divide.h) for which the formulas below are
// exact; divisors are at least 2, so nothing traps. Signed quotients are those of the divisor's
// magnitude: rounded down by the product, then one more where the operand is negative.
#include <utility>

#include "interp/fused.h"
#include "interp/machine.h"

namespace wasmrt::interp {
namespace {

__extension__ typedef unsigned __int128 U128;
__extension__ typedef __int128 I128;

inline std::uint64_t high_u(std::uint64_t x, std::uint64_t y) {
  return static_cast<std::uint64_t>(U128{x} * y >> 64);
}
inline std::uint64_t high_s(std::uint64_t x, std::uint64_t y) {
  return static_cast<std::uint64_t>(
      I128{static_cast<std::int64_t>(x)} * static_cast<std::int64_t>(y) >> 64);
}
template <class T>
inline T shift_s(T x, std::uint32_t by) {
  return static_cast<T>(static_cast<std::make_signed_t<T>>(x) >> by);
}

template <std::uint32_t variant>
TrapWord div_const32(WASMRT_REGS) {
  constexpr bool to_slot = variant % 2 != 0;
  constexpr bool is_signed = (variant & div_const32_variant(true, false)) != 0;
  constexpr bool remainder = (variant & div_const32_variant(false, true)) != 0;
  const auto x = operand < std::uint32_t, (variant & 2) ? K::S : K::R > (pc, sp, r, v, pc->a);
  std::uint32_t q;
  if constexpr (is_signed) {
    const auto wide = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(x)});
    q = static_cast<std::uint32_t>(high_s(wide, *pc->wide())) + (x >> 31);
  } else {
    q = static_cast<std::uint32_t>(high_u(x, *pc->wide()));
  }
  result<std::uint32_t, to_slot>(pc, sp, r, v, remainder ? x - q * pc->w : q);
  WASMRT_NEXT(24);
}

template <std::uint32_t variant>
TrapWord div_const64(WASMRT_REGS) {
  constexpr bool to_slot = variant % 2 != 0;
  constexpr bool is_signed = (variant & div_const64_variant(true, false, false)) != 0;
  constexpr bool remainder = (variant & div_const64_variant(false, true, false)) != 0;
  constexpr bool longer = (variant & div_const64_variant(false, false, true)) != 0;
  const auto x = operand < std::uint64_t, (variant & 2) ? K::S : K::R > (pc, sp, r, v, pc->a);
  std::uint64_t q;
  if constexpr (is_signed) {
    q = high_s(x, pc->wide()[0]);
    if constexpr (longer) q += x;
    q = shift_s(q, pc->w) + (x >> 63);
  } else {
    q = high_u(x, pc->wide()[0]);
    if constexpr (longer) q += (x - q) >> 1;  // the sum without its carry, halved
    q >>= pc->w;
  }
  result<std::uint64_t, to_slot>(pc, sp, r, v, remainder ? x - q * pc->wide()[1] : q);
  WASMRT_NEXT(32);
}

template <class T, std::uint32_t variant>
TrapWord div_pow(WASMRT_REGS) {
  constexpr bool to_slot = variant % 2 != 0;
  constexpr bool remainder = (variant & div_pow_variant(false, true)) != 0;
  constexpr std::uint32_t bits = sizeof(T) * 8;
  const auto x = operand < T, (variant & 2) ? K::S : K::R > (pc, sp, r, v, pc->a);
  // Negative operands are rounded up by adding 2^w - 1.
  const T up = x + (shift_s(x, bits - 1) >> (bits - pc->w));
  if constexpr (remainder) {
    result<T, to_slot>(pc, sp, r, v, x - (up >> pc->w << pc->w));
  } else {
    result<T, to_slot>(pc, sp, r, v, shift_s(up, pc->w));
  }
  WASMRT_NEXT(16);
}

template <std::uint32_t... variant>
void put32(Handler* t, std::integer_sequence<std::uint32_t, variant...>) {
  ((t[DivConst32 + variant] = div_const32<variant>), ...);
  ((t[DivPow + variant] =
        div_pow<std::conditional_t<variant / 8 == 0, std::uint32_t, std::uint64_t>, variant>),
   ...);
}
template <std::uint32_t... variant>
void put64(Handler* t, std::integer_sequence<std::uint32_t, variant...>) {
  ((t[DivConst64 + variant] = div_const64<variant>), ...);
}

}  // namespace

void fill_divide(Handler* table) {
  put32(table, std::make_integer_sequence<std::uint32_t, 16>());
  put64(table, std::make_integer_sequence<std::uint32_t, 32>());
}

}  // namespace wasmrt::interp
