// The machine form's storage is reused from function to function.
#include "jit/lower/mir.h"

namespace wasmrt::jit {

void MFunc::clear() {
  index = 0;
  insts.clear();
  ops.clear();
  blocks.clear();
  vregs.clear();
  literals.clear();
  jump_tables.clear();
  out_arg_bytes = in_arg_bytes = 0;
  has_calls = calls_out = false;
  spill_slots = 0;
  used_callee_saved[0] = used_callee_saved[1] = 0;
}

}  // namespace wasmrt::jit
