// Integer arithmetic: sums and products together, bit fields, divisions by constants.
#include <bit>

#include "jit/arm64/select.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

namespace {

constexpr std::int64_t field(unsigned low, unsigned width) {
  return static_cast<std::int64_t>(low | width << 8);
}

/// Ones in the lowest bits and nothing else; how many.
bool is_low_mask(std::uint64_t bits, unsigned& width) {
  width = static_cast<unsigned>(std::countr_one(bits));
  return width != 0 && width < 64 && bits >> width == 0;
}

}  // namespace

VReg Selector::move_imm(std::uint64_t bits) {
  const VReg d = temp(RegClass::Int);
  MInst& m = emit(kMovImm, 8, {def(d)});
  m.imm = static_cast<std::int64_t>(bits);
  m.can_remat = true;
  return d;
}

// ---- sums and products
// -----------------------------------------------------------------------------------

/// A 64-bit product of two extended 32-bit values.
bool Selector::widening(V product, V& a, V& b, bool& is_signed) const {
  const Inst& i = at(product);
  if (i.op != IrOp::Mul || i.type != Type::I64) return false;
  const IrOp x = at(i.arg(0)).op;
  if (x != IrOp::ExtU && x != IrOp::ExtS) return false;
  V other = i.arg(1);
  std::int64_t imm = 0;
  if (constant(other, imm)) {  // the lower half must say all
    if (x == IrOp::ExtS ? imm != static_cast<std::int32_t>(imm) : imm >> 32 != 0) return false;
  } else {
    if (at(other).op != x) return false;
    other = at(other).arg(0);
  }
  is_signed = x == IrOp::ExtS;
  a = at(i.arg(0)).arg(0);
  b = other;
  return true;
}

/// other + product, or other - product.
bool Selector::multiply_add(V product, V other, V v, bool subtract) {
  if (!is_own(product, IrOp::Mul)) return false;
  V a{};
  V b{};
  bool is_signed = false;
  if (!subtract && widening(product, a, b, is_signed)) {
    emit(is_signed ? kSmaddl : kUmaddl, 8,
         {def(reg(v)), use(low(a)), use(low(b)), use(reg(other))});
    return true;
  }
  const Inst& mul = at(product);
  emit(subtract ? kMsub : kMadd, size_of(at(v).type),
       {def(reg(v)), use(low(mul.arg(0))), use(low(mul.arg(1))), use(low(other))});
  return true;
}

/// Whether v is a constant that an addition takes, as itself or negated.
bool Selector::is_immediate(V v, unsigned size) const {
  std::int64_t imm = 0;
  if (!constant(v, imm)) return false;
  const std::uint64_t mask = size == 4 ? 0xFFFFFFFF : ~std::uint64_t{0};
  const auto bits = static_cast<std::uint64_t>(imm);
  return is_arith_imm(bits & mask) || is_arith_imm((0 - bits) & mask);
}

void Selector::add(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  V a = i.arg(0);
  V b = i.arg(1);
  if (multiply_add(b, a, v, false) || multiply_add(a, b, v, false)) return;
  for (const bool swapped : {false, true}) {  // a condition counts as one
    const V condition = swapped ? a : b;
    const Inst& c = at(condition);
    if ((c.op != IrOp::Icmp && c.op != IrOp::Fcmp) || !own(condition)) continue;
    const VReg d = reg(v);
    const VReg base = reg(swapped ? b : a);
    emit_flags(kCmpInc, flags_of(condition, false), {def(d), use(base)}, 0, size);
    return;
  }
  if (arith_folds(a) && !arith_folds(b) && !is_immediate(b, size)) std::swap(a, b);
  bool negated = false;
  const Source s = arith_source(b, size, &negated);
  emit_op2(negated ? kSub : kAdd, size, reg(v), low(a), s);
}

void Selector::subtract(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  const V a = i.arg(0);
  const V b = i.arg(1);
  std::int64_t imm = 0;
  if (constant(a, imm) && imm == 0) {
    emit_op2(kNeg, size, reg(v), kNoVReg,
             logic_folds(b) && !is_own(b, IrOp::Rotl) && !is_own(b, IrOp::Rotr)
                 ? logic_source(b, size)
                 : plain(b));
    return;
  }
  if (multiply_add(b, a, v, true)) return;
  bool negated = false;
  const Source s = arith_source(b, size, &negated);
  emit_op2(negated ? kAdd : kSub, size, reg(v), low(a), s);
}

