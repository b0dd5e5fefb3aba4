// The order in which x64's families are asked for a rule, and its immediates.
#include "jit/x64/select.h"

namespace wasmrt::jit::x64 {

using namespace ir;

bool Selector::imm32(V v, std::int64_t& out) const {
  const Inst& i = at(v);
  if (i.op != IrOp::Const) return false;
  if (i.type == Type::I32) {
    out = static_cast<std::int32_t>(i.imm);
    return true;
  }
  out = static_cast<std::int64_t>(i.imm);
  return out == static_cast<std::int32_t>(out);
}

bool Selector::select_value(V v) {
  return select_int(v) || select_float(v) || select_mem(v) || select_control(v) || select_simd(v);
}

}  // namespace wasmrt::jit::x64
