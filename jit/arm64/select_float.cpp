// Floats and conversions.
#include "jit/arm64/select.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

bool Selector::select_float(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  const auto unary = [&](AOp op, std::int64_t imm = 0) {
    emit(op, size, {def(reg(v)), use(reg(i.arg(0)))}).imm = imm;
    return true;
  };
  const auto binary = [&](AOp op) {
    emit(op, size, {def(reg(v)), use(reg(i.arg(0))), use(reg(i.arg(1)))});
    return true;
  };
  switch (i.op) {
    case IrOp::Fadd: return binary(kFadd);
    case IrOp::Fsub: return binary(kFsub);
    case IrOp::Fmul: return binary(kFmul);
    case IrOp::Fdiv: return binary(kFdiv);
    case IrOp::Fmin: return binary(kFmin);
    case IrOp::Fmax: return binary(kFmax);
    case IrOp::Fsqrt: return unary(kFsqrt);
    case IrOp::Fnearest: return unary(kFround, 0);
    case IrOp::Ffloor: return unary(kFround, 1);
    case IrOp::Fceil: return unary(kFround, 2);
    case IrOp::Ftrunc: return unary(kFround, 3);
    case IrOp::Fabs: return unary(kFabs);
    case IrOp::Fneg: return unary(kFneg);
    case IrOp::Fcopysign:
      emit(kFcopysign, size, {def_same(reg(v), 1), use(reg(i.arg(0))), use(reg(i.arg(1)))});
      return true;
    case IrOp::Bitcast: return unary(class_of(i.type) == RegClass::Vec ? kMovToVec : kMovFromVec);
    case IrOp::Promote:
    case IrOp::Demote: return unary(kCvtFToF);
    case IrOp::ConvS:
    case IrOp::ConvU:
      emit(i.op == IrOp::ConvS ? kCvtSToF : kCvtUToF, size, {def(reg(v)), use(reg(i.arg(0)))}).aux =
          size_of(at(i.arg(0)).type);
      return true;
    case IrOp::TruncS:
    case IrOp::TruncU:
    case IrOp::TruncSatS:
    case IrOp::TruncSatU: {
      const bool is_signed = i.op == IrOp::TruncS || i.op == IrOp::TruncSatS;
      const bool saturating = i.op == IrOp::TruncSatS || i.op == IrOp::TruncSatU;
      // A conversion that traps has its effect even when nobody needs the number.
      const VReg d = needed(v) ? reg(v) : temp(RegClass::Int);
      MInst& m = emit(saturating ? kTruncSat : kTruncToInt, size_of(at(i.arg(0)).type),
                      {def(d), use(reg(i.arg(0)))});
      m.aux = (is_signed ? kSigned : 0) | (i.type == Type::I64 ? kWide : 0);
      return true;
    }
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
