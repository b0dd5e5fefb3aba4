// The translator's division and remainder by a constant.
//
// In: a division whose divisor is on top of the stack. Out: shifts, masks, or the families DivConst
// and DivPow; false, with nothing changed, where the division stays (divisors 0, 1, -1, negative
// ones of quotients, those above half the range).
#include <bit>

#include "interp/translate.h"
#include "libwasmrt/base/divide.h"

namespace wasmrt::interp {
namespace {

struct Division {
  bool wide;
  bool is_signed;
  bool remainder;
};

bool division_of(Op op, Division& out) {
  switch (op) {
    case Op::I32DivU: out = {false, false, false}; return true;
    case Op::I32DivS: out = {false, true, false}; return true;
    case Op::I32RemU: out = {false, false, true}; return true;
    case Op::I32RemS: out = {false, true, true}; return true;
    case Op::I64DivU: out = {true, false, false}; return true;
    case Op::I64DivS: out = {true, true, false}; return true;
    case Op::I64RemU: out = {true, false, true}; return true;
    case Op::I64RemS: out = {true, true, true}; return true;
    default: return false;
  }
}

}  // namespace

bool Translator::divide(Op op) {
  Division division;
  if (stack_.back().kind != Operand::Kind::Const || !division_of(op, division)) return false;
  const auto [wide, is_signed, remainder] = division;
  const unsigned bits = wide ? 64 : 32;
  std::uint64_t d = stack_.back().bits;
  if (!wide) d = static_cast<std::uint32_t>(d);
  if (is_signed && (d >> (bits - 1) & 1) != 0) {
    if (!remainder) return false;
    d = wide ? std::uint64_t{0} - d : static_cast<std::uint32_t>(0 - d);
  }
  if (d < 2) return false;
  const bool power = std::has_single_bit(d);
  const auto k = static_cast<unsigned>(std::countr_zero(d));
  if (power && !is_signed) {
    stack_.back().bits = remainder ? d - 1 : k;
    binary(remainder ? (wide ? Op::I64And : Op::I32And) : (wide ? Op::I64ShrU : Op::I32ShrU));
    return true;
  }
  HandlerId base;
  std::uint32_t w;
  std::uint64_t factor = 0;
  if (power) {
    base = handler_id(DivPow, div_pow_variant(wide, remainder));
    w = k;
  } else if (!wide) {
    base = handler_id(DivConst32, div_const32_variant(is_signed, remainder));
    w = static_cast<std::uint32_t>(d);
    factor = divide_factor_u32(w);
  } else {
    if (d >> 63 != 0) return false;
    const DivideFactor m = is_signed ? divide_factor(63, d, 1) : divide_factor(64, d, 0);
    const bool longer = m.factor >> (is_signed ? 63 : 64) != 0;
    base = handler_id(DivConst64, div_const64_variant(is_signed, remainder, longer));
    w = is_signed || longer ? m.shift - 1 : m.shift;
    factor = static_cast<std::uint64_t>(m.factor);
  }
  pop();
  const ValKind type = wide ? ValKind::I64 : ValKind::I32;
  emit_unary(base, type, pop(), w);
  if (!power) {
    emit_wide(factor);
    if (wide) emit_wide(d);
  }
  forget_last();
  return true;
}

}  // namespace wasmrt::interp
