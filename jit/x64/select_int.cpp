// Integer arithmetic, comparisons, and the flags that fused ops need.
#include "jit/x64/select.h"

namespace wasmrt::jit::x64 {

using namespace ir;

Cc cc_of(Cond cond) {
  switch (cond) {
    case Cond::Eq: return E;
    case Cond::Ne: return NE;
    case Cond::LtS: return L;
    case Cond::LtU: return B;
    case Cond::GtS: return G;
    case Cond::GtU: return A;
    case Cond::LeS: return LE;
    case Cond::LeU: return BE;
    case Cond::GeS: return GE;
    case Cond::GeU: return AE;
  }
  return E;
}

/// The second operand of a two-operand op: an immediate, a load carried out here, or a register or
/// slot. Appends what it needs to `operands`.
void Selector::rhs(V value, unsigned size, Operands& operands, Mem& mem, bool& folded,
                   std::int64_t& imm, bool& is_imm) {
  folded = false;
  is_imm = imm32(value, imm);
  if (is_imm) return;
  const Inst& load = at(value);
  if (can_fold_load(value) && size >= 4) {
    const auto access = static_cast<Access>(load.aux);
    const bool fits = (size == 4 && access == Access::U32) || (size == 8 && access == Access::B64);
    if (fits) {
      mem = memory_of(load);
      folded = true;
      folded_[raw(value)] = true;
      return;
    }
  }
  operands.push_back(use_any(reg(value)));
}

void Selector::alu(V v, XOp op) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  V a = i.arg(0);
  V b = i.arg(1);
  std::int64_t imm = 0;
  const bool is_const = imm32(b, imm);
  // A load on the left moves to the right where the order does not matter; else the result takes
  // the register of the operand that ends here, of two such the older one's: it is the one that
  // lives in a loop.
  if (op != kSub && !is_const && at(b).op != IrOp::Const) {
    const bool a_ends = ends(a);
    const bool b_ends = ends(b);
    const bool b_is_older = uses(b) > uses(a) && raw(b) < raw(a);
    const bool takes_b = b_ends && a != b && (!a_ends || b_is_older);
    if (!can_fold_load(b) && (can_fold_load(a) || takes_b)) std::swap(a, b);
  }
  if (op == kAdd) {
    if (is_const) {
      const Inst& sum = at(a);
      if (sum.op == IrOp::Add && used_once(a) && !needed(a) && at(sum.arg(1)).op != IrOp::Const &&
          !can_fold_load(sum.arg(0)) && !can_fold_load(sum.arg(1))) {
        Mem mem;
        mem.base = reg(sum.arg(0));
        mem.index = reg(sum.arg(1));
        mem.disp = static_cast<std::int32_t>(imm);
        emit_mem(kLea, size, {def(reg(v))}, mem);
        return;
      }
      // lea keeps an operand that lives on; the emitter makes an addition of it when the register
      // is the same after all.
      if (!ends(a)) {
        Mem mem;
        mem.base = reg(a);
        mem.disp = static_cast<std::int32_t>(imm);
        emit_mem(kLea, size, {def(reg(v))}, mem);
        return;
      }
    } else if (!can_fold_load(b)) {
      Mem mem;
      const auto scaled = [&](V value) {
        const Inst& shl = at(value);
        std::int64_t by = 0;
        if (shl.op != IrOp::Shl || !used_once(value) || needed(value) || !imm32(shl.arg(1), by) ||
            by < 1 || by > 3) {
          return false;
        }
        mem.index = reg(shl.arg(0));
        mem.scale = static_cast<std::uint8_t>(by);
        return true;
      };
      if (scaled(b)) {
        mem.base = reg(a);
      } else if (scaled(a)) {
        mem.base = reg(b);
      } else if (!ends(a) && !ends(b)) {
        mem.base = reg(a);
        mem.index = reg(b);
      }
      if (mem.index != kNoVReg) {
        emit_mem(kLea, size, {def(reg(v))}, mem);
        return;
      }
    }
  }
  if (op == kAnd && is_const) {
    const auto bits = static_cast<std::uint64_t>(at(b).imm);
    const unsigned width = bits == 0xFF                      ? 1
                           : bits == 0xFFFF                  ? 2
                           : bits == 0xFFFFFFFF && size == 8 ? 4
                                                             : 0;
    if (width != 0) {
      emit(kMovZx, width, {def(reg(v)), use(reg(a))});
      return;
    }
  }
  if (op == kAnd && size == 8 && at(b).op == IrOp::Const && at(b).imm == 0xFFFFFFFFu) {
    emit(kMovZx, 4, {def(reg(v)), use(reg(a))});
    return;
  }
  if (op == kXor && is_const && imm == -1) {
    emit(kNot, size, {def_same(reg(v), 1), use(reg(a))});
    return;
  }
  Operands operands = {def_same(reg(v), 1), use(reg(a))};
  Mem mem;
  bool folded = false;
  bool is_imm = false;
  rhs(b, size, operands, mem, folded, imm, is_imm);
  if (folded) {
    emit_mem(op, size, operands, mem);
  } else {
    emit(op, size, operands).imm = imm;
  }
}

