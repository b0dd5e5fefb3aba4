// Scalar floats: arithmetic, constants and conversions.
#include <bit>

#include "jit/arm64/emit.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::arm64 {

namespace a64 = asmjit::a64;
using a64::Inst;

namespace {

/// The 8 bits that fmov has for a number: its sign, three bits of exponent, four of fraction.
bool fmov_imm(std::uint64_t bits, unsigned size, std::uint32_t& imm) {
  const unsigned fraction = size == 4 ? 23 : 52;
  const unsigned exponent = size == 4 ? 8 : 11;
  const auto bit = [bits](unsigned n) { return bits >> n & 1; };
  const std::uint64_t top = bit(fraction + exponent);
  const std::uint64_t repeated = bit(fraction + exponent - 2);
  imm = static_cast<std::uint32_t>(top << 7 | repeated << 6 | (bits >> (fraction - 4) & 0x3F));
  const std::uint64_t ones = (std::uint64_t{1} << (exponent - 3)) - 1;
  const std::uint64_t back =
      top << (fraction + exponent) | (repeated ^ 1) << (fraction + exponent - 1) |
      (repeated != 0 ? ones : 0) << (fraction + 2) | std::uint64_t{imm & 0x3F} << (fraction - 4);
  return back == bits;
}

}  // namespace

// ---- constants
// -------------------------------------------------------------------------------------------

void Emitter::load_literal(std::uint32_t reg, std::uint64_t lo, std::uint64_t hi, unsigned bytes) {
  std::uint32_t number = 0;
  if (!is_far(number)) {
    const std::uint32_t code = bytes == 4 ? 0x1C000000 : bytes == 8 ? 0x5C000000 : 0x9C000000;
    refer(code | reg, literal(lo, hi, bytes), Reach::Literal, number);
    return;
  }
  mov_imm(kScratch, lo, false);
  a_.fmov(vec(reg, bytes == 4 ? 4 : 8), gp(kScratch, bytes == 4 ? 4 : 8));
  if (bytes != 16 || hi == 0) return;
  mov_imm(kScratch, hi, false);
  a_.mov(a64::v(reg).d(1), gp(kScratch, 8));
}

void Emitter::float_imm(std::uint32_t reg, std::uint64_t bits, unsigned size) {
  std::uint32_t imm = 0;
  if (bits == 0) {
    word(0x2F00E400 | reg);  // movi d, #0
  } else if (fmov_imm(bits, size, imm)) {
    word((size == 4 ? 0x1E201000 : 0x1E601000) | imm << 13 | reg);
  } else {
    load_literal(reg, bits, 0, size);
  }
}

// ---- float to integer
// ------------------------------------------------------------------------------------

/// The machine's conversion saturates and gives 0 for NaN; what is out of range is found out around
/// it.
void Emitter::trunc(const MInst& i) {
  const bool is_signed = (i.aux & kSigned) != 0;
  const bool wide = (i.aux & kWide) != 0;
  const std::uint32_t d = op(i, 0).loc.n;
  const Vec a = vec(op(i, 1), i.size);
  const InstId convert = is_signed ? Inst::kIdFcvtzs_v : Inst::kIdFcvtzu_v;
  if (i.op == kTruncSat) {
    a_.emit(convert, gp(d, wide ? 8 : 4), a);
    return;
  }
  const Label overflow = trap_label(static_cast<unsigned>(TrapKind::IntegerOverflow), i.pos);
  const Label invalid =
      trap_label(static_cast<unsigned>(TrapKind::InvalidConversionToInteger), i.pos);
  const Vec t = vec(kScratchVec, i.size);
  const auto bits = [&](double value) {
    return i.size == 4 ? std::uint64_t{std::bit_cast<std::uint32_t>(static_cast<float>(value))}
                       : std::bit_cast<std::uint64_t>(value);
  };
  if (!is_signed) {
    // Above -1, which NaN is not either.
    const Label low = new_label();
    float_imm(kScratchVec, bits(-1.0), i.size);
    a_.fcmp(a, t);
    b(LE, low);
    a_.emit(convert, gp(d, 8), a);
    if (wide) {  // no number becomes the largest but by saturation
      a_.cmn(gp(d, 8), asmjit::Imm(1));
      b(EQ, overflow);
    } else {
      a_.lsr(gp(kScratch, 8), gp(d, 8), asmjit::Imm(32));
      cbz(false, kScratch, 8, overflow);
    }
    cold([this, low, a, invalid, overflow] {
      bind(low);
      a_.fcmp(a, a);
      b(VS, invalid);
      b(overflow);
    });
    return;
  }
  if (!wide) {
    a_.emit(convert, gp(kScratch, 8), a);
    a_.fcmp(a, a);
    b(VS, invalid);
    op2(Inst::kIdCmp, 8, 31, kScratch, op2_bits(Op2::Extended, static_cast<unsigned>(Extend::Sxtw)),
        kScratch);
    b(NE, overflow);
    a_.mov(gp(d, 4), gp(kScratch, 4));
    return;
  }
  // The largest number and the smallest are suspicious: x + 1 and x - 1 overflow.
  const Label extreme = new_label();
  const Label done = new_label();
  a_.emit(convert, gp(kScratch, 8), a);
  a_.fcmp(a, a);
  b(VS, invalid);
  a_.cmn(gp(kScratch, 8), asmjit::Imm(1));
  a_.ccmp(gp(kScratch, 8), asmjit::Imm(1), asmjit::Imm(1), asmjit::Imm(asmjit::arm::CondCode::kVC));
  b(VS, extreme);
  bind(done);
  mov(d, kScratch);
  const std::uint64_t smallest = bits(-9223372036854775808.0);
  cold([this, extreme, done, a, t, overflow, smallest, size = unsigned{i.size}] {
    bind(extreme);  // the smallest itself is right
    mov_imm(kScratch2, smallest, false);
    a_.fmov(t, gp(kScratch2, size));
    a_.fcmp(a, t);
    b(EQ, done);
    b(overflow);
  });
}

