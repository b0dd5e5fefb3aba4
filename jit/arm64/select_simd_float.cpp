// Vector instructions on floats, and conversions, where Wasm and the machine differ.
#include "jit/arm64/select_simd.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

bool VectorSelector::floating() {
  // The second operand where it is the lesser (or greater), else the first.
  const auto pseudo = [&](VecOp greater, bool is_max) {
    const VReg a = arg(0);
    const VReg b = arg(1);
    const VReg take_b = is_max ? bin(greater, b, a) : bin(greater, a, b);
    insn(VecOp::Bsl, {take_b, b, a}, 0, out());
    return true;
  };
  // Products are rounded before they are added: what the other engines and machines do, too.
  const auto multiply_add = [&](VecOp mul, VecOp last) {
    const VReg product = bin(mul, arg(0), arg(1));
    bin(last, arg(2), product, out());
    return true;
  };
  switch (op_) {
    case Op::F32x4Pmin: return pseudo(VecOp::FcmgtS, false);
    case Op::F32x4Pmax: return pseudo(VecOp::FcmgtS, true);
    case Op::F64x2Pmin: return pseudo(VecOp::FcmgtD, false);
    case Op::F64x2Pmax: return pseudo(VecOp::FcmgtD, true);
    case Op::F32x4RelaxedMadd: return multiply_add(VecOp::FmulS, VecOp::FaddS);
    case Op::F32x4RelaxedNmadd: return multiply_add(VecOp::FmulS, VecOp::FsubS);
    case Op::F64x2RelaxedMadd: return multiply_add(VecOp::FmulD, VecOp::FaddD);
    case Op::F64x2RelaxedNmadd: return multiply_add(VecOp::FmulD, VecOp::FsubD);
    default: return false;
  }
}

bool VectorSelector::convert() {
  const auto two = [&](VecOp first, VecOp second) {
    un(second, un(first, arg(0)), out());
    return true;
  };
  switch (op_) {
    // Both steps saturate, and narrowing clears the upper half.
    case Op::I32x4TruncSatF64x2SZero: return two(VecOp::FcvtzsD, VecOp::SqxtnS);
    case Op::I32x4TruncSatF64x2UZero: return two(VecOp::FcvtzuD, VecOp::UqxtnS);
    case Op::F64x2ConvertLowI32x4S: return two(VecOp::SxtlS, VecOp::ScvtfD);
    case Op::F64x2ConvertLowI32x4U: return two(VecOp::UxtlS, VecOp::UcvtfD);
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