void Selector::multiply(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  std::int64_t imm = 0;
  if (imm32(i.arg(1), imm)) {
    if (imm == 3 || imm == 5 || imm == 9) {
      Mem mem;
      mem.base = mem.index = reg(i.arg(0));
      mem.scale = imm == 3 ? 1 : imm == 5 ? 2 : 3;
      emit_mem(kLea, size, {def(reg(v))}, mem);
      return;
    }
    emit(kImulImm, size, {def(reg(v)), use_any(reg(i.arg(0)))}).imm = imm;
    return;
  }
  Operands operands = {def_same(reg(v), 1), use(reg(i.arg(0)))};
  Mem mem;
  bool folded = false;
  bool is_imm = false;
  rhs(i.arg(1), size, operands, mem, folded, imm, is_imm);
  if (folded) {
    emit_mem(kImul, size, operands, mem);
  } else {
    emit(kImul, size, operands);
  }
}

void Selector::shift(V v, XOp op) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  std::int64_t imm = 0;
  if (imm32(i.arg(1), imm)) {
    const std::int64_t by = imm & (size == 8 ? 63 : 31);
    if ((op == kRol || op == kRor) && has(kCpuBmi2) && !ends(i.arg(0))) {
      const std::int64_t right = op == kRor ? by : (size == 8 ? 64 : 32) - by;
      emit(kRorx, size, {def(reg(v)), use(reg(i.arg(0)))}).imm = right & (size == 8 ? 63 : 31);
      return;
    }
    emit(op, size, {def_same(reg(v), 1), use(reg(i.arg(0)))}).imm = by;
    return;
  }
  if (has(kCpuBmi2) && op != kRol && op != kRor) {
    const XOp three = op == kShl ? kShlx : op == kShr ? kShrx : kSarx;
    emit(three, size, {def(reg(v)), use(reg(i.arg(0))), use(reg(i.arg(1)))});
    return;
  }
  emit(op, size, {def_same(reg(v), 1), use(reg(i.arg(0))), use_fixed(reg(i.arg(1)), rcx)});
}

/// Whether the upper half of an i64 is known to be zero: quotients by constants come so.
bool Selector::upper_half_clear(V v) const {
  const Inst& x = at(v);
  switch (x.op) {
    case IrOp::ExtU: return true;
    case IrOp::ShrU: return at(x.arg(1)).op == IrOp::Const && at(x.arg(1)).imm >= 32;
    case IrOp::And: return at(x.arg(1)).op == IrOp::Const && at(x.arg(1)).imm <= 0xFFFFFFFF;
    case IrOp::MulHiU: return at(x.arg(0)).op == IrOp::ExtU;  // below its first factor
    case IrOp::Load: {
      const auto access = static_cast<Access>(x.aux);
      return access == Access::U8 || access == Access::U16 || access == Access::U32;
    }
    default: return false;
  }
}

