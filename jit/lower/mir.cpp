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
  merged.clear();
  out_arg_bytes = in_area_bytes = tail_growth = 0;
  has_calls = has_tail_calls = calls_out = false;
  follows = false;
  labels.clear();
  most_memory = ~std::uint64_t{0};
  first_slot = homes_at = spill_slots = 0;
  used_callee_saved[0] = used_callee_saved[1] = 0;
}

void add_merged(std::vector<CodePoint>& points, const MFunc& f, const MInst& check) {
  CodePoint first = points.back();
  points.pop_back();
  const auto count = static_cast<std::uint32_t>(check.mem_disp);
  for (std::uint32_t n = count; n > 0; --n) {
    CodePoint other = first;
    other.pc -= n;
    other.wasm = f.merged[check.mem_pos + n - 1];
    points.push_back(other);
  }
  first.pair = static_cast<std::uint16_t>(count);
  points.push_back(first);
}

const char* common_op_name(std::uint16_t op) {
  static constexpr const char* kNames[] = {
      "move",      "swap",         "jump",     "args",      "ret",        "call",       "call.func",
      "call.code", "call.builtin", "tail",     "tail.func", "call_table", "trap",       "poll",
      "load_arg",  "store_arg",    "load_res", "store_res", "load_home",  "store_home", "leave",
  };
  static_assert(std::size(kNames) == kFirstMachineOp);
  return op < kFirstMachineOp ? kNames[op] : nullptr;
}

}  // namespace wasmrt::jit
