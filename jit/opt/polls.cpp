// Loops that run a known, small number of turns need no poll of their own.
//
// The price list: an elided loop has no call, and its turns times its instructions, loops inside
// multiplied, stay below 2^20; so does the sum over loops that follow each other without a poll in
// between. A deadline is late by a millisecond at most.
#include <vector>

#include "jit/opt/counting.h"
#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

using namespace ir;

namespace {

constexpr std::uint64_t kMostInsts = std::uint64_t{1} << 20;

}  // namespace

void elide_polls(Func& func) {
  const Loops info_of(func);
  const std::vector<Loop>& loops = info_of.loops;
  std::vector<std::uint64_t> cost(loops.size());  // instructions until the next poll, at most
  for (std::size_t n = 0; n < loops.size(); ++n) cost[n] = loops[n].insts;
  std::uint64_t outside = 0;  // of what is in no loop: between the function's entry and its end
  for (std::size_t n = loops.size(); n-- > 0;) {
    const Loop& loop = loops[n];
    std::uint64_t& around = loop.parent != ~0u ? cost[loop.parent] : outside;
    const std::optional<Counter> counter = find_counter(func, info_of, loop);
    const std::uint64_t count = counter && !loop.has_calls ? turns(func, *counter) : kUnknownTurns;
    if (count != kUnknownTurns && count <= kMostInsts && count * cost[n] + around <= kMostInsts) {
      cost[n] *= count;
      for (std::uint32_t v = func[loop.header].first; v != ~0u; v = func.next[v]) {
        if (func.insts[v].op != IrOp::Poll) continue;
        func.remove(static_cast<ValueId>(v));
        break;
      }
    }
    around += cost[n];
  }
}

}  // namespace wasmrt::jit::opt