void Selector::divide(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  XOp op = kDivS;
  if (i.op == IrOp::DivU) op = kDivU;
  if (i.op == IrOp::RemS) op = kRemS;
  if (i.op == IrOp::RemU) op = kRemU;
  const bool quotient = i.op == IrOp::DivS || i.op == IrOp::DivU;
  const VReg result = reg(v);
  const VReg other = temp(RegClass::Int);
  emit(op, size,
       {def_fixed(quotient ? result : other, rax), def_fixed(quotient ? other : result, rdx),
        use_fixed(reg(i.arg(0)), rax), use_late(reg(i.arg(1)))});
}

// ---- flags
// ------------------------------------------------------------------------------------------------

void Selector::same_as(Flags& flags, V v) {
  for (std::size_t n = 0; n < flags.operands.size(); ++n) {
    MOperand& o = flags.operands[n];
    if (o.vreg == reg(v)) o.constraint = Constraint::Same, o.fixed = 1;
  }
}

/// (bits >> n) & 1, or bits & (1 << n): one bit of a register, by a variable number.
bool Selector::flags_of_bit(const Inst& conjunction, Flags& r) {
  const auto own = [&](V v, IrOp op) {
    return at(v).op == op && used_once(v) && !needed(v) && at(at(v).arg(1)).op != IrOp::Const;
  };
  const auto is_one = [&](V v) { return at(v).op == IrOp::Const && at(v).imm == 1; };
  const V a = conjunction.arg(0);
  const V b = conjunction.arg(1);
  V bits = kNoValue;
  V place = kNoValue;
  if (is_one(b) && own(a, IrOp::ShrU)) {
    bits = at(a).arg(0);
    place = at(a).arg(1);
  } else if (own(a, IrOp::Shl) && is_one(at(a).arg(0))) {
    bits = b;
    place = at(a).arg(1);
  } else if (own(b, IrOp::Shl) && is_one(at(b).arg(0))) {
    bits = a;
    place = at(b).arg(1);
  } else {
    return false;
  }
  if (at(place).op == IrOp::ExtU && !needed(place)) place = at(place).arg(0);
  r.compare = Compare::Bit;
  r.cc = B;
  r.operands = {use(reg(bits)), use(reg(place))};
  return true;
}

/// Flags for "the conjunction is not zero".
void Selector::flags_of_and(const Inst& conjunction, Flags& r) {
  r.size = size_of(conjunction.type);
  if (flags_of_bit(conjunction, r)) return;
  r.compare = Compare::Test;
  r.cc = NE;
  r.operands = {use(reg(conjunction.arg(0)))};
  r.is_imm = imm32(conjunction.arg(1), r.imm);
  if (!r.is_imm) r.operands.push_back(use(reg(conjunction.arg(1))));
}

Selector::Flags Selector::flags_of_icmp(const Inst& icmp) {
  Flags r;
  r.size = size_of(icmp.aux_type);
  auto cond = static_cast<Cond>(icmp.aux);
  r.cc = cc_of(cond);
  r.compare = Compare::Int;
  const V a = icmp.arg(0);
  const V b = icmp.arg(1);
  const bool zero = at(b).op == IrOp::Const && at(b).imm == 0;
  if (zero) {
    const Inst& x = at(a);
    r.compare = Compare::Test;
    if ((cond == Cond::Eq || cond == Cond::Ne) && is_vector_test(a)) {
      r = flags_of_vector(a);
      if (cond == Cond::Eq) r.cc = inverted(r.cc);
      return r;
    }
    if ((cond == Cond::Eq || cond == Cond::Ne) && x.op == IrOp::And && used_once(a) && !needed(a)) {
      flags_of_and(x, r);
      if (cond == Cond::Eq) r.cc = inverted(r.cc);
      return r;
    }
    r.operands = {use(reg(a)), use(reg(a))};
    if (cond == Cond::LtS) r.cc = S;
    if (cond == Cond::GeS) r.cc = NS;
    return r;
  }
  r.operands = {use(reg(a))};
  rhs(b, r.size, r.operands, r.mem, r.folded, r.imm, r.is_imm);
  return r;
}

