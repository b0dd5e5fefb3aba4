// Dead code: marks what effects need, removes the rest.
#include <vector>

#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

using namespace ir;

void remove_dead(Func& func) {
  // From last to first, users come before what they use; but for the phis of loops, through which
  // something that was passed may turn out to be needed.
  enum State : std::uint8_t { kUnseen, kNeeded, kPassed, kLive };
  std::vector<std::uint8_t> state(func.insts.size(), kUnseen);
  std::vector<std::uint32_t> work;
  const auto need = [&](std::uint32_t v) {
    if (state[v] == kUnseen) state[v] = kNeeded;
    if (state[v] != kPassed) return;
    state[v] = kLive;
    work.push_back(v);
  };
  std::uint32_t passed = 0;
  for (std::size_t n = func.order.size(); n-- > 0;) {
    for (std::uint32_t v = func[func.order[n]].last; v != ~0u; v = func.prev[v]) {
      Inst& inst = func.insts[v];
      const IrInfo& row = info(inst.op);
      // A load may trap: it stays, unless its memory cannot fault.
      const bool root =
          row.terminator || row.writes || row.may_trap || (row.reads && inst.op != IrOp::VmLoad);
      if (state[v] == kUnseen && !root) {
        state[v] = kPassed;
        ++passed;
        continue;
      }
      state[v] = kLive;
      for_each_arg(func, inst, need);
    }
  }
  while (!work.empty()) {
    const std::uint32_t v = work.back();
    work.pop_back();
    --passed;
    for_each_arg(func, func.insts[v], need);
  }
  if (passed == 0) return;
  for (const BlockId b : func.order) {
    for (std::uint32_t v = func[b].first; v != ~0u;) {
      const std::uint32_t next = func.next[v];
      if (state[v] == kPassed) func.remove(static_cast<ValueId>(v));
      v = next;
    }
  }
}

}  // namespace wasmrt::jit::opt
