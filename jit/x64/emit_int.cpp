// Integer ops, compares and what is fused with them.
#include "jit/x64/emit.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::x64 {

namespace x86 = asmjit::x86;
namespace Inst = x86::Inst;

namespace {
constexpr std::uint32_t kImmFlag = 1u << 24;
unsigned result_size(std::uint32_t aux) { return aux >> 16 & 0xFF; }
}  // namespace

void Emitter::alu(const MInst& i, Inst::Id id) {
  const x86::Gp d = gp(op(i, 0), i.size);
  const bool imm = plain_operands(i) == 2 && !has_memory(i);
  if (imm) {
    a_.emit(id, d, asmjit::Imm(i.size == 4 ? static_cast<std::int32_t>(i.imm) : i.imm));
  } else {
    const asmjit::Operand s = source(i, 2, i.size, RegClass::Int);
    a_.emit(id, d, s);
  }
  if (i.op != kImul) flags_are_of(op(i, 0), i.size);
}

/// An addition where the result has the register of an operand: shorter, and it sets the flags.
void Emitter::lea(const MInst& i) {
  const unsigned size = i.size == 4 ? 4 : 8;
  const x86::Gp d = gp(op(i, 0), size);
  const auto at = [&](unsigned n) { return op(i, n).loc.n; };
  if (i.mem_pinned == 0 && i.mem_base && !i.mem_index && at(1) == at(0)) {
    a_.add(d, i.mem_disp);
  } else if (i.mem_pinned == 0 && i.mem_base && i.mem_index && i.mem_scale == 0 &&
             i.mem_disp == 0 && (at(1) == at(0) || at(2) == at(0))) {
    a_.add(d, gp(op(i, at(1) == at(0) ? 2 : 1), size));
  } else {
    a_.lea(d, memory(i, 0));
    return;
  }
  flags_are_of(op(i, 0), size);
}

/// The flags hold the comparison of a register's new value with zero, as far as E, NE, S and NS
/// ask for it.
void Emitter::flags_are_of(const MOperand& result, unsigned size) {
  flags_at_ = a_.offset();
  flags_reg_ = result.loc.n;
  flags_size_ = size;
}

void Emitter::shift(const MInst& i, Inst::Id id) {
  const x86::Gp d = gp(op(i, 0), i.size);
  if (i.uses == 1) {
    a_.emit(id, d, asmjit::Imm(i.imm));
  } else {
    a_.emit(id, d, x86::cl);
  }
}

/// rdx:rax by a register, with the traps the specification asks for.
void Emitter::divide(const MInst& i) {
  const x86::Gp divisor = gp(op(i, 3), i.size);
  const x86::Gp ax = gp(rax, i.size);
  const x86::Gp dx = gp(rdx, i.size);
  a_.test(divisor, divisor);
  a_.jz(trap_label(static_cast<unsigned>(TrapKind::IntegerDivideByZero), i.pos));
  if (i.op == kDivU || i.op == kRemU) {
    a_.xor_(x86::edx, x86::edx);
    a_.div(divisor);
    return;
  }
  const Label minus_one = a_.newLabel();
  const Label done = a_.newLabel();
  a_.cmp(divisor, -1);
  a_.je(minus_one);
  if (i.size == 8) {
    a_.cqo();
  } else {
    a_.cdq();
  }
  a_.idiv(divisor);
  a_.bind(done);
  const bool quotient = i.op == kDivS;
  const std::uint32_t pos = i.pos;
  cold([this, minus_one, done, quotient, ax, dx, pos] {
    a_.bind(minus_one);
    if (quotient) {
      a_.neg(ax);
      a_.jo(trap_label(static_cast<unsigned>(TrapKind::IntegerOverflow), pos));
    } else {
      a_.xor_(x86::edx, x86::edx);
    }
    a_.jmp(done);
  });
  (void)dx;
}

