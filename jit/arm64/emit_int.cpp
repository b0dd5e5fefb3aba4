// Integer ops, constants, compares and what is fused with them.
#include <asmjit/arm/a64utils.h>
#include <asmjit/core.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <iterator>

#include "jit/arm64/emit.h"
#include "jit/arm64/select.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::arm64 {

namespace a64 = asmjit::a64;
using a64::Inst;

namespace {

asmjit::Imm cond(Cc cc) {  // asmjit's numbers have "always" first
  return asmjit::Imm(static_cast<std::uint32_t>(cc + 2) & 15);
}

asmjit::Imm shift_imm(Shift how, unsigned by) {
  static constexpr asmjit::arm::ShiftOp kOps[] = {
      asmjit::arm::ShiftOp::kLSL, asmjit::arm::ShiftOp::kLSR, asmjit::arm::ShiftOp::kASR,
      asmjit::arm::ShiftOp::kROR};
  return asmjit::Imm(asmjit::arm::Shift(kOps[static_cast<unsigned>(how)], by));
}

}  // namespace

// ---- constants
// -------------------------------------------------------------------------------------------

/// The shortest of: one or two moves of 16 bits, a logical immediate, a literal, up to four moves.
void Emitter::mov_imm(std::uint32_t reg, std::uint64_t bits, bool may_load) {
  constexpr std::uint32_t kMovz = 0x52800000;
  constexpr std::uint32_t kMovn = 0x12800000;
  constexpr std::uint32_t kMovk = 0x72800000;
  const bool wide = bits >> 32 != 0;
  const unsigned count = wide ? 4 : 2;
  const std::uint32_t sf = wide ? 1u << 31 : 0;
  const auto half = [bits](unsigned n) {
    return static_cast<std::uint32_t>(bits >> 16 * n & 0xFFFF);
  };
  unsigned zeros = 0;
  unsigned ones = 0;
  for (unsigned n = 0; n < count; ++n) {
    zeros += half(n) == 0 ? 1 : 0;
    ones += half(n) == 0xFFFF ? 1 : 0;
  }
  const unsigned moves = std::max(1u, count - std::max(zeros, ones));
  if (moves > 1) {
    if (is_logic_imm(bits, wide ? 8 : 4)) {
      a_.orr(gp(reg, wide ? 8 : 4), zero(wide ? 8 : 4), asmjit::Imm(bits));
      return;
    }
    if (moves > 2 && may_load) {
      std::uint32_t number = 0;
      if (!is_far(number)) {
        refer(0x58000000u | reg, literal(bits, 0, 8), Reach::Literal, number);
        return;
      }
    }
  }
  const bool inverted_first = ones > zeros;
  bool first = true;
  for (unsigned n = 0; n < count; ++n) {
    if (half(n) == (inverted_first ? 0xFFFFu : 0u)) continue;
    if (first && inverted_first) {
      word(sf | kMovn | n << 21 | (half(n) ^ 0xFFFF) << 5 | reg);
    } else {
      word(sf | (first ? kMovz : kMovk) | n << 21 | half(n) << 5 | reg);
    }
    first = false;
  }
  if (first) word(sf | (inverted_first ? kMovn : kMovz) | reg);
}

/// d = a + imm, by way of the second scratch register where it is large.
void Emitter::add_imm(std::uint32_t d, std::uint32_t a, std::int64_t imm) {
  const InstId id = imm < 0 ? Inst::kIdSub : Inst::kIdAdd;
  const auto size = static_cast<std::uint64_t>(imm < 0 ? -imm : imm);
  if (size < 1u << 24) {
    const std::uint64_t high = size >> 12;
    const std::uint64_t low = size & 0xFFF;
    if (high != 0) {
      a_.emit(id, gp(d, 8), gp(a, 8), asmjit::Imm(high), shift_imm(Shift::Lsl, 12));
      a = d;
    }
    if (low != 0 || (high == 0 && d != a)) a_.emit(id, gp(d, 8), gp(a, 8), asmjit::Imm(low));
    return;
  }
  mov_imm(kScratch2, size);
  a_.emit(id, gp(d, 8), gp(a, 8), gp(kScratch2, 8));
}