bool Emitter::emit_float(const MInst& i) {
  const auto binary = [&](InstId id) {
    a_.emit(id, vec(op(i, 0), i.size), vec(op(i, 1), i.size), vec(op(i, 2), i.size));
    return true;
  };
  const auto unary = [&](InstId id) {
    a_.emit(id, vec(op(i, 0), i.size), vec(op(i, 1), i.size));
    return true;
  };
  switch (i.op) {
    case kFmovImm:
      float_imm(op(i, 0).loc.n, static_cast<std::uint64_t>(i.imm), i.size);
      return true;
    case kFadd: return binary(Inst::kIdFadd_v);
    case kFsub: return binary(Inst::kIdFsub_v);
    case kFmul: return binary(Inst::kIdFmul_v);
    case kFdiv: return binary(Inst::kIdFdiv_v);
    case kFmin: return binary(Inst::kIdFmin_v);
    case kFmax: return binary(Inst::kIdFmax_v);
    case kFsqrt: return unary(Inst::kIdFsqrt_v);
    case kFabs: return unary(Inst::kIdFabs_v);
    case kFneg: return unary(Inst::kIdFneg_v);
    case kFround: {
      static constexpr InstId kRound[] = {Inst::kIdFrintn_v, Inst::kIdFrintm_v, Inst::kIdFrintp_v,
                                          Inst::kIdFrintz_v};
      return unary(kRound[i.imm]);
    }
    case kFcopysign: {
      // The sign moves to the lowest bit and from there over the result's.
      const std::uint32_t d = op(i, 0).loc.n;
      const std::uint32_t sign = op(i, 2).loc.n;
      if (i.size == 8) {
        a_.ushr(a64::d(kScratchVec), a64::d(sign), asmjit::Imm(63));
        a_.sli(a64::d(d), a64::d(kScratchVec), asmjit::Imm(63));
      } else {
        a_.ushr(a64::d(kScratchVec).s2(), a64::d(sign).s2(), asmjit::Imm(31));
        a_.sli(a64::d(d).s2(), a64::d(kScratchVec).s2(), asmjit::Imm(31));
      }
      return true;
    }
    case kMovToVec: a_.fmov(vec(op(i, 0), i.size), gp(op(i, 1), i.size)); return true;
    case kMovFromVec: a_.fmov(gp(op(i, 0), i.size), vec(op(i, 1), i.size)); return true;
    case kCvtSToF: a_.scvtf(vec(op(i, 0), i.size), gp(op(i, 1), i.aux)); return true;
    case kCvtUToF: a_.ucvtf(vec(op(i, 0), i.size), gp(op(i, 1), i.aux)); return true;
    case kCvtFToF: a_.fcvt(vec(op(i, 0), i.size), vec(op(i, 1), i.size == 4 ? 8 : 4)); return true;
    case kTruncSat:
    case kTruncToInt: trunc(i); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
