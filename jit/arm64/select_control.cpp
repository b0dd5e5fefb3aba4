// Conditions and what is fused with them; switches. The rest of control is common to all machines.
#include <bit>

#include "jit/arm64/select.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

Cc cc_of(Cond cond) {
  switch (cond) {
    case Cond::Eq: return EQ;
    case Cond::Ne: return NE;
    case Cond::LtS: return LT;
    case Cond::LtU: return LO;
    case Cond::GtS: return GT;
    case Cond::GtU: return HI;
    case Cond::LeS: return LE;
    case Cond::LeU: return LS;
    case Cond::GeS: return GE;
    case Cond::GeU: return HS;
  }
  return EQ;
}

/// Flags for "a & b is not zero".
Selector::Flags Selector::flags_of_bits(const Inst& conjunction, unsigned size) {
  Flags r;
  r.size = size;
  const VReg a = low(conjunction.arg(0));
  r.operands = {use(a)};
  std::int64_t mask = 0;
  const bool known = constant(conjunction.arg(1), mask);
  auto bits = static_cast<std::uint64_t>(mask);
  if (size == 4) bits &= 0xFFFFFFFF;
  if (known && std::has_single_bit(bits)) {
    r.compare = Compare::Bit;
    r.imm = std::countr_zero(bits);
    return r;
  }
  const Source s = logic_source(conjunction.arg(1), size);
  r.compare = Compare::Test;
  if (s.reg != kNoVReg) r.operands.push_back(use(s.reg));
  r.bits = s.bits;
  r.imm = s.imm;
  return r;
}

/// Flags for "a is negative", or for "is not".
Selector::Flags Selector::sign(V a, unsigned size, bool negative) {
  Flags r;
  r.size = size;
  r.compare = Compare::Bit;
  r.imm = 8 * static_cast<std::int64_t>(size) - 1;
  r.cc = negative ? NE : EQ;
  r.operands = {use(low(a))};
  return r;
}

Selector::Flags Selector::flags_of_icmp(const Inst& icmp) {
  Flags r;
  r.size = size_of(icmp.aux_type);
  const auto cond = static_cast<Cond>(icmp.aux);
  r.cc = cc_of(cond);
  const V a = icmp.arg(0);
  const V b = icmp.arg(1);
  std::int64_t imm = 0;
  if (constant(b, imm) && (cond == Cond::GtS || cond == Cond::LeS) && imm == -1) {
    return sign(a, r.size, cond == Cond::LeS);
  }
  if (constant(b, imm) && imm == 0) {
    const Inst& x = at(a);
    const bool equality = cond == Cond::Eq || cond == Cond::Ne;
    if (equality && x.op == IrOp::And && own(a)) {
      r = flags_of_bits(x, r.size);
      r.cc = cc_of(cond);
      return r;
    }
    if (cond == Cond::LtS || cond == Cond::GeS) {
      return sign(a, r.size, cond == Cond::LtS);
    }
  }
  bool negated = false;
  const Source s = arith_source(b, r.size, &negated);
  r.compare = negated ? Compare::Cmn : Compare::Int;
  r.operands = {use(low(a))};
  if (s.reg != kNoVReg) r.operands.push_back(use(s.reg));
  r.bits = s.bits;
  r.imm = s.imm;
  return r;
}

Selector::Flags Selector::flags_of_fcmp(const Inst& fcmp) {
  Flags r;
  r.size = size_of(fcmp.aux_type);
  r.compare = Compare::Float;
  switch (static_cast<FCond>(fcmp.aux)) {
    case FCond::Eq: r.cc = EQ; break;
    case FCond::Ne: r.cc = NE; break;
    case FCond::Lt: r.cc = MI; break;
    case FCond::Le: r.cc = LS; break;
    case FCond::Gt: r.cc = GT; break;
    case FCond::Ge: r.cc = GE; break;
  }
  r.operands = {use(reg(fcmp.arg(0)))};
  const Inst& b = at(fcmp.arg(1));
  if (b.op == IrOp::Const && b.imm == 0) {
    r.bits = op2_bits(Op2::Imm);
  } else {
    r.operands.push_back(use(reg(fcmp.arg(1))));
  }
  return r;
}