// ---- last sources
// ----------------------------------------------------------------------------------------

namespace {

/// Ops whose last source may be shifted, by name and encoding of that form; bit 29 of a sum sets
/// the flags.
struct Form {
  asmjit::InstId id;
  const char* name;
  std::uint32_t bits;
  bool is_sum;
  bool no_result;  // only the flags
  bool no_first;   // only the last source
};

constexpr Form kForms[] = {
    {Inst::kIdAdd, "add", 0x0B000000, true, false, false},
    {Inst::kIdSub, "sub", 0x4B000000, true, false, false},
    {Inst::kIdCmp, "cmp", 0x6B000000, true, true, false},
    {Inst::kIdCmn, "cmn", 0x2B000000, true, true, false},
    {Inst::kIdNeg, "neg", 0x4B000000, true, false, true},
    {Inst::kIdAnd, "and", 0x0A000000, false, false, false},
    {Inst::kIdBic, "bic", 0x0A200000, false, false, false},
    {Inst::kIdOrr, "orr", 0x2A000000, false, false, false},
    {Inst::kIdOrn, "orn", 0x2A200000, false, false, false},
    {Inst::kIdMvn, "mvn", 0x2A200000, false, false, true},
    {Inst::kIdEor, "eor", 0x4A000000, false, false, false},
    {Inst::kIdEon, "eon", 0x4A200000, false, false, false},
    {Inst::kIdTst, "tst", 0x6A000000, false, true, false},
};

constexpr const char* kShifts[] = {"lsl", "lsr", "asr", "ror"};
constexpr const char* kExtends[] = {"uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"};

}  // namespace

/// d, a and a last source: register `last` as aux says, or that number. Encoded here: the assembler
/// lacks extended forms of 64 bits and large numbers in compares, and its text does not say all.
void Emitter::op2(InstId id, unsigned size, std::uint32_t d, std::uint32_t a, std::uint32_t aux,
                  std::uint64_t last) {
  const Form& form = *std::find_if(std::begin(kForms), std::end(kForms),
                                   [id](const Form& f) { return f.id == id; });
  if (form.no_result) d = 31;
  if (form.no_first) a = 31;
  std::uint32_t bits = form.bits | (size == 8 ? 1u << 31 : 0) | a << 5 | d;
  const std::string file = size == 8 ? "x" : "w";
  std::string text;
  switch (op2_of(aux)) {
    case Op2::Reg:
      bits |= static_cast<std::uint32_t>(last) << 16;
      text = file + std::to_string(last);
      break;
    case Op2::Shifted:
      bits |= static_cast<std::uint32_t>(last) << 16 | op2_how(aux) << 22 | op2_amount(aux) << 10;
      text = file + std::to_string(last) + ", " + kShifts[op2_how(aux)] + ' ' +
             std::to_string(op2_amount(aux));
      break;
    case Op2::Extended:
      bits |= 1u << 21 | static_cast<std::uint32_t>(last) << 16 | op2_how(aux) << 13 |
              op2_amount(aux) << 10;
      text = "w" + std::to_string(last) + ", " + kExtends[op2_how(aux)] + ' ' +
             std::to_string(op2_amount(aux));
      break;
    case Op2::Imm:
      if (size == 4) last &= 0xFFFFFFFF;
      text = std::to_string(last);
      if (form.is_sum) {
        const auto number = static_cast<std::uint32_t>(last);
        bits = (bits & ~0x0F000000u) | 0x11000000;
        bits |= number > 0xFFF ? 1u << 22 | number >> 12 << 10 : number << 10;
        break;
      }
      asmjit::a64::Utils::LogicalImm imm{};
      asmjit::a64::Utils::encodeLogicalImm(last, 8 * size, &imm);
      bits = (bits & ~0x1F000000u) | 0x12000000 | imm.n << 22 | imm.r << 16 | imm.s << 10;
      break;
  }
  word(bits);
  if (log_ == nullptr) return;
  const auto name = [&](std::uint32_t r) { return file + std::to_string(r) + ", "; };
  char bytes[32];
  std::snprintf(bytes, sizeof bytes, " ; %08X\n", __builtin_bswap32(bits));
  logger_.log((std::string(form.name) + ' ' + (form.no_result ? "" : name(d)) +
               (form.no_first ? "" : name(a)) + text + bytes)
                  .c_str());
}

