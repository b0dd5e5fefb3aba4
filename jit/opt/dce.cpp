// Dead code: marks what effects need, removes the rest.
#include <vector>

#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

using namespace ir;

void remove_dead(Func& func) {
  std::vector<bool> live(func.insts.size(), false);
  std::vector<std::uint32_t> work;
  const auto mark = [&](std::uint32_t v) {
    if (live[v]) return;
    live[v] = true;
    work.push_back(v);
  };
  for (const BlockId b : func.order) {
    for (std::uint32_t v = func[b].first; v != ~0u; v = func.next[v]) {
      const IrInfo& row = info(func.insts[v].op);
      // A load may trap: it stays, unless its memory cannot fault.
      const bool root = row.terminator || row.writes || row.may_trap ||
                        (row.reads && func.insts[v].op != IrOp::VmLoad);
      if (root) mark(v);
    }
  }
  while (!work.empty()) {
    const std::uint32_t v = work.back();
    work.pop_back();
    for_each_arg(func, func.insts[v], mark);
  }
  for (const BlockId b : func.order) {
    for (std::uint32_t v = func[b].first; v != ~0u;) {
      const std::uint32_t next = func.next[v];
      if (!live[v]) func.remove(static_cast<ValueId>(v));
      v = next;
    }
  }
}

}  // namespace wasmrt::jit::opt