// ---- conditions made of compares
// -----------------------------------------------------------------------------
//
// `a < b && c == d`: the second compare is made only where the first decides nothing (ccmp, fccmp),
// else the flags become what the first one decided. The last compare is part of what uses the
// flags. What comes between two of them leaves the flags alone: moves of the allocator, constants.

namespace {

constexpr unsigned kMostNested = 4;

/// NZCV with which a condition holds.
unsigned flags_where(Cc cc) {
  constexpr unsigned kN = 8, kZ = 4, kC = 2, kV = 1;
  switch (cc) {
    case EQ:
    case LE: return kZ;
    case HS:
    case HI: return kC;
    case MI:
    case LT: return kN;
    case VS: return kV;
    case NE:
    case LO:
    case PL:
    case VC:
    case LS:
    case GE:
    case GT:
    case AL: break;
  }
  return 0;
}

}  // namespace

/// Whether a value is a compare that can come second.
bool Selector::is_conditional(V v) const { return is_own(v, IrOp::Icmp) || is_own(v, IrOp::Fcmp); }

/// Whether a value is made of compares only.
bool Selector::is_chain(V v, unsigned nested) const {
  const Inst& x = at(v);
  if (x.op != IrOp::And && x.op != IrOp::Or) return false;
  const V a = x.arg(0);
  const V b = x.arg(1);
  const auto is_first = [&](V first) {
    return is_conditional(first) ||
           (nested < kMostNested && own(first) && is_chain(first, nested + 1));
  };
  return (is_conditional(b) && is_first(a)) || (is_conditional(a) && is_first(b));
}

/// The flags of a compare as a second one: it has no forms but two registers or a small number.
Selector::Flags Selector::second_flags(const Inst& compare) {
  Flags r;
  r.size = size_of(compare.aux_type);
  if (compare.op == IrOp::Fcmp) {
    r = flags_of_fcmp(compare);
    r.bits = 0;
    r.operands = {use(reg(compare.arg(0))), use(reg(compare.arg(1)))};
    return r;
  }
  constexpr std::int64_t kMost = 31;
  r.cc = cc_of(static_cast<Cond>(compare.aux));
  r.operands = {use(low(compare.arg(0)))};
  std::int64_t imm = 0;
  if (constant(compare.arg(1), imm) && imm >= -kMost && imm <= kMost) {
    r.compare = imm < 0 ? Compare::Cmn : Compare::Int;
    r.bits = op2_bits(Op2::Imm);
    r.imm = imm < 0 ? -imm : imm;
  } else {
    r.operands.push_back(use(low(compare.arg(1))));
  }
  return r;
}

Selector::Flags Selector::flags_of_chain(V v) {
  const Inst& x = at(v);
  V first = x.arg(0);
  V second = x.arg(1);
  if (!is_conditional(second)) std::swap(first, second);
  const Flags before = is_conditional(first) ? flags_of(first, false) : flags_of_chain(first);
  emit_flags(kCmpFlags, before, {}, 0, 0);
  Flags r = second_flags(at(second));
  const bool both = x.op == IrOp::And;
  const Cc made_where = both ? before.cc : inverted(before.cc);
  const unsigned otherwise = flags_where(both ? inverted(r.cc) : r.cc);
  r.bits |= kConditional;
  r.imm |= std::int64_t{made_where} << 8 | std::int64_t{otherwise} << 12;
  return r;
}

/// A condition as a number.
bool Selector::set_chain(V v) {
  if (!is_chain(v, 0)) return false;
  const Flags flags = flags_of_chain(v);
  emit_flags(kCmpSet, flags, {def(reg(v))}, 0, 4);
  return true;
}

// ---- uses of conditions
// --------------------------------------------------------------------------------------