/// The same, of an instruction: the registers before the last source, and the position of its
/// register among the operands.
void Emitter::op2(InstId id, const MInst& i, std::initializer_list<Gp> before, unsigned n) {
  const std::uint64_t last =
      op2_of(i.aux) == Op2::Imm ? static_cast<std::uint64_t>(i.imm) : op(i, n).loc.n;
  op2(id, i.size, before.begin()->id(), (before.end() - 1)->id(), i.aux, last);
}

// ---- compares
// --------------------------------------------------------------------------------------------

/// A compare that is made only where the flags say so.
void Emitter::compare_again(const MInst& i, unsigned first) {
  flags_.known = false;
  const asmjit::Imm otherwise(i.imm >> 12 & 15);
  const asmjit::Imm where = cond(static_cast<Cc>(i.imm >> 8 & 15));
  if (compare_of(i.aux) == Compare::Float) {
    a_.emit(Inst::kIdFccmp_v, vec(op(i, first), i.size), vec(op(i, first + 1), i.size), otherwise,
            where);
    return;
  }
  const InstId id = compare_of(i.aux) == Compare::Cmn ? Inst::kIdCcmn : Inst::kIdCcmp;
  const Gp a = gp(op(i, first), i.size);
  if (op2_of(i.aux) == Op2::Imm) {
    a_.emit(id, a, asmjit::Imm(i.imm & 31), otherwise, where);
  } else {
    a_.emit(id, a, gp(op(i, first + 1), i.size), otherwise, where);
  }
}

/// Sets the flags from the operands that start at `first`, unless they say it already.
void Emitter::compare(const MInst& i, unsigned first) {
  if ((i.aux & kConditional) != 0) return compare_again(i, first);
  const bool bit = compare_of(i.aux) == Compare::Bit;
  const bool pair = !bit && op2_of(i.aux) != Op2::Imm;
  const Compared wanted = {true,
                           i.aux & kComparedBits,
                           i.size,
                           pair ? 0 : i.imm,
                           op(i, first).loc,
                           pair ? op(i, first + 1).loc : Loc{}};
  if (flags_ == wanted) return;
  flags_ = wanted;
  switch (compare_of(i.aux)) {
    case Compare::Int: op2(Inst::kIdCmp, i, {gp(op(i, first), i.size)}, first + 1); break;
    case Compare::Cmn: op2(Inst::kIdCmn, i, {gp(op(i, first), i.size)}, first + 1); break;
    case Compare::Test: op2(Inst::kIdTst, i, {gp(op(i, first), i.size)}, first + 1); break;
    case Compare::Bit:
      a_.tst(gp(op(i, first), i.size), asmjit::Imm(std::uint64_t{1} << i.imm));
      break;
    case Compare::Float:
      if (pair) {
        a_.fcmp(vec(op(i, first), i.size), vec(op(i, first + 1), i.size));
      } else {
        a_.fcmp(vec(op(i, first), i.size), asmjit::Imm(0));
      }
      break;
  }
}

namespace {

/// Ops whose code sets no flags, or is a compare and what uses it.
bool keeps_flags(std::uint16_t op) {
  if (op >= kMovImm && op <= kDivU) return true;
  if (op >= kCmpFlags && op <= kCmpGuard) return true;
  if (op >= kFmovImm && op <= kCvtFToF) return true;
  return op == kMove || op == kLoad || op == kStore || op == kAddr || op == kCallTable;
}

}  // namespace