Selector::Flags Selector::flags_of_fcmp(const Inst& fcmp) {
  Flags r;
  r.size = size_of(fcmp.aux_type);
  V a = fcmp.arg(0);
  V b = fcmp.arg(1);
  r.compare = Compare::Float;
  switch (static_cast<FCond>(fcmp.aux)) {
    case FCond::Eq:
      r.compare = Compare::FloatEq;
      r.cc = E;
      break;
    case FCond::Ne:
      r.compare = Compare::FloatEq;
      r.cc = NE;
      break;
    // Above is false on unordered, so a < b is asked as b > a.
    case FCond::Lt:
      std::swap(a, b);
      r.cc = A;
      break;
    case FCond::Le:
      std::swap(a, b);
      r.cc = AE;
      break;
    case FCond::Gt: r.cc = A; break;
    case FCond::Ge: r.cc = AE; break;
  }
  r.operands = {use(reg(a)), use(reg(b))};
  return r;
}

/// Flags for "condition is not zero", or for "is zero" when negated.
Selector::Flags Selector::flags_of(V condition, bool negate) {
  const Inst& c = at(condition);
  Flags r;
  if (c.op == IrOp::Icmp) {
    r = flags_of_icmp(c);
  } else if (c.op == IrOp::Fcmp) {
    r = flags_of_fcmp(c);
  } else if (is_vector_test(condition)) {
    r = flags_of_vector(condition);
  } else if (c.op == IrOp::And && used_once(condition) && !needed(condition)) {
    flags_of_and(c, r);
  } else {
    const VReg x = reg(condition);
    r.operands = {use(x), use(x)};
  }
  // For FloatEq, E and NE stand for the whole condition; for Float, the inverse of A is BE, which
  // is true on unordered, as it should be.
  if (negate) r.cc = inverted(r.cc);
  return r;
}

MInst& Selector::emit_flags(XOp op, const Flags& flags, Operands operands, unsigned aux_trap,
                            unsigned size) {
  operands.append(flags.operands);
  MInst& i =
      flags.folded ? emit_mem(op, flags.size, operands, flags.mem) : emit(op, flags.size, operands);
  i.cond = flags.cc;
  i.imm = flags.imm;
  i.aux = fused(flags.compare, aux_trap) | size << 16 | (flags.is_imm ? 1u << 24 : 0);
  return i;
}

// ---- one instruction
// ----------------------------------------------------------------------------------------