void Selector::multiply(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  V a = i.arg(0);
  V b = i.arg(1);
  bool is_signed = false;
  std::int64_t imm = 0;
  if (constant(b, imm) && imm > 1 && std::has_single_bit(static_cast<std::uint64_t>(imm - 1))) {
    const auto by = static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(imm - 1)));
    const VReg x = reg(a);
    emit_op2(kAdd, size, reg(v), x,
             {op2_bits(Op2::Shifted, static_cast<unsigned>(Shift::Lsl), by), x, 0});
    return;
  }
  if (widening(v, a, b, is_signed)) {
    emit(is_signed ? kSmull : kUmull, 8, {def(reg(v)), use(low(a)), use(low(b))});
    return;
  }
  emit(kMul, size, {def(reg(v)), use(low(a)), use(low(b))});
}

// ---- bits
// ------------------------------------------------------------------------------------------------

/// and of a shift with ones at the low end, as one extraction.
bool Selector::bit_field(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  std::int64_t mask = 0;
  unsigned width = 0;
  if (!constant(i.arg(1), mask)) return false;
  if (size == 4) mask = static_cast<std::int64_t>(static_cast<std::uint32_t>(mask));
  if (!is_low_mask(static_cast<std::uint64_t>(mask), width)) return false;
  const Inst& shr = at(i.arg(0));
  std::int64_t by = 0;
  if (shr.op != IrOp::ShrU || !own(i.arg(0)) || !constant(shr.arg(1), by)) return false;
  const unsigned low = static_cast<unsigned>(by) & (8 * size - 1);
  width = std::min(width, 8 * size - low);
  emit(kUbfx, size, {def(reg(v)), use(reg(shr.arg(0)))}).imm = field(low, width);
  return true;
}

/// (a << k) | (b >> (width - k))
bool Selector::extract_pair(V v) {
  const Inst& i = at(v);
  V left = i.arg(0);
  V right = i.arg(1);
  if (at(left).op == IrOp::ShrU) std::swap(left, right);
  if (!is_own(left, IrOp::Shl) || !is_own(right, IrOp::ShrU)) return false;
  std::int64_t by = 0;
  std::int64_t back = 0;
  const unsigned size = size_of(i.type);
  if (!constant(at(left).arg(1), by) || !constant(at(right).arg(1), back)) return false;
  const unsigned mask = 8 * size - 1;
  const unsigned k = static_cast<unsigned>(by) & mask;
  const unsigned low = static_cast<unsigned>(back) & mask;
  if (k == 0 || low == 0 || k + low != 8 * size) return false;
  emit(kExtr, size, {def(reg(v)), use(reg(at(left).arg(0))), use(reg(at(right).arg(0)))}).imm = low;
  return true;
}

void Selector::logic(V v, AOp op) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  V a = i.arg(0);
  V b = i.arg(1);
  std::int64_t imm = 0;
  if (op == kXor && constant(b, imm) && imm == -1) {
    emit_op2(kNot, size, reg(v), kNoVReg, logic_folds(a) ? logic_source(a, size) : plain(a));
    return;
  }
  if (op == kAnd && bit_field(v)) return;
  if (op == kOr && extract_pair(v)) return;
  // With a complement.
  const auto complement = [&](V x) {
    return is_own(x, IrOp::Xor) && constant(at(x).arg(1), imm) && imm == -1;
  };
  for (const bool swapped : {false, true}) {
    const V x = swapped ? a : b;
    if (!complement(x)) continue;
    const V inner = at(x).arg(0);
    const Source s = logic_folds(inner) ? logic_source(inner, size) : plain(inner);
    const V other = swapped ? b : a;
    emit_op2(op == kAnd ? kBic : op == kOr ? kOrn : kEon, size, reg(v), low(other), s);
    return;
  }
  if (logic_folds(a) && !logic_folds(b) &&
      !(constant(b, imm) && is_logic_imm(static_cast<std::uint64_t>(imm), size))) {
    std::swap(a, b);
  }
  const Source s = logic_source(b, size);
  emit_op2(op, size, reg(v), low(a), s);
}