void Emitter::count_zeros(const MInst& i, bool leading) {
  const x86::Gp d = gp(op(i, 0), i.size);
  const x86::Gp s = gp(op(i, 1), i.size);
  const int bits = i.size * 8;
  if (has(leading ? kCpuLzcnt : kCpuBmi1)) {
    if (leading) {
      a_.lzcnt(d, s);
    } else {
      a_.tzcnt(d, s);
    }
    return;
  }
  // bsr and bsf find nothing in zero.
  a_.mov(x86::gpd(kScratch), leading ? 2 * bits - 1 : bits);
  if (leading) {
    a_.bsr(d, s);
  } else {
    a_.bsf(d, s);
  }
  a_.cmovz(d, gp(kScratch, i.size));
  if (leading) a_.xor_(gp(op(i, 0), 4), bits - 1);
}

/// Without the instruction: sums of two, four and eight bits in parallel, then a multiplication.
void Emitter::popcnt(const MInst& i) {
  if (has(kCpuPopcnt)) {
    a_.popcnt(gp(op(i, 0), i.size), gp(op(i, 1), i.size));
    return;
  }
  const bool wide = i.size == 8;
  const x86::Gp x = gp(op(i, 0), i.size);
  const x86::Gp t = gp(op(i, 1), i.size);
  const x86::Gp mask = gp(op(i, 2), i.size);
  const auto pattern = [wide](std::uint64_t p) { return wide ? p : p & 0xFFFFFFFF; };
  a_.mov(t, x);
  a_.shr(t, 1);
  a_.mov(mask, pattern(0x5555555555555555));
  a_.and_(t, mask);
  a_.sub(x, t);
  a_.mov(t, x);
  a_.shr(t, 2);
  a_.mov(mask, pattern(0x3333333333333333));
  a_.and_(x, mask);
  a_.and_(t, mask);
  a_.add(x, t);
  a_.mov(t, x);
  a_.shr(t, 4);
  a_.add(x, t);
  a_.mov(mask, pattern(0x0F0F0F0F0F0F0F0F));
  a_.and_(x, mask);
  a_.mov(mask, pattern(0x0101010101010101));
  a_.imul(x, mask);
  a_.shr(x, wide ? 56 : 24);
}

// ---- compares
// ---------------------------------------------------------------------------------------------

/// Sets the flags from the operands that start at `first`.
void Emitter::compare(const MInst& i, unsigned first) {
  const Compare kind = compare_of(i.aux);
  if (kind == Compare::Float || kind == Compare::FloatEq) {
    if (i.size == 4) {
      a_.ucomiss(xmm(op(i, first)), xmm(op(i, first + 1)));
    } else {
      a_.ucomisd(xmm(op(i, first)), xmm(op(i, first + 1)));
    }
    return;
  }
  if (kind == Compare::Vector) {
    a_.emit(has(kCpuAvx) ? Inst::kIdVptest : Inst::kIdPtest, xmm(op(i, first)),
            xmm(op(i, first + 1)));
    return;
  }
  const x86::Gp x = gp(op(i, first), i.size);
  if ((i.aux & kImmFlag) != 0) {
    const std::int64_t imm = i.size == 4 ? static_cast<std::int32_t>(i.imm) : i.imm;
    if (kind == Compare::Test) {
      a_.test(x, imm);
    } else {
      a_.cmp(x, imm);
    }
    return;
  }
  if (kind == Compare::Test && !has_memory(i) && op(i, first).loc == op(i, first + 1).loc &&
      flags_at_ == a_.offset() && flags_reg_ == op(i, first).loc.n && flags_size_ == i.size &&
      (i.cond == E || i.cond == NE || i.cond == S || i.cond == NS)) {
    return;  // there already
  }
  if (kind == Compare::Bit) {
    a_.bt(x, gp(op(i, first + 1), i.size));
    return;
  }
  const asmjit::Operand y = source(i, first + 1, i.size, RegClass::Int);
  if (kind == Compare::Test) {
    if (y.isReg()) {
      a_.emit(Inst::kIdTest, x, y);
    } else {
      a_.emit(Inst::kIdTest, y, x);
    }
  } else {
    a_.emit(Inst::kIdCmp, x, y);
  }
}

