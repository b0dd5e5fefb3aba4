// Finds the loops in one walk over the blocks.
#include "jit/opt/loops.h"

namespace wasmrt::jit::opt {

using namespace ir;

Loops::Loops(const Func& func) {
  innermost.assign(func.blocks.size(), ~0u);
  position.assign(func.blocks.size(), ~0u);
  std::uint32_t open = ~0u;
  for (std::uint32_t n = 0; n < func.order.size(); ++n) {
    const BlockId b = func.order[n];
    position[raw(b)] = n;
    while (open != ~0u && loops[open].to <= n) open = loops[open].parent;
    if (func[b].is_loop_header) {
      Loop loop;
      loop.header = b;
      loop.parent = open;
      loop.from = n;
      loop.to = func[b].loop_end;
      open = static_cast<std::uint32_t>(loops.size());
      loops.push_back(loop);
    }
    innermost[raw(b)] = open;
    if (open == ~0u) continue;
    for (std::uint32_t v = func[b].first; v != ~0u; v = func.next[v]) {
      ++loops[open].insts;
      loops[open].has_calls |= calls(func.insts[v].op);
    }
  }
  for (std::size_t n = loops.size(); n-- > 0;) {
    Loop& loop = loops[n];
    if (loop.parent != ~0u) loops[loop.parent].has_calls |= loop.has_calls;
    std::uint32_t outside = 0;
    for (const BlockId pred : func[loop.header].preds) {
      if (contains(loop, pred)) continue;
      ++outside;
      loop.before = pred;
    }
    if (outside != 1 || func.insts[func[loop.before].last].op != IrOp::Jump) {
      loop.before = kNoBlock;
    }
  }
}

}  // namespace wasmrt::jit::opt
