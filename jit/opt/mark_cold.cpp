// Cold blocks: those that lead only to traps, and those that are reached only by ways that the
// module's branch hints call unlikely (spec, Custom Annotations, "Branch Hints").
#include <algorithm>
#include <vector>

#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

using namespace ir;

void mark_cold(Func& func) {
  const auto count = static_cast<std::uint32_t>(func.order.size());
  std::vector<std::uint32_t> position(func.blocks.size());
  for (std::uint32_t n = 0; n < count; ++n) position[raw(func.order[n])] = n;
  const auto is_cold = [&](BlockId b) { return func[b].cold; };
  std::vector<BlockId> succs;
  for (std::uint32_t n = count; n-- > 1;) {
    Block& block = func[func.order[n]];
    func.successors(func.order[n], succs);
    block.cold = func.insts[block.last].op == IrOp::Trap ||
                 (!succs.empty() && std::all_of(succs.begin(), succs.end(), is_cold));
  }
  for (std::uint32_t n = 1; n < count; ++n) {
    const BlockId b = func.order[n];
    bool reached = false;
    // Ways back into a loop say nothing of how often it is entered.
    for (const BlockId pred : func[b].preds) {
      reached |= position[raw(pred)] < n && !is_cold(pred) && !func.is_unlikely(pred, b);
    }
    func[b].cold |= !reached;
  }
}

}  // namespace wasmrt::jit::opt