void Emitter::jcc(unsigned cc, const Label& to) {
  static constexpr Inst::Id kJcc[] = {Inst::kIdJo, Inst::kIdJno, Inst::kIdJb,  Inst::kIdJnb,
                                      Inst::kIdJz, Inst::kIdJnz, Inst::kIdJbe, Inst::kIdJnbe,
                                      Inst::kIdJs, Inst::kIdJns, Inst::kIdJp,  Inst::kIdJnp,
                                      Inst::kIdJl, Inst::kIdJnl, Inst::kIdJle, Inst::kIdJnle};
  a_.emit(kJcc[cc], to);
}

void Emitter::jump(MBlockId to) {
  if (!is_next(to)) a_.jmp(label(to));
}

void Emitter::cmp_branch(const MInst& i) {
  const MBlock& block = m_.blocks[block_];
  const MBlockId taken = block.succs[0].to;
  const MBlockId other = block.succs[1].to;
  compare(i, 0);
  const auto cc = static_cast<Cc>(i.cond);
  if (compare_of(i.aux) == Compare::FloatEq) {
    const MBlockId on_equal = cc == E ? taken : other;
    const MBlockId on_different = cc == E ? other : taken;
    a_.jp(label(on_different));
    if (is_next(on_equal)) {
      a_.jne(label(on_different));
    } else {
      a_.je(label(on_equal));
      jump(on_different);
    }
    return;
  }
  if (is_next(taken)) {
    jcc(inverted(cc), label(other));
  } else {
    jcc(cc, label(taken));
    jump(other);
  }
}

void Emitter::cmp_set(const MInst& i) {
  const MOperand& result = op(i, 0);
  const x86::Gp d = gp(result, 4);
  const x86::Gp low = x86::gpb(result.loc.n);
  static constexpr Inst::Id kSet[] = {
      Inst::kIdSeto, Inst::kIdSetno, Inst::kIdSetb,  Inst::kIdSetnb,
      Inst::kIdSetz, Inst::kIdSetnz, Inst::kIdSetbe, Inst::kIdSetnbe,
      Inst::kIdSets, Inst::kIdSetns, Inst::kIdSetp,  Inst::kIdSetnp,
      Inst::kIdSetl, Inst::kIdSetnl, Inst::kIdSetle, Inst::kIdSetnle};
  a_.xor_(d, d);
  const auto cc = static_cast<Cc>(i.cond);
  if (compare_of(i.aux) == Compare::FloatEq) {
    const x86::Gp other = x86::gpd(kScratch);
    if (cc == E) {
      a_.xor_(other, other);
      compare(i, 1);
      a_.setnp(low);
    } else {
      a_.mov(other, 1);
      compare(i, 1);
      a_.setp(low);
    }
    a_.cmovne(d, other);
    return;
  }
  compare(i, 1);
  a_.emit(kSet[cc], low);
}

constexpr Inst::Id kCmov[] = {Inst::kIdCmovo, Inst::kIdCmovno, Inst::kIdCmovb,  Inst::kIdCmovnb,
                              Inst::kIdCmovz, Inst::kIdCmovnz, Inst::kIdCmovbe, Inst::kIdCmovnbe,
                              Inst::kIdCmovs, Inst::kIdCmovns, Inst::kIdCmovp,  Inst::kIdCmovnp,
                              Inst::kIdCmovl, Inst::kIdCmovnl, Inst::kIdCmovle, Inst::kIdCmovnle};

