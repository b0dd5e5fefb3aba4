// Scalar floats: arithmetic, the Wasm corner cases of min, max and copysign, and conversions.
#include <bit>

#include "jit/x64/emit.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::x64 {

namespace x86 = asmjit::x86;
namespace Inst = x86::Inst;

void Emitter::float_binary(const MInst& i, Inst::Id ss, Inst::Id sd, Inst::Id vss, Inst::Id vsd) {
  const asmjit::Operand s = source(i, 2, i.size, RegClass::Vec);
  const x86::Xmm d = xmm(op(i, 0));
  if (has(kCpuAvx)) {
    a_.emit(i.size == 4 ? vss : vsd, d, xmm(op(i, 1)), s);
  } else {
    a_.emit(i.size == 4 ? ss : sd, d, s);
  }
}

/// Fills the scratch vector with ones in the sign bits, or everywhere else.
void Emitter::float_mask(bool keep_sign, unsigned size) {
  const x86::Xmm t = xmm(kScratchVec);
  a_.pcmpeqd(t, t);
  if (size == 4) {
    if (keep_sign) {
      a_.pslld(t, 31);
    } else {
      a_.psrld(t, 1);
    }
  } else if (keep_sign) {
    a_.psllq(t, 63);
  } else {
    a_.psrlq(t, 1);
  }
}

/// minss gives its second operand for NaNs and for zeros of either sign: both are handled aside.
void Emitter::float_min_max(const MInst& i) {
  const x86::Xmm d = xmm(op(i, 0));
  const x86::Xmm b = xmm(op(i, 2));
  const bool is_min = i.op == kFmin;
  const bool single = i.size == 4;
  const Label unordered = a_.newLabel();
  const Label equal = a_.newLabel();
  const Label done = a_.newLabel();
  if (single) {
    a_.ucomiss(d, b);
  } else {
    a_.ucomisd(d, b);
  }
  a_.jp(unordered);
  a_.je(equal);
  if (single) {
    a_.emit(is_min ? Inst::kIdMinss : Inst::kIdMaxss, d, b);
  } else {
    a_.emit(is_min ? Inst::kIdMinsd : Inst::kIdMaxsd, d, b);
  }
  a_.bind(done);
  cold([=, this] {
    a_.bind(unordered);  // a quiet NaN of one of them
    if (single) {
      a_.addss(d, b);
    } else {
      a_.addsd(d, b);
    }
    a_.jmp(done);
    a_.bind(equal);  // only zeros differ: -0 is the smaller
    if (is_min) {
      a_.orps(d, b);
    } else {
      a_.andps(d, b);
    }
    a_.jmp(done);
  });
}

/// Halves numbers above the signed range, keeping the lost bit for rounding.
void Emitter::convert_u64(const MInst& i) {
  const x86::Xmm d = xmm(op(i, 0));
  const x86::Gp t = gp(op(i, 1), 8);
  const x86::Gp s = gp(op(i, 2), 8);
  const Label large = a_.newLabel();
  const Label done = a_.newLabel();
  const bool single = i.size == 4;
  a_.xorps(d, d);
  a_.test(s, s);
  a_.js(large);
  a_.emit(single ? Inst::kIdCvtsi2ss : Inst::kIdCvtsi2sd, d, s);
  a_.bind(done);
  cold([=, this] {
    a_.bind(large);
    a_.mov(t, s);
    a_.mov(x86::gpq(kScratch), s);
    a_.shr(t, 1);
    a_.and_(x86::gpd(kScratch), 1);
    a_.or_(t, x86::gpq(kScratch));
    a_.emit(single ? Inst::kIdCvtsi2ss : Inst::kIdCvtsi2sd, d, t);
    a_.emit(single ? Inst::kIdAddss : Inst::kIdAddsd, d, d);
    a_.jmp(done);
  });
}

// ---- float to integer
// ---------------------------------------------------------------------------------------

namespace {
constexpr unsigned kSigned = 1, kSaturating = 2, kWide = 4;
}

