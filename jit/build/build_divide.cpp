// Division and remainder by a constant: multiplications and shifts, with the factors of
// libwasmrt/base/divide.h. Divisors that none of this fits keep their division.
#include <bit>

#include "jit/build/builder.h"
#include "libwasmrt/base/divide.h"

namespace wasmrt::jit {

using namespace ir;

/// x / d; kNoValue where the division stays one.
Builder::V Builder::quotient(IrOp op, Type type, V x, std::uint64_t d) {
  const unsigned bits = type == Type::I32 ? 32 : 64;
  const auto number = [&](std::uint64_t n) { return constant(type, n); };
  const auto wide = [&](std::uint64_t n) { return constant(Type::I64, n); };
  if (op == IrOp::DivU) {
    if (d < 2) return d == 1 ? x : kNoValue;
    if (std::has_single_bit(d)) {
      return op2(IrOp::ShrU, type, x, number(static_cast<unsigned>(std::countr_zero(d))));
    }
    if (d >> (bits - 1) != 0) {  // 0 or 1
      const V reached = icmp(Cond::GeU, type, x, number(d));
      return type == Type::I32 ? reached : op1(IrOp::ExtU, Type::I64, reached, Type::I32);
    }
    unsigned before = 0;
    DivideFactor m = divide_factor(bits, d, 0);
    if (m.factor >> bits != 0 && (d & 1) == 0) {  // fewer bits are left after a shift
      before = static_cast<unsigned>(std::countr_zero(d));
      m = divide_factor(bits - before, d >> before, before);
      m.shift -= before;
    }
    if (type == Type::I32) {
      if (before != 0) x = op2(IrOp::ShrU, type, x, number(before));
      const V x64 = op1(IrOp::ExtU, Type::I64, x, Type::I32);
      if (m.factor >> 32 != 0) {  // all of 2^64 / d; exact, as x has only 32 bits
        const V factor = wide(divide_factor_u32(static_cast<std::uint32_t>(d)));
        return op1(IrOp::Wrap, type, op2(IrOp::MulHiU, Type::I64, x64, factor), Type::I64);
      }
      const V product = op2(IrOp::Mul, Type::I64, x64, wide(static_cast<std::uint64_t>(m.factor)));
      return op1(IrOp::Wrap, type, op2(IrOp::ShrU, Type::I64, product, wide(32 + m.shift)),
                 Type::I64);
    }
    const V factor = wide(static_cast<std::uint64_t>(m.factor));
    if (m.factor >> 64 == 0) {
      if (before != 0) x = op2(IrOp::ShrU, type, x, number(before));
      return op2(IrOp::ShrU, type, op2(IrOp::MulHiU, type, x, factor), number(m.shift));
    }
    // x + high without its carry: (x - high) / 2 + high.
    const V high = op2(IrOp::MulHiU, type, x, factor);
    const V half = op2(IrOp::ShrU, type, op2(IrOp::Sub, type, x, high), number(1));
    return op2(IrOp::ShrU, type, op2(IrOp::Add, type, half, high), number(m.shift - 1));
  }
  // Signed: rounds towards zero, so one more where x is negative.
  const std::uint64_t mask = bits == 32 ? 0xFFFFFFFFu : ~std::uint64_t{0};
  const bool negative = (d >> (bits - 1) & 1) != 0;
  const std::uint64_t size = (negative ? ~d + 1 : d) & mask;
  if (size < 2) return size == 1 && !negative ? x : kNoValue;  // by -1 traps on the least number
  const V sign = op2(IrOp::ShrS, type, x, number(bits - 1));
  if (std::has_single_bit(size)) {
    const auto k = static_cast<unsigned>(std::countr_zero(size));
    const V up = op2(IrOp::Add, type, x, op2(IrOp::ShrU, type, sign, number(bits - k)));
    const V q = op2(IrOp::ShrS, type, up, number(k));
    return negative ? op2(IrOp::Sub, type, number(0), q) : q;
  }
  const DivideFactor m = divide_factor(bits - 1, size, bits == 32 ? 0 : 1);
  const V factor = wide(static_cast<std::uint64_t>(m.factor));
  V down;  // rounded down
  if (type == Type::I32) {
    const V x64 = op1(IrOp::ExtS, Type::I64, x, Type::I32);
    const V product = op2(IrOp::Mul, Type::I64, x64, factor);
    down =
        op1(IrOp::Wrap, type, op2(IrOp::ShrS, Type::I64, product, wide(31 + m.shift)), Type::I64);
  } else {
    down = op2(IrOp::MulHiS, type, x, factor);
    if (m.factor >> 63 != 0) down = op2(IrOp::Add, type, down, x);  // the factor was read as signed
    down = op2(IrOp::ShrS, type, down, number(m.shift - 1));
  }
  return negative ? op2(IrOp::Sub, type, sign, down) : op2(IrOp::Sub, type, down, sign);
}

/// A division or remainder by a constant as cheaper operations; kNoValue where it stays.
Builder::V Builder::divide_by_constant(const Inst& i, std::uint64_t d) {
  const Type type = i.type;
  const V x = i.arg(0);
  const bool is_signed = i.op == IrOp::DivS || i.op == IrOp::RemS;
  const bool remainder = i.op == IrOp::RemS || i.op == IrOp::RemU;
  if (remainder) {
    const std::uint64_t all = type == Type::I32 ? 0xFFFFFFFFu : ~std::uint64_t{0};
    if (d == 1 || (is_signed && d == all)) return constant(type, 0);
    if (!is_signed && std::has_single_bit(d)) {
      return op2(IrOp::And, type, x, constant(type, d - 1));
    }
  }
  const V q = quotient(is_signed ? IrOp::DivS : IrOp::DivU, type, x, d);
  if (!remainder || q == kNoValue) return q;
  return op2(IrOp::Sub, type, x, op2(IrOp::Mul, type, q, constant(type, d)));
}

}  // namespace wasmrt::jit