/// What is known of the flags behind an instruction: as before only where it is one of those that
/// leave them alone and what was compared.
void Emitter::forget_flags(const MInst& behind) {
  if (!keeps_flags(behind.op)) {
    flags_.known = false;
    return;
  }
  const bool floats = static_cast<Compare>(flags_.how >> 12 & 7) == Compare::Float;
  for (unsigned n = 0; n < behind.defs; ++n) {
    const MOperand& d = op(behind, n);
    if ((cls(d) == RegClass::Vec) == floats && (d.loc == flags_.a || d.loc == flags_.b)) {
      flags_.known = false;
    }
  }
}

bool Emitter::is_zero_test(const MInst& i) const {
  return (i.aux & kConditional) == 0 && compare_of(i.aux) == Compare::Int &&
         op2_of(i.aux) == Op2::Imm && i.imm == 0 && (i.cond == EQ || i.cond == NE);
}

/// Jumps when the compare's condition is `cc`, which is the instruction's own or its inverse.
void Emitter::branch_on(const MInst& i, unsigned first, Cc cc, Label to) {
  if (is_zero_test(i)) {
    cbz(cc == EQ, op(i, first).loc.n, i.size, to);
  } else if (compare_of(i.aux) == Compare::Bit) {
    tbz(cc == EQ, op(i, first).loc.n, static_cast<unsigned>(i.imm), to);
  } else {
    compare(i, first);
    b(cc, to);
  }
}

void Emitter::jump(MBlockId to) {
  if (!is_next(to)) b(label(to));
}

void Emitter::cmp_branch(const MInst& i) {
  const MBlock& block = m_.blocks[block_];
  const MBlockId taken = block.succs[0].to;
  const MBlockId other = block.succs[1].to;
  const auto cc = static_cast<Cc>(i.cond);
  if (is_next(taken)) {
    branch_on(i, 0, inverted(cc), label(other));
  } else {
    branch_on(i, 0, cc, label(taken));
    jump(other);
  }
}

/// d; then, else (zero when it is not there); the compare's operands.
void Emitter::cmp_select(const MInst& i) {
  const unsigned size = result_size_of(i.aux);
  const auto cc = static_cast<Cc>(i.cond);
  const bool pair = op2_of(i.aux) != Op2::Imm && compare_of(i.aux) != Compare::Bit;
  const unsigned compared = pair ? 2 : 1;
  const bool has_else = operand_count(i) - compared == 3;
  const unsigned first = has_else ? 3 : 2;
  if (cls(op(i, 0)) == RegClass::Int) {
    compare(i, first);
    a_.csel(gp(op(i, 0), size), gp(op(i, 1), size), has_else ? gp(op(i, 2), size) : zero(size),
            cond(cc));
  } else if (size != 16) {
    compare(i, first);
    a_.fcsel(vec(op(i, 0), size), vec(op(i, 1), size), vec(op(i, 2), size), cond(cc));
  } else {
    const Label skip = new_label();
    branch_on(i, first, inverted(cc), skip);
    copy(op(i, 0).loc.n, op(i, 1).loc.n, 16);
    bind(skip);
  }
}

/// The report takes 64 bits.
void Emitter::report_wide(const MOperand& value) {
  if (has(kCpuPoison) && m_.vregs[raw(value.vreg)].is_i32) a_.mov(gp(value, 4), gp(value, 4));
}

void Emitter::cmp_trap(const MInst& i) {
  const auto cc = static_cast<Cc>(i.cond);
  if (i.op == kCmpTrap) {
    branch_on(i, 0, cc, trap_label(trap_of(i.aux), i.pos));
    return;
  }
  if (i.op == kCmpGuard) {
    const unsigned size = result_size_of(i.aux);
    report_wide(op(i, 1));
    compare(i, 2);
    b(cc, trap_label(trap_of(i.aux), i.pos, op(i, 1).loc.n));
    a_.csel(gp(op(i, 0), size), gp(op(i, 1), size), zero(size), cond(inverted(cc)));
    a_.csdb();
    return;
  }
  report_wide(op(i, 0));
  branch_on(i, 1, cc, trap_label(trap_of(i.aux), i.pos, op(i, 0).loc.n));
}