/// Flags for "condition is not zero", or for "is zero" when negated.
Selector::Flags Selector::flags_of(V condition, bool negate) {
  const Inst& c = at(condition);
  Flags r;
  std::int64_t imm = 0;
  const bool eqz = c.op == IrOp::Icmp && static_cast<Cond>(c.aux) == Cond::Eq;
  if (eqz && is_own(c.arg(0), IrOp::Fcmp) && constant(c.arg(1), imm) && imm == 0) {
    return flags_of(c.arg(0), !negate);
  }
  const bool is_zero_test = eqz || (c.op == IrOp::Icmp && static_cast<Cond>(c.aux) == Cond::Ne);
  if (is_zero_test && own(c.arg(0)) && is_chain(c.arg(0), 0) && constant(c.arg(1), imm) &&
      imm == 0) {
    r = flags_of_chain(c.arg(0));
    if (eqz) r.cc = inverted(r.cc);
  } else if (own(condition) && is_chain(condition, 0)) {
    r = flags_of_chain(condition);
  } else if (c.op == IrOp::Icmp) {
    r = flags_of_icmp(c);
  } else if (c.op == IrOp::Fcmp) {
    r = flags_of_fcmp(c);
  } else if (is_vector_test(condition)) {
    r = flags_of_vector(condition);
  } else if (is_own(condition, IrOp::And)) {
    r = flags_of_bits(c, 4);
  } else {
    r.operands = {use(low(condition))};
    r.bits = op2_bits(Op2::Imm);
  }
  // For floats the inverse of a condition is true on unordered, as it should be.
  if (negate) r.cc = inverted(r.cc);
  return r;
}

MInst& Selector::emit_flags(AOp op, const Flags& flags, Operands operands, unsigned trap_kind,
                            unsigned result_size) {
  operands.append(flags.operands);
  MInst& i = emit(op, flags.size, operands);
  i.cond = flags.cc;
  i.imm = flags.imm;
  i.aux = flags.bits | fused(flags.compare, result_size, trap_kind);
  return i;
}

void Selector::choose(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  if (i.type == Type::V128) {  // a branch over a move
    const VReg d = reg(v);
    const VReg then = reg(i.arg(1));
    const VReg otherwise = reg(i.arg(2));
    emit_flags(kCmpSelect, flags_of(i.arg(0), false), {def_same(d, 2), use(then), use(otherwise)},
               0, size);
    return;
  }
  V then = i.arg(1);
  V otherwise = i.arg(2);
  bool negate = false;
  std::int64_t imm = 0;
  if (class_of(i.type) == RegClass::Int && constant(then, imm) && imm == 0) {
    std::swap(then, otherwise);
    negate = true;
  }
  const bool zero = class_of(i.type) == RegClass::Int && constant(otherwise, imm) && imm == 0;
  Operands before = {def(reg(v)), use(reg(then))};
  if (!zero) before.push_back(use(reg(otherwise)));
  const Flags flags = flags_of(i.arg(0), negate);
  emit_flags(kCmpSelect, flags, before, 0, size);
}

bool Selector::select_control(V v) {
  const Inst& i = at(v);
  switch (i.op) {
    case IrOp::Branch: emit_flags(kCmpBranch, flags_of(i.arg(0), false), {}, 0, 4); return true;
    case IrOp::Switch: {
      const std::int64_t table = jump_table(v);
      MInst& m = emit(kJumpTable, 4, {use(reg(i.arg(0)))});
      m.imm = table;
      m.aux = context_.options.spectre_guards ? kSpectreGuard : 0;
      return true;
    }
    case IrOp::TrapIf:
    case IrOp::TrapIfNot:
      emit_flags(kCmpTrap, flags_of(i.arg(0), i.op == IrOp::TrapIfNot), {}, i.aux, 4);
      return true;
    case IrOp::TrapIfInfo: {
      // The value rides along in front of the compare's operands.
      const VReg info = reg(i.arg(1));
      emit_flags(kCmpTrapInfo, flags_of(i.arg(0), false), {use(info)}, i.aux, 4);
      return true;
    }
    case IrOp::GuardIndex: {
      const Operands before = {def(reg(v)), use(reg(i.arg(1)))};
      emit_flags(kCmpGuard, flags_of(i.arg(0), false), before, i.aux, size_of(i.type));
      return true;
    }
    default: return select_common(v);
  }
}

}  // namespace wasmrt::jit::arm64
