// The machine form's storage is reused from function to function.
#include "jit/lower/mir.h"

#include <iterator>

namespace wasmrt::jit {

void MFunc::clear() {
  index = 0;
  insts.clear();
  ops.clear();
  blocks.clear();
  vregs.clear();
  if (lists.use_count() == 1) {
    lists->clear();
  } else {  // a copy still reads it
    lists = std::make_shared<Arena>();
  }
  literals.clear();
  jump_tables.clear();
  out_arg_bytes = in_area_bytes = tail_growth = 0;
  has_calls = has_tail_calls = calls_out = false;
  spill_slots = 0;
  used_callee_saved[0] = used_callee_saved[1] = 0;
}

const char* common_op_name(std::uint16_t op) {
  static constexpr const char* kNames[] = {
      "move",      "swap",      "jump",         "args",      "ret",       "call",
      "call.func", "call.code", "call.builtin", "tail",      "tail.func", "call_table",
      "trap",      "poll",      "load_arg",     "store_arg", "load_res",  "store_res",
  };
  static_assert(std::size(kNames) == kFirstMachineOp);
  return op < kFirstMachineOp ? kNames[op] : nullptr;
}

}  // namespace wasmrt::jit