bool Selector::select_int(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  switch (i.op) {
    case IrOp::Const:
      if (class_of(i.type) == RegClass::Vec) {
        MInst& m = emit(kFmovImm, size, {def(reg(v))});
        m.imm = static_cast<std::int64_t>(i.imm);
        m.can_remat = true;
      } else {
        MInst& m = emit(kMovImm, size, {def(reg(v))});
        m.imm = static_cast<std::int64_t>(i.imm);
        m.can_remat = true;
      }
      return true;
    case IrOp::Add: alu(v, kAdd); return true;
    case IrOp::Sub: alu(v, kSub); return true;
    case IrOp::And: alu(v, kAnd); return true;
    case IrOp::Or: alu(v, kOr); return true;
    case IrOp::Xor: alu(v, kXor); return true;
    case IrOp::Mul: multiply(v); return true;
    case IrOp::Shl: shift(v, kShl); return true;
    case IrOp::ShrU: shift(v, kShr); return true;
    case IrOp::ShrS: shift(v, kSar); return true;
    case IrOp::Rotl: shift(v, kRol); return true;
    case IrOp::Rotr: shift(v, kRor); return true;
    case IrOp::MulHiS:
    case IrOp::MulHiU: {
      if (i.op == IrOp::MulHiU && has(kCpuBmi2)) {
        emit(kMulx, size, {def(reg(v)), use_fixed(reg(i.arg(0)), rdx), use_any(reg(i.arg(1)))});
        return true;
      }
      const VReg low = temp(RegClass::Int);
      emit(i.op == IrOp::MulHiS ? kMulHiS : kMulHiU, size,
           {def_fixed(low, rax), def_fixed(reg(v), rdx), use_fixed(reg(i.arg(0)), rax),
            use_late(reg(i.arg(1)))});
      return true;
    }
    case IrOp::DivS:
    case IrOp::DivU:
    case IrOp::RemS:
    case IrOp::RemU: divide(v); return true;
    case IrOp::Clz: emit(kClz, size, {def_early(reg(v)), use(reg(i.arg(0)))}); return true;
    case IrOp::Ctz: emit(kCtz, size, {def_early(reg(v)), use(reg(i.arg(0)))}); return true;
    case IrOp::Popcnt:
      if (has(kCpuPopcnt)) {
        emit(kPopcnt, size, {def(reg(v)), use(reg(i.arg(0)))});
      } else {
        const VReg t1 = temp(RegClass::Int);
        const VReg t2 = temp(RegClass::Int);
        emit(kPopcnt, size,
             {def_same(reg(v), 3), def_early(t1), def_early(t2), use(reg(i.arg(0)))});
      }
      return true;
    case IrOp::Ext8S:
    case IrOp::Ext16S:
    case IrOp::Ext32S:
    case IrOp::ExtS: {
      const unsigned from = i.op == IrOp::Ext8S ? 1 : i.op == IrOp::Ext16S ? 2 : 4;
      emit(kMovSx, from, {def(reg(v)), use(reg(i.arg(0)))}).aux = size;
      return true;
    }
    case IrOp::Wrap:
      if (!upper_half_clear(i.arg(0))) {
        emit(kMovZx, 4, {def(reg(v)), use_any(reg(i.arg(0)))});
        return true;
      }
      [[fallthrough]];
    case IrOp::ExtU:
      // An i32 has its upper half clear: the same bits.
      emit(kMove, 8, {def(reg(v)), use(reg(i.arg(0)))});
      m_.vregs[raw(reg(v))].hint = reg(i.arg(0));
      return true;
    case IrOp::Icmp: {
      const Flags flags = flags_of_icmp(i);
      emit_flags(kCmpSet, flags, {def_early(reg(v))}, 0, 4);
      return true;
    }
    case IrOp::Fcmp: {
      const Flags flags = flags_of_fcmp(i);
      emit_flags(kCmpSet, flags, {def_early(reg(v))}, 0, 4);
      return true;
    }
    case IrOp::Select: {
      Flags flags = flags_of(i.arg(0), false);
      const bool vec = class_of(i.type) == RegClass::Vec;
      same_as(flags, i.arg(2));  // as of a smallest or largest
      const Operands before = {def_same(reg(v), 1), use(reg(i.arg(2))), use(reg(i.arg(1)))};
      emit_flags(vec ? kFselect : kCmpSelect, flags, before, 0, size);
      return true;
    }
    case IrOp::TrapIf:
    case IrOp::TrapIfNot: {
      const Flags flags = flags_of(i.arg(0), i.op == IrOp::TrapIfNot);
      emit_flags(kCmpTrap, flags, {}, i.aux, 4);
      return true;
    }
    case IrOp::TrapIfInfo: {
      // The value rides along in front of the compare's operands.
      const Flags flags = flags_of(i.arg(0), false);
      emit_flags(kCmpTrapInfo, flags, {use(reg(i.arg(1)))}, i.aux, 4);
      return true;
    }
    case IrOp::GuardIndex: {
      Flags flags = flags_of(i.arg(0), false);
      same_as(flags, i.arg(1));
      emit_flags(kCmpGuard, flags, {def_same(reg(v), 1), use(reg(i.arg(1)))}, i.aux, 4);
      return true;
    }
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
