// Branches and switches; the rest of control is common to all machines.
#include "jit/x64/select.h"

namespace wasmrt::jit::x64 {

using namespace ir;

bool Selector::select_control(V v) {
  const Inst& i = at(v);
  switch (i.op) {
    case IrOp::Branch: {
      emit_flags(kCmpBranch, flags_of(i.arg(0), false), {}, 0, 4);
      return true;
    }
    case IrOp::Switch: {
      const VReg t = temp(RegClass::Int);
      const std::int64_t table = jump_table(v);
      MInst& m = emit(kJumpTable, 4, {def_early(t), use(reg(i.arg(0)))});
      m.imm = table;
      m.aux = context_.options.spectre_guards ? kSpectreGuard : 0;
      return true;
    }
    default: return select_common(v);
  }
}

}  // namespace wasmrt::jit::x64