/// d = else; then: operand 2; compare operands from 3.
void Emitter::cmp_select(const MInst& i) {
  compare(i, 3);
  const auto cc = static_cast<Cc>(i.cond);
  const bool vec = i.op == kFselect;
  const bool float_eq = compare_of(i.aux) == Compare::FloatEq;
  if (!vec && !(float_eq && cc == E)) {
    const x86::Gp d = gp(op(i, 0), result_size(i.aux));
    const x86::Gp then = gp(op(i, 2), result_size(i.aux));
    a_.emit(kCmov[cc], d, then);
    if (float_eq) a_.cmovp(d, then);
    return;
  }
  const Label skip = a_.newLabel();
  const Label take = a_.newLabel();
  if (float_eq && cc == E) {
    a_.jne(skip);
    a_.jp(skip);
  } else if (float_eq) {
    a_.jp(take);
    a_.je(skip);
  } else {
    jcc(inverted(cc), skip);
  }
  a_.bind(take);
  if (vec) {
    a_.movaps(xmm(op(i, 0)), xmm(op(i, 2)));
  } else {
    a_.mov(gp(op(i, 0), 8), gp(op(i, 2), 8));
  }
  a_.bind(skip);
}

void Emitter::cmp_trap(const MInst& i) {
  if (i.op == kCmpGuard) {
    compare(i, 2);
    jcc(i.cond, trap_label(trap_of(i.aux) & 0xFF, i.pos, op(i, 0).loc.n));
    a_.mov(x86::gpd(kScratch), 0);  // keeps the flags
    a_.emit(kCmov[i.cond], gp(op(i, 0), 8), x86::gpq(kScratch));
    return;
  }
  if (i.op == kCmpTrapInfo) {
    compare(i, 1);
    jcc(i.cond, trap_label(trap_of(i.aux) & 0xFF, i.pos, op(i, 0).loc.n));
    return;
  }
  compare(i, 0);
  const Label trap = trap_label(trap_of(i.aux) & 0xFF, i.pos);
  const auto cc = static_cast<Cc>(i.cond);
  if (compare_of(i.aux) != Compare::FloatEq) {
    jcc(cc, trap);
  } else if (cc == NE) {
    a_.jp(trap);
    a_.jne(trap);
  } else {
    const Label skip = a_.newLabel();
    a_.jp(skip);
    a_.je(trap);
    a_.bind(skip);
  }
}

void Emitter::jump_table(const MInst& i) {
  const std::vector<std::uint32_t>& table = m_.jump_tables[static_cast<std::size_t>(i.imm)];
  const MBlock& from = m_.blocks[block_];
  const MBlockId otherwise = from.succs[table.back()].to;
  const x86::Gp index = gp(op(i, 1), 4);
  if (table.size() == 1) return jump(otherwise);
  const Label base = a_.newLabel();
  tables_.emplace_back(base, static_cast<std::uint32_t>(i.imm));
  table_blocks_.push_back(block_);
  const x86::Gp t = gp(op(i, 0), 8);
  const x86::Gp scratch = x86::gpq(kScratch);
  x86::Gp inside = gp(op(i, 1), 8);
  if ((i.aux & kSpectreGuard) != 0) a_.xor_(scratch.r32(), scratch.r32());
  a_.cmp(index, static_cast<std::int64_t>(table.size() - 1));
  if ((i.aux & kSpectreGuard) != 0) {
    a_.cmovb(scratch.r32(), index);
    inside = scratch;
  }
  a_.jae(label(otherwise));
  a_.lea(t, x86::ptr(base));
  a_.movsxd(scratch, x86::ptr(t, inside, 2, 0, 4));
  a_.add(scratch, t);
  a_.jmp(scratch);
}

