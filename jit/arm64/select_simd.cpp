// Vector instructions: constants. A function with others is declined and interpreted.
#include "jit/arm64/select.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

bool Selector::select_simd(V v) {
  const Inst& i = at(v);
  switch (i.op) {
    case IrOp::ConstV128: {
      MInst& m = emit(kVecConst, 16, {def(reg(v))});
      m.imm = static_cast<std::int64_t>(m_.literals.size());
      m.can_remat = true;
      m_.literals.push_back(f_.v128s[i.imm]);
      return true;
    }
    case IrOp::Simd1:
    case IrOp::Simd2:
    case IrOp::Simd3:
    case IrOp::SimdLoad:
    case IrOp::SimdLoadLane:
    case IrOp::SimdStoreLane: decline("vector instructions"); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