/// aux: kSigned, kSaturating, kWide. The machine's conversion gives the most negative integer for
/// everything it cannot represent; what then is right is found out behind the hot code.
void Emitter::trunc(const MInst& i) {
  const x86::Xmm s = xmm(op(i, 2));
  const bool is_signed = (i.aux & kSigned) != 0;
  const bool wide = (i.aux & kWide) != 0;
  const Inst::Id cvt = i.size == 4 ? Inst::kIdCvttss2si : Inst::kIdCvttsd2si;
  const x86::Gp d4 = gp(op(i, 0), 4);
  const x86::Gp d8 = gp(op(i, 0), 8);
  const Label slow = a_.newLabel();
  const Label done = a_.newLabel();
  if (is_signed) {
    const x86::Gp d = wide ? d8 : d4;
    a_.emit(cvt, d, s);
    a_.cmp(d, 1);
    a_.jo(slow);
  } else if (!wide) {
    a_.emit(cvt, d8, s);
    a_.mov(x86::gpd(kScratch), d4);
    a_.cmp(x86::gpq(kScratch), d8);
    a_.jne(slow);
  } else {
    a_.emit(cvt, d8, s);
    a_.test(d8, d8);
    a_.js(slow);
  }
  a_.bind(done);
  const MInst copy = i;
  cold([this, copy, slow, done] {
    a_.bind(slow);
    trunc_cold(copy, done);
  });
}

void Emitter::trunc_cold(const MInst& i, Label done) {
  const x86::Xmm s = xmm(op(i, 2));
  const x86::Xmm t = xmm(op(i, 1));
  const bool single = i.size == 4;
  const bool is_signed = (i.aux & kSigned) != 0;
  const bool saturating = (i.aux & kSaturating) != 0;
  const bool wide = (i.aux & kWide) != 0;
  const x86::Gp d4 = gp(op(i, 0), 4);
  const x86::Gp d8 = gp(op(i, 0), 8);
  const Label overflow = trap_label(static_cast<unsigned>(TrapKind::IntegerOverflow), i.pos);
  const Label invalid =
      trap_label(static_cast<unsigned>(TrapKind::InvalidConversionToInteger), i.pos);
  const auto constant = [&](double value) {
    if (single) {
      a_.mov(x86::gpd(kScratch), std::bit_cast<std::uint32_t>(static_cast<float>(value)));
      a_.movd(t, x86::gpd(kScratch));
    } else {
      a_.mov(x86::gpq(kScratch), std::bit_cast<std::uint64_t>(value));
      a_.movq(t, x86::gpq(kScratch));
    }
  };
  const auto compare = [&] { a_.emit(single ? Inst::kIdUcomiss : Inst::kIdUcomisd, s, t); };
  const Label ordered = a_.newLabel();
  a_.emit(single ? Inst::kIdUcomiss : Inst::kIdUcomisd, s, s);
  if (saturating) {
    a_.jnp(ordered);
    a_.xor_(d4, d4);
    a_.jmp(done);
    a_.bind(ordered);
  } else {
    a_.jp(invalid);
  }
  const Label negative = a_.newLabel();
  a_.xorps(t, t);
  compare();
  a_.jb(negative);
  if (is_signed) {  // too large
    if (!saturating) {
      a_.jmp(overflow);
    } else {
      a_.mov(wide ? d8 : d4, wide ? INT64_MAX : INT32_MAX);
      a_.jmp(done);
    }
  } else if (!wide) {
    if (!saturating) {
      a_.jmp(overflow);
    } else {
      a_.mov(d4, -1);
      a_.jmp(done);
    }
  } else {  // at least 2^63: without it, if it is below 2^64
    const Label too_large = a_.newLabel();
    constant(9223372036854775808.0);
    // t = s - 2^63
    a_.movaps(xmm(kScratchVec), s);
    a_.emit(single ? Inst::kIdSubss : Inst::kIdSubsd, xmm(kScratchVec), t);
    a_.emit(single ? Inst::kIdCvttss2si : Inst::kIdCvttsd2si, d8, xmm(kScratchVec));
    a_.test(d8, d8);
    a_.js(saturating ? too_large : overflow);
    a_.btc(d8, 63);
    a_.jmp(done);
    if (saturating) {
      a_.bind(too_large);
      a_.mov(d8, -1);
      a_.jmp(done);
    }
  }
  a_.bind(negative);
  if (is_signed) {
    // The most negative integer itself is right when nothing was lost.
    const double bound = wide ? -9223372036854775808.0 : single ? -2147483648.0 : -2147483649.0;
    constant(bound);
    compare();
    if (!saturating) {
      jcc(wide || single ? AE : A, done);
      a_.jmp(overflow);
    } else {
      a_.jmp(done);  // the result is the most negative integer already
    }
  } else if (saturating) {
    a_.xor_(d4, d4);
    a_.jmp(done);
  } else {
    a_.jmp(overflow);
  }
}

