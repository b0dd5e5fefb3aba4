// Empty blocks: a block that only jumps on, to a block without phis, is left out.
#include <algorithm>
#include <vector>

#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

using namespace ir;

void thread_jumps(Func& func) {
  bool removed = false;
  for (std::size_t n = 1; n < func.order.size(); ++n) {
    const BlockId b = func.order[n];
    Block& block = func[b];
    if (block.is_loop_header || block.first == ~0u || block.first != block.last) continue;
    const Inst& jump = func.insts[block.first];
    if (jump.op != IrOp::Jump) continue;
    const BlockId to = jump.block(0);
    if (to == b || func[to].preds.size() != 1) continue;
    // `to` is reached only from here: its predecessors become this block's.
    for (const BlockId pred : block.preds) {
      Inst& end = func.insts[func[pred].last];
      if (end.op == IrOp::Jump) end.args[0] = raw(to);
      if (end.op == IrOp::Branch) {
        for (const unsigned k : {1u, 2u}) {
          if (end.block(k) == b) end.args[k] = raw(to);
        }
      }
      if (end.op == IrOp::Switch) {
        for (std::uint32_t k = 0; k < end.args[2]; ++k) {
          std::uint32_t& target = func.pool[end.args[1] + k];
          if (target == raw(b)) target = raw(to);
        }
      }
    }
    std::swap(func[to].preds, block.preds);
    block.preds.clear();
    func.remove(static_cast<ValueId>(block.first));
    removed = true;
  }
  if (!removed) return;
  // Positions move: loop ends are counted in blocks that stay.
  std::vector<std::uint32_t> position(func.order.size() + 1);
  std::uint32_t kept = 0;
  for (std::size_t n = 0; n < func.order.size(); ++n) {
    position[n] = kept;
    if (func[func.order[n]].first != ~0u) ++kept;
  }
  position[func.order.size()] = kept;
  for (const BlockId b : func.order) {
    if (func[b].is_loop_header) func[b].loop_end = position[func[b].loop_end];
  }
  func.order.erase(std::remove_if(func.order.begin(), func.order.end(),
                                  [&](BlockId b) { return func[b].first == ~0u; }),
                   func.order.end());
}

}  // namespace wasmrt::jit::opt
