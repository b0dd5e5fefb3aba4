// Vector instructions on floats, and conversions, where Wasm and the machine differ.
#include "jit/x64/select_simd.h"

namespace wasmrt::jit::x64 {

using namespace ir;

namespace {

constexpr unsigned kEqual = 0, kUnordered = 3, kNotLess = 5;  // immediates of cmpps

}  // namespace

/// The machine's min gives its second source where neither is less: for zeros of both signs and
/// for NaNs. Both orders merged make -0 the smaller one; NaNs come from a sum.
void VectorSelector::min_max(bool is_double, bool is_max) {
  const VReg a = arg(0);
  const VReg b = arg(1);
  const VecOp extreme =
      is_double ? (is_max ? VecOp::Maxpd : VecOp::Minpd) : (is_max ? VecOp::Maxps : VecOp::Minps);
  const VReg first = bin(extreme, a, b);
  const VReg second = bin(extreme, b, a);
  const VReg merged = bin(is_max ? VecOp::Pand : VecOp::Por, first, second);
  const VReg sum = bin(is_double ? VecOp::Addpd : VecOp::Addps, a, b);
  const VReg unordered = bin(is_double ? VecOp::Cmppd : VecOp::Cmpps, a, b, kUnordered);
  if (avx() && !avx512()) {
    insn(is_double ? VecOp::Blendvpd : VecOp::Blendvps, {merged, sum, unordered}, 0, out());
  } else {
    select_bits(sum, merged, unordered, out());
  }
}

bool VectorSelector::floating() {
  constexpr std::uint32_t kSign32 = 0x8000'0000;
  constexpr std::uint64_t kSign64 = std::uint64_t{kSign32} << 32;
  // Products are rounded before they are added: what the other engines and machines do, too.
  const auto multiply_add = [&](VecOp mul, VecOp add, bool negated) {
    const VReg product = bin(mul, arg(0), arg(1));
    if (negated && mul == VecOp::Mulps) {
      bin(add, bin(VecOp::Pxor, product, literal(splat_of(kSign32))), arg(2), out());
    } else if (negated) {
      bin(add, bin(VecOp::Pxor, product, literal(splat_of(kSign64))), arg(2), out());
    } else {
      bin(add, product, arg(2), out());
    }
    return true;
  };
  switch (op_) {
    case Op::F32x4Abs: bin(VecOp::Pand, arg(0), literal(splat_of(~kSign32)), out()); return true;
    case Op::F64x2Abs: bin(VecOp::Pand, arg(0), literal(splat_of(~kSign64)), out()); return true;
    case Op::F32x4Neg: bin(VecOp::Pxor, arg(0), literal(splat_of(kSign32)), out()); return true;
    case Op::F64x2Neg: bin(VecOp::Pxor, arg(0), literal(splat_of(kSign64)), out()); return true;
    case Op::F32x4Min: min_max(false, false); return true;
    case Op::F32x4Max: min_max(false, true); return true;
    case Op::F64x2Min: min_max(true, false); return true;
    case Op::F64x2Max: min_max(true, true); return true;
    case Op::F32x4RelaxedMadd: return multiply_add(VecOp::Mulps, VecOp::Addps, false);
    case Op::F32x4RelaxedNmadd: return multiply_add(VecOp::Mulps, VecOp::Addps, true);
    case Op::F64x2RelaxedMadd: return multiply_add(VecOp::Mulpd, VecOp::Addpd, false);
    case Op::F64x2RelaxedNmadd: return multiply_add(VecOp::Mulpd, VecOp::Addpd, true);
    default: return false;
  }
}

// ---- conversions
// ----------------------------------------------------------------------------------------

/// The machine gives 0x80000000 for what it cannot represent: right for large negative numbers.
/// NaNs are made zero before, and too large ones inverted afterwards.
void VectorSelector::trunc_sat_s() {
  const VReg a = arg(0);
  const VReg number = bin(VecOp::Cmpps, a, a, kEqual);
  const VReg x = bin(VecOp::Pand, number, a);
  const VReg large = bin(VecOp::Cmpps, x, literal(splat_of(0x1p31f)), kNotLess);
  bin(VecOp::Pxor, un(VecOp::Cvttps2dq, x), large, out());
}

/// Numbers from 2^31 on: the machine gives 2^31 for them, and what is above it is added.
void VectorSelector::trunc_sat_u() {
  const VReg x = bin(VecOp::Maxps, arg(0), zero());  // zero for NaNs too
  if (avx512()) {
    un(VecOp::Cvttps2udq, x, out());
    return;
  }
  const VReg above = bin(VecOp::Subps, x, literal(splat_of(0x1p31f)));
  const VReg too_large = bin(VecOp::Cmpps, above, literal(splat_of(0x1p31f)), kNotLess);
  const VReg saturated = bin(VecOp::Pxor, un(VecOp::Cvttps2dq, above), too_large);
  const VReg rest = bin(VecOp::Pmaxsd, saturated, zero());
  bin(VecOp::Paddd, un(VecOp::Cvttps2dq, x), rest, out());
}

/// Both halves of a number, put into the fractions of 2^23 and 2^39; their difference and sum are
/// rounded once.
void VectorSelector::convert_u() {
  const VReg a = arg(0);
  if (avx512()) {
    un(VecOp::Cvtudq2ps, a, out());
    return;
  }
  const VReg low = bin(VecOp::Pblendw, a, literal(splat_of(0x1p23f)), 0xAA);
  const VReg shifted = un(VecOp::PsrldI, a, 16);
  const VReg high = bin(VecOp::Pblendw, shifted, literal(splat_of(0x1p39f)), 0xAA);
  const VReg exact = bin(VecOp::Subps, high, literal(splat_of(0x1p39f + 0x1p23f)));
  bin(VecOp::Addps, exact, low, out());
}

bool VectorSelector::convert() {
  switch (op_) {
    case Op::I32x4TruncSatF32x4S: trunc_sat_s(); return true;
    case Op::I32x4TruncSatF32x4U: trunc_sat_u(); return true;
    case Op::F32x4ConvertI32x4U: convert_u(); return true;
    case Op::I32x4TruncSatF64x2SZero: {
      // The bound is zero where there is a NaN, and min gives the bound then.
      const VReg a = arg(0);
      const VReg number = bin(VecOp::Cmppd, a, a, kEqual);
      const VReg bound = bin(VecOp::Pand, number, literal(splat_of(2147483647.0)));
      un(VecOp::Cvttpd2dq, bin(VecOp::Minpd, a, bound), out());
      return true;
    }
    case Op::I32x4TruncSatF64x2UZero: {
      const VReg x = bin(VecOp::Maxpd, arg(0), zero());
      if (avx512()) {
        un(VecOp::Cvttpd2udq, x, out());
        return true;
      }
      // Whole numbers below 2^32 stand in the low words of 2^52 plus them.
      const VReg bounded = bin(VecOp::Minpd, x, literal(splat_of(4294967295.0)));
      const VReg whole = un(VecOp::Roundpd, bounded, 11);
      const VReg words = bin(VecOp::Addpd, whole, literal(splat_of(0x1p52)));
      bin(VecOp::Shufps, words, zero(), 0x88, out());
      return true;
    }
    case Op::F64x2ConvertLowI32x4U: {
      if (avx512()) {
        un(VecOp::Cvtudq2pd, arg(0), out());
        return true;
      }
      // Under the upper word of 2^52.
      const VReg words =
          bin(VecOp::Punpckldq, arg(0), literal(splat_of<std::uint32_t>(0x4330'0000)));
      bin(VecOp::Subpd, words, literal(splat_of(0x1p52)), out());
      return true;
    }
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