bool Emitter::emit_float(const MInst& i) {
  const bool single = i.size == 4;
  switch (i.op) {
    case kFmovImm: {
      const x86::Xmm d = xmm(op(i, 0));
      const auto bits = static_cast<std::uint64_t>(i.imm);
      if (bits == 0) {
        a_.xorps(d, d);
      } else if (single) {
        a_.movss(d, x86::ptr(literal(bits, 0, 4)));
      } else {
        a_.movsd(d, x86::ptr(literal(bits, 0, 8)));
      }
      return true;
    }
    case kFadd:
      float_binary(i, Inst::kIdAddss, Inst::kIdAddsd, Inst::kIdVaddss, Inst::kIdVaddsd);
      return true;
    case kFsub:
      float_binary(i, Inst::kIdSubss, Inst::kIdSubsd, Inst::kIdVsubss, Inst::kIdVsubsd);
      return true;
    case kFmul:
      float_binary(i, Inst::kIdMulss, Inst::kIdMulsd, Inst::kIdVmulss, Inst::kIdVmulsd);
      return true;
    case kFdiv:
      float_binary(i, Inst::kIdDivss, Inst::kIdDivsd, Inst::kIdVdivss, Inst::kIdVdivsd);
      return true;
    case kFmin:
    case kFmax: float_min_max(i); return true;
    case kFsqrt:
    case kFround: {
      const x86::Xmm d = xmm(op(i, 0));
      const x86::Xmm s = xmm(op(i, 1));
      if (d != s) a_.xorps(d, d);  // no dependency on what was there
      if (i.op == kFsqrt) {
        a_.emit(single ? Inst::kIdSqrtss : Inst::kIdSqrtsd, d, s);
      } else {
        a_.emit(single ? Inst::kIdRoundss : Inst::kIdRoundsd, d, s, asmjit::Imm(i.imm | 8));
      }
      return true;
    }
    case kFabs:
    case kFneg: {
      float_mask(i.op == kFneg, i.size);
      if (i.op == kFneg) {
        a_.xorps(xmm(op(i, 0)), xmm(kScratchVec));
      } else {
        a_.andps(xmm(op(i, 0)), xmm(kScratchVec));
      }
      return true;
    }
    case kFcopysign: {
      // ((a ^ b) & ~sign) ^ b
      float_mask(false, i.size);
      a_.xorps(xmm(op(i, 0)), xmm(op(i, 2)));
      a_.andps(xmm(op(i, 0)), xmm(kScratchVec));
      a_.xorps(xmm(op(i, 0)), xmm(op(i, 2)));
      return true;
    }
    case kMovToVec:
      if (single) {
        a_.movd(xmm(op(i, 0)), gp(op(i, 1), 4));
      } else {
        a_.movq(xmm(op(i, 0)), gp(op(i, 1), 8));
      }
      return true;
    case kMovFromVec:
      if (single) {
        a_.movd(gp(op(i, 0), 4), xmm(op(i, 1)));
      } else {
        a_.movq(gp(op(i, 0), 8), xmm(op(i, 1)));
      }
      return true;
    case kCvtIntToF: {
      const x86::Xmm d = xmm(op(i, 0));
      a_.xorps(d, d);
      a_.emit(single ? Inst::kIdCvtsi2ss : Inst::kIdCvtsi2sd, d, gp(op(i, 1), i.aux));
      return true;
    }
    case kCvtU64ToF: convert_u64(i); return true;
    case kCvtFToF: {
      const x86::Xmm d = xmm(op(i, 0));
      const x86::Xmm s = xmm(op(i, 1));
      if (d != s) a_.xorps(d, d);
      a_.emit(single ? Inst::kIdCvtsd2ss : Inst::kIdCvtss2sd, d, s);
      return true;
    }
    case kTruncToInt: trunc(i); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