/// a / b overflows when b is -1 and a the most negative number, the one that a - 1 overflows for.
void Emitter::div_check(const MInst& i) {
  const Label trap = trap_label(static_cast<unsigned>(TrapKind::IntegerOverflow), i.pos);
  a_.cmn(gp(op(i, 1), i.size), asmjit::Imm(1));
  a_.ccmp(gp(op(i, 0), i.size), asmjit::Imm(1), asmjit::Imm(0), cond(EQ));
  b(VS, trap);
}

void Emitter::popcnt(const MInst& i) {
  const std::uint32_t t = kScratchVec;
  a_.fmov(vec(t, i.size), gp(op(i, 1), i.size));
  a_.cnt(a64::d(t).b8(), a64::d(t).b8());
  a_.emit(Inst::kIdAddv_v, a64::VecB(t), a64::d(t).b8());
  a_.fmov(gp(op(i, 0), 4), vec(t, 4));
}

/// imm: low bit | width << 8.
void Emitter::bit_field(const MInst& i) {
  const auto low = static_cast<unsigned>(i.imm & 0xFF);
  const auto width = static_cast<unsigned>(i.imm >> 8);
  const unsigned source = i.op == kBfi || i.op == kBfxil ? 2 : 1;
  const unsigned d = op(i, 0).loc.n;
  const unsigned s = op(i, source).loc.n;
  if (i.op == kUbfx && low == 0 && width == 32) {
    a_.mov(gp(d, 4), gp(s, 4));
    return;
  }
  const InstId id = i.op == kUbfx    ? Inst::kIdUbfx
                    : i.op == kSbfx  ? Inst::kIdSbfx
                    : i.op == kUbfiz ? Inst::kIdUbfiz
                    : i.op == kSbfiz ? Inst::kIdSbfiz
                    : i.op == kBfi   ? Inst::kIdBfi
                                     : Inst::kIdBfxil;
  a_.emit(id, gp(d, i.size), gp(s, i.size), asmjit::Imm(low), asmjit::Imm(width));
}

/// The table of distances stands behind the jump.
void Emitter::jump_table(const MInst& i) {
  const std::vector<std::uint32_t>& table = m_.jump_tables[static_cast<std::size_t>(i.imm)];
  const MBlock& from = m_.blocks[block_];
  const MBlockId otherwise = from.succs[table.back()].to;
  if (table.size() == 1) return jump(otherwise);
  const Gp index = gp(op(i, 0), 4);
  const std::uint64_t last = table.size() - 1;
  if (last <= 0xFFF) {
    a_.cmp(index, asmjit::Imm(last));
  } else {
    mov_imm(kScratch, last);
    a_.cmp(index, gp(kScratch, 4));
  }
  b(HS, label(otherwise));
  Gp inside = index;
  if ((i.aux & kSpectreGuard) != 0) {
    inside = gp(kScratch2, 4);
    a_.csel(inside, index, zero(4), cond(LO));
    a_.csdb();
  }
  const Label base = new_label();
  refer(0x10000000u | kScratch, base, Reach::Literal, ~0u);  // adr, a multiple of 4 ahead
  a_.ldrsw(gp(kScratch2, 8),
           a64::ptr(gp(kScratch, 8), inside, asmjit::arm::Shift(asmjit::arm::ShiftOp::kUXTW, 2)));
  a_.add(gp(kScratch, 8), gp(kScratch, 8), gp(kScratch2, 8));
  a_.br(gp(kScratch, 8));
  bind(base);
  place(CodePlace::kData);
  for (std::size_t n = 0; n < last; ++n) {
    differences_.push_back({here(), label(from.succs[table[n]].to), base});
    word(0);
  }
}