bool Emitter::emit_int(const MInst& i) {
  switch (i.op) {
    case kMovImm: {
      const auto bits = static_cast<std::uint64_t>(i.imm);
      const x86::Gp d4 = gp(op(i, 0), 4);
      if (bits == 0) {
        a_.xor_(d4, d4);
      } else if (bits <= 0xFFFFFFFF) {
        a_.mov(d4, bits);
      } else {
        a_.mov(gp(op(i, 0), 8), i.imm);
      }
      return true;
    }
    case kMovZx: {
      const asmjit::Operand s = source(i, 1, i.size, RegClass::Int);
      if (i.size == 4) {
        a_.emit(Inst::kIdMov, gp(op(i, 0), 4), s);
      } else if (s.isReg()) {
        const std::uint32_t r = op(i, 1).loc.n;
        a_.movzx(gp(op(i, 0), 4), i.size == 1 ? x86::Gp(x86::gpb(r)) : x86::Gp(x86::gpw(r)));
      } else {
        a_.emit(Inst::kIdMovzx, gp(op(i, 0), 4), s);
      }
      return true;
    }
    case kMovSx: {
      const std::uint32_t r = op(i, 1).loc.n;
      const x86::Gp d = gp(op(i, 0), i.aux);
      if (i.size == 4) {
        a_.movsxd(d, x86::gpd(r));
      } else {
        a_.movsx(d, i.size == 1 ? x86::Gp(x86::gpb(r)) : x86::Gp(x86::gpw(r)));
      }
      return true;
    }
    case kAdd: alu(i, Inst::kIdAdd); return true;
    case kSub: alu(i, Inst::kIdSub); return true;
    case kAnd: alu(i, Inst::kIdAnd); return true;
    case kOr: alu(i, Inst::kIdOr); return true;
    case kXor: alu(i, Inst::kIdXor); return true;
    case kImul: alu(i, Inst::kIdImul); return true;
    case kImulImm: {
      const asmjit::Operand s = source(i, 1, i.size, RegClass::Int);
      a_.emit(Inst::kIdImul, gp(op(i, 0), i.size), s,
              asmjit::Imm(i.size == 4 ? static_cast<std::int32_t>(i.imm) : i.imm));
      return true;
    }
    case kLea: lea(i); return true;
    case kNot: a_.not_(gp(op(i, 0), i.size)); return true;
    case kShl: shift(i, Inst::kIdShl); return true;
    case kShr: shift(i, Inst::kIdShr); return true;
    case kSar: shift(i, Inst::kIdSar); return true;
    case kRol: shift(i, Inst::kIdRol); return true;
    case kRor: shift(i, Inst::kIdRor); return true;
    case kShlx:
      a_.shlx(gp(op(i, 0), i.size), gp(op(i, 1), i.size), gp(op(i, 2), i.size));
      return true;
    case kShrx:
      a_.shrx(gp(op(i, 0), i.size), gp(op(i, 1), i.size), gp(op(i, 2), i.size));
      return true;
    case kSarx:
      a_.sarx(gp(op(i, 0), i.size), gp(op(i, 1), i.size), gp(op(i, 2), i.size));
      return true;
    case kRorx: a_.rorx(gp(op(i, 0), i.size), gp(op(i, 1), i.size), i.imm); return true;
    case kClz: count_zeros(i, true); return true;
    case kCtz: count_zeros(i, false); return true;
    case kPopcnt: popcnt(i); return true;
    case kDivS:
    case kDivU:
    case kRemS:
    case kRemU: divide(i); return true;
    case kMulHiS: a_.imul(gp(op(i, 3), i.size)); return true;
    case kMulx: {
      // Both halves into one register leave the upper one.
      const x86::Gp d = gp(op(i, 0), i.size);
      a_.emit(Inst::kIdMulx, d, d, source(i, 2, i.size, RegClass::Int));
      return true;
    }
    case kMulHiU: a_.mul(gp(op(i, 3), i.size)); return true;
    case kCmpBranch: cmp_branch(i); return true;
    case kCmpSet: cmp_set(i); return true;
    case kCmpSelect:
    case kFselect: cmp_select(i); return true;
    case kCmpTrap:
    case kCmpTrapInfo:
    case kCmpGuard: cmp_trap(i); return true;
    case kJumpTable: jump_table(i); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
