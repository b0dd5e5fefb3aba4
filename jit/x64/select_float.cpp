// Floats and conversions.
#include "jit/x64/select.h"

namespace wasmrt::jit::x64 {

using namespace ir;

/// With AVX the result has a register of its own; without, it overwrites the first operand.
void Selector::float_binary(V v, XOp op, bool commutes) {
  const Inst& i = at(v);
  V a = i.arg(0);
  V b = i.arg(1);
  if (commutes && can_fold_load(a) && !can_fold_load(b)) std::swap(a, b);
  Operands operands = {has(kCpuAvx) ? def(reg(v)) : def_same(reg(v), 1), use(reg(a))};
  const unsigned size = size_of(i.type);
  const Inst& load = at(b);
  const auto access = static_cast<Access>(load.aux);
  if (can_fold_load(b) &&
      ((size == 4 && access == Access::F32) || (size == 8 && access == Access::F64))) {
    folded_[raw(b)] = true;
    emit_mem(op, size, operands, memory_of(load));
    return;
  }
  operands.push_back(use_any(reg(b)));
  emit(op, size, operands);
}

bool Selector::select_float(V v) {
  const Inst& i = at(v);
  const unsigned size = size_of(i.type);
  const auto a = [&] { return reg(i.arg(0)); };
  switch (i.op) {
    case IrOp::Fadd: float_binary(v, kFadd, true); return true;
    case IrOp::Fsub: float_binary(v, kFsub, false); return true;
    case IrOp::Fmul: float_binary(v, kFmul, true); return true;
    case IrOp::Fdiv: float_binary(v, kFdiv, false); return true;
    case IrOp::Fmin:
    case IrOp::Fmax:
      emit(i.op == IrOp::Fmin ? kFmin : kFmax, size,
           {def_same(reg(v), 1), use(a()), use(reg(i.arg(1)))});
      return true;
    case IrOp::Fsqrt: emit(kFsqrt, size, {def(reg(v)), use(a())}); return true;
    case IrOp::Fnearest: emit(kFround, size, {def(reg(v)), use(a())}).imm = 0; return true;
    case IrOp::Ffloor: emit(kFround, size, {def(reg(v)), use(a())}).imm = 1; return true;
    case IrOp::Fceil: emit(kFround, size, {def(reg(v)), use(a())}).imm = 2; return true;
    case IrOp::Ftrunc: emit(kFround, size, {def(reg(v)), use(a())}).imm = 3; return true;
    case IrOp::Fabs: emit(kFabs, size, {def_same(reg(v), 1), use(a())}); return true;
    case IrOp::Fneg: emit(kFneg, size, {def_same(reg(v), 1), use(a())}); return true;
    case IrOp::Fcopysign:
      emit(kFcopysign, size, {def_same(reg(v), 1), use(a()), use(reg(i.arg(1)))});
      return true;
    case IrOp::Bitcast:
      if (class_of(i.type) == RegClass::Vec) {
        emit(kMovToVec, size, {def(reg(v)), use(a())});
      } else {
        emit(kMovFromVec, size, {def(reg(v)), use(a())});
      }
      return true;
    case IrOp::Promote:
    case IrOp::Demote: emit(kCvtFToF, size, {def(reg(v)), use(a())}); return true;
    case IrOp::ConvS:
    case IrOp::ConvU: {
      const bool from64 = at(i.arg(0)).type == Type::I64;
      if (i.op == IrOp::ConvU && from64) {
        const VReg t = temp(RegClass::Int);
        emit(kCvtU64ToF, size, {def(reg(v)), def_early(t), use(a())});
      } else {
        // An unsigned i32 is a non-negative i64.
        emit(kCvtIntToF, size, {def(reg(v)), use(a())}).aux = from64 || i.op == IrOp::ConvU ? 8 : 4;
      }
      return true;
    }
    case IrOp::TruncS:
    case IrOp::TruncU:
    case IrOp::TruncSatS:
    case IrOp::TruncSatU: {
      const bool is_signed = i.op == IrOp::TruncS || i.op == IrOp::TruncSatS;
      const bool saturating = i.op == IrOp::TruncSatS || i.op == IrOp::TruncSatU;
      const VReg t = temp(RegClass::Vec);
      MInst& m = emit(kTruncToInt, size_of(at(i.arg(0)).type),
                      {def_early(reg(v)), def_early(t), use(a())});
      m.aux = (is_signed ? 1u : 0u) | (saturating ? 2u : 0u) | (i.type == Type::I64 ? 4u : 0u);
      return true;
    }
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