bool Emitter::emit_int(const MInst& i) {
  const auto d = [&] { return gp(op(i, 0), i.size); };
  const auto a = [&] { return gp(op(i, 1), i.size); };
  const auto binary = [&](InstId id) { op2(id, i, {d(), a()}, 2); };
  const auto two = [&](InstId id) { a_.emit(id, d(), a()); };
  const auto three = [&](InstId id) { a_.emit(id, d(), a(), gp(op(i, 2), i.size)); };
  const auto four = [&](InstId id) {
    a_.emit(id, d(), a(), gp(op(i, 2), i.size), gp(op(i, 3), i.size));
  };
  const auto shift = [&](InstId id) {
    if (i.uses == 1) {
      a_.emit(id, d(), a(), asmjit::Imm(i.imm));
    } else {
      three(id);
    }
  };
  const auto widening = [&](InstId id, bool sum) {
    const Gp wide = gp(op(i, 0), 8);
    if (sum) {
      a_.emit(id, wide, gp(op(i, 1), 4), gp(op(i, 2), 4), gp(op(i, 3), 8));
    } else {
      a_.emit(id, wide, gp(op(i, 1), 4), gp(op(i, 2), 4));
    }
  };
  switch (i.op) {
    case kMovImm: mov_imm(op(i, 0).loc.n, static_cast<std::uint64_t>(i.imm)); return true;
    case kAdd: binary(Inst::kIdAdd); return true;
    case kSub: binary(Inst::kIdSub); return true;
    case kAnd: binary(Inst::kIdAnd); return true;
    case kOr: binary(Inst::kIdOrr); return true;
    case kXor: binary(Inst::kIdEor); return true;
    case kBic: binary(Inst::kIdBic); return true;
    case kOrn: binary(Inst::kIdOrn); return true;
    case kEon: binary(Inst::kIdEon); return true;
    case kNeg: op2(Inst::kIdNeg, i, {d()}, 1); return true;
    case kNot: op2(Inst::kIdMvn, i, {d()}, 1); return true;
    case kLsl: shift(Inst::kIdLsl); return true;
    case kLsr: shift(Inst::kIdLsr); return true;
    case kAsr: shift(Inst::kIdAsr); return true;
    case kRor: shift(Inst::kIdRor); return true;
    case kExtr: a_.extr(d(), a(), gp(op(i, 2), i.size), asmjit::Imm(i.imm)); return true;
    case kUbfx:
    case kSbfx:
    case kUbfiz:
    case kSbfiz:
    case kBfi:
    case kBfxil: bit_field(i); return true;
    case kClz: two(Inst::kIdClz); return true;
    case kRbit: two(Inst::kIdRbit); return true;
    case kPopcnt: popcnt(i); return true;
    case kMul: three(Inst::kIdMul); return true;
    case kMneg: three(Inst::kIdMneg); return true;
    case kMadd: four(Inst::kIdMadd); return true;
    case kMsub: four(Inst::kIdMsub); return true;
    case kUmull: widening(Inst::kIdUmull, false); return true;
    case kSmull: widening(Inst::kIdSmull, false); return true;
    case kUmaddl: widening(Inst::kIdUmaddl, true); return true;
    case kSmaddl: widening(Inst::kIdSmaddl, true); return true;
    case kMulHiS: three(Inst::kIdSmulh); return true;
    case kMulHiU: three(Inst::kIdUmulh); return true;
    case kDivS: three(Inst::kIdSdiv); return true;
    case kDivU: three(Inst::kIdUdiv); return true;
    case kDivCheck: div_check(i); return true;
    case kCmpFlags: compare(i, 0); return true;
    case kCmpBranch: cmp_branch(i); return true;
    case kCmpSet:
      compare(i, 1);
      a_.cset(gp(op(i, 0), 4), cond(static_cast<Cc>(i.cond)));
      return true;
    case kCmpInc:
      compare(i, 2);
      a_.cinc(gp(op(i, 0), result_size_of(i.aux)), gp(op(i, 1), result_size_of(i.aux)),
              cond(static_cast<Cc>(i.cond)));
      return true;
    case kCmpSelect: cmp_select(i); return true;
    case kCmpTrap:
    case kCmpTrapInfo:
    case kCmpGuard: cmp_trap(i); return true;
    case kJumpTable: jump_table(i); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
