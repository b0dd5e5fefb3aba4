// Conditions that are made of compares, `a < b && c == d`: the second compare is made only where
// the first decides nothing (ccmp, fccmp), else the flags become what the first one decided.
//
// In: i32.and and i32.or of compares that nobody else reads. Out: the compares in a row; the last
// is part of what uses the flags. Nothing that comes between them touches flags: moves of the
// allocator do not, nor does what makes a constant.
#include "jit/arm64/select.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

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

}  // namespace wasmrt::jit::arm64