void Selector::shift(V v, AOp op) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  const unsigned width = 8 * size;
  const bool left_rotation = i.op == IrOp::Rotl;
  std::int64_t imm = 0;
  if (!constant(i.arg(1), imm)) {
    VReg count = reg(i.arg(1));
    if (left_rotation) {
      const VReg minus = temp(RegClass::Int);
      emit_op2(kNeg, size, minus, kNoVReg, {op2_bits(Op2::Reg), count, 0});
      count = minus;
    }
    emit(op, size, {def(reg(v)), use(low(i.arg(0))), use(count)});
    return;
  }
  const unsigned by = static_cast<unsigned>(imm) & (width - 1);
  const Inst& x = at(i.arg(0));
  std::int64_t other = 0;
  if (op == kLsl && x.op == IrOp::And && own(i.arg(0)) && constant(x.arg(1), other)) {
    unsigned ones = 0;
    if (size == 4) other = static_cast<std::int64_t>(static_cast<std::uint32_t>(other));
    if (is_low_mask(static_cast<std::uint64_t>(other), ones)) {
      emit(kUbfiz, size, {def(reg(v)), use(reg(x.arg(0)))}).imm =
          field(by, std::min(ones, width - by));
      return;
    }
  }
  if (op == kLsl && size == 8 && by != 0 && (x.op == IrOp::ExtU || x.op == IrOp::ExtS) &&
      own(i.arg(0))) {
    emit(x.op == IrOp::ExtU ? kUbfiz : kSbfiz, 8, {def(reg(v)), use(reg(x.arg(0)))}).imm =
        field(by, std::min(32u, 64 - by));
    return;
  }
  if ((op == kLsr || op == kAsr) && x.op == IrOp::Shl && own(i.arg(0)) &&
      constant(x.arg(1), other)) {
    const unsigned up = static_cast<unsigned>(other) & (width - 1);
    if (up <= by && by != 0) {
      emit(op == kLsr ? kUbfx : kSbfx, size, {def(reg(v)), use(reg(x.arg(0)))}).imm =
          field(by - up, width - by);
      return;
    }
  }
  emit(op, size, {def(reg(v)), use(low(i.arg(0)))}).imm =
      left_rotation ? (width - by) & (width - 1) : by;
}

// ---- division
// --------------------------------------------------------------------------------------------

/// Whether a division by the same stands a little in front, in the same block.
bool Selector::divided_before(V v) const {
  constexpr unsigned kFar = 16;
  std::uint32_t u = f_.prev[raw(v)];
  for (unsigned n = 0; n < kFar && u != ~0u; ++n, u = f_.prev[u]) {
    const Inst& i = f_.insts[u];
    const bool divides =
        i.op == IrOp::DivS || i.op == IrOp::DivU || i.op == IrOp::RemS || i.op == IrOp::RemU;
    if (divides && i.arg(1) == at(v).arg(1)) return true;
  }
  return false;
}

void Selector::divide(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  const bool is_signed = i.op == IrOp::DivS || i.op == IrOp::RemS;
  const bool quotient = i.op == IrOp::DivS || i.op == IrOp::DivU;
  const VReg a = reg(i.arg(0));
  const VReg b = reg(i.arg(1));
  std::int64_t divisor = 0;
  const bool known = constant(i.arg(1), divisor);
  if (known ? divisor == 0 : !divided_before(v)) {
    Flags zero;
    zero.operands = {use(b)};
    zero.bits = op2_bits(Op2::Imm);
    zero.cc = EQ;
    zero.size = size;
    emit_flags(kCmpTrap, zero, {}, static_cast<unsigned>(TrapKind::IntegerDivideByZero), 0);
  }
  if (i.op == IrOp::DivS && (!known || divisor == -1)) emit(kDivCheck, size, {use(a), use(b)});
  const VReg q = quotient ? reg(v) : temp(RegClass::Int);
  emit(is_signed ? kDivS : kDivU, size, {def(q), use(a), use(b)});
  // The most negative number by -1 gives itself, and so a remainder of 0.
  if (!quotient) emit(kMsub, size, {def(reg(v)), use(q), use(b), use(a)});
}

// ---- one instruction
// -------------------------------------------------------------------------------------

bool Selector::select_int(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  const auto unary = [&](AOp op) { emit(op, size, {def(reg(v)), use(reg(i.arg(0)))}); };
  switch (i.op) {
    case IrOp::Const: {
      const bool vec = class_of(i.type) == RegClass::Vec;
      MInst& m = emit(vec ? kFmovImm : kMovImm, size, {def(reg(v))});
      m.imm = static_cast<std::int64_t>(i.imm);
      m.can_remat = true;
      return true;
    }
    case IrOp::Add: add(v); return true;
    case IrOp::Sub: subtract(v); return true;
    case IrOp::And:
    case IrOp::Or:
      if (!set_chain(v)) logic(v, i.op == IrOp::And ? kAnd : kOr);
      return true;
    case IrOp::Xor: logic(v, kXor); return true;
    case IrOp::Mul: multiply(v); return true;
    case IrOp::Shl: shift(v, kLsl); return true;
    case IrOp::ShrU: shift(v, kLsr); return true;
    case IrOp::ShrS: shift(v, kAsr); return true;
    case IrOp::Rotl:
    case IrOp::Rotr: shift(v, kRor); return true;
    case IrOp::MulHiS:
    case IrOp::MulHiU: {
      const bool is_signed = i.op == IrOp::MulHiS;
      if (size == 8) {
        emit(is_signed ? kMulHiS : kMulHiU, 8,
             {def(reg(v)), use(reg(i.arg(0))), use(reg(i.arg(1)))});
      } else {
        const VReg product = temp(RegClass::Int);
        emit(is_signed ? kSmull : kUmull, 8,
             {def(product), use(reg(i.arg(0))), use(reg(i.arg(1)))});
        emit(kLsr, 8, {def(reg(v)), use(product)}).imm = 32;
      }
      return true;
    }
    case IrOp::DivS:
    case IrOp::DivU:
    case IrOp::RemS:
    case IrOp::RemU: divide(v); return true;
    case IrOp::Clz: unary(kClz); return true;
    case IrOp::Ctz: {
      const VReg reversed = temp(RegClass::Int);
      emit(kRbit, size, {def(reversed), use(reg(i.arg(0)))});
      emit(kClz, size, {def(reg(v)), use(reversed)});
      return true;
    }
    case IrOp::Popcnt: unary(kPopcnt); return true;
    case IrOp::Ext8S:
    case IrOp::Ext16S:
    case IrOp::Ext32S:
    case IrOp::ExtS: {
      const unsigned from = i.op == IrOp::Ext8S ? 8 : i.op == IrOp::Ext16S ? 16 : 32;
      emit(kSbfx, size, {def(reg(v)), use(reg(i.arg(0)))}).imm = field(0, from);
      return true;
    }
    case IrOp::Wrap: {
      const Inst& x = at(i.arg(0));
      std::int64_t by = 0;
      if (x.op == IrOp::ShrU && own(i.arg(0)) && constant(x.arg(1), by) && (by & 63) != 0) {
        const unsigned low = static_cast<unsigned>(by) & 63;
        emit(kUbfx, 8, {def(reg(v)), use(reg(x.arg(0)))}).imm = field(low, std::min(32u, 64 - low));
        return true;
      }
      emit(kUbfx, 8, {def(reg(v)), use(reg(i.arg(0)))}).imm = field(0, 32);
      return true;
    }
    case IrOp::ExtU:  // only where upper halves are poisoned, see widening_is_free_
      emit(kUbfx, 8, {def(reg(v)), use(reg(i.arg(0)))}).imm = field(0, 32);
      return true;
    case IrOp::Icmp: {
      const Flags flags = flags_of(v, false);
      if (flags.compare == Compare::Bit && flags.cc == NE) {  // the bit itself
        emit(kUbfx, flags.size, {def(reg(v)), *flags.operands.begin()}).imm =
            field(static_cast<unsigned>(flags.imm), 1);
        return true;
      }
      emit_flags(kCmpSet, flags, {def(reg(v))}, 0, 4);
      return true;
    }
    case IrOp::Fcmp: {
      const Flags flags = flags_of_fcmp(i);
      emit_flags(kCmpSet, flags, {def(reg(v))}, 0, 4);
      return true;
    }
    case IrOp::Select: choose(v); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
