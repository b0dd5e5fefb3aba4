// Loops that need no poll of their own: those that run a known, small number of turns, and those
// that pass another one in each turn.
//
// The price list: an elided loop has no call, and its turns times its instructions, loops inside
// multiplied, stay below 2^20; so does the sum over loops that follow each other without a poll in
// between. A deadline is late by a millisecond at most.
#include <algorithm>
#include <vector>

#include "jit/opt/counting.h"
#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

using namespace ir;

namespace {

constexpr std::uint64_t kMostInsts = std::uint64_t{1} << 20;

bool calls_itself(const Func& func, BlockId block) {
  for (std::uint32_t v = func[block].first; v != ~0u; v = func.next[v]) {
    if (func.insts[v].op == IrOp::Call && func.insts[v].imm == func.index) return true;
  }
  return false;
}

/// The poll of a loop, or kNoValue.
ValueId poll_of(const Func& func, BlockId header) {
  for (std::uint32_t v = func[header].first; v != ~0u; v = func.next[v]) {
    if (func.insts[v].op == IrOp::Poll) return static_cast<ValueId>(v);
  }
  return kNoValue;
}

}  // namespace

void elide_polls(Func& func, const Loops& info) {
  const std::vector<Loop>& loops = info.loops;
  std::vector<std::uint64_t> cost(loops.size());  // instructions until the next poll, at most
  for (std::size_t n = 0; n < loops.size(); ++n) cost[n] = loops[n].insts;
  std::uint64_t outside = 0;  // of what is in no loop: between the function's entry and its end
  for (std::size_t n = loops.size(); n-- > 0;) {
    const Loop& loop = loops[n];
    std::uint64_t& around = loop.parent != ~0u ? cost[loop.parent] : outside;
    const std::optional<Counter> counter = find_counter(func, info, loop);
    const std::uint64_t count = counter && !loop.has_calls ? turns(func, *counter) : kUnknownTurns;
    if (count != kUnknownTurns && count <= kMostInsts && count * cost[n] + around <= kMostInsts) {
      cost[n] *= count;
      if (const ValueId poll = poll_of(func, loop.header); poll != kNoValue) func.remove(poll);
    }
    around += cost[n];
  }
}

/// A turn may pass the poll of a loop inside, or call the function itself, whose entry looks for
/// interrupts.
void share_polls(Func& func, const Loops& info) {
  const std::vector<Loop>& loops = info.loops;
  if (loops.empty()) return;
  std::vector<std::uint32_t> depth(loops.size(), 1);
  // Those whose poll the others may rely on; the others are asked whether they need theirs.
  std::vector<bool> polls(loops.size(), true);
  for (std::size_t n = 0; n < loops.size(); ++n) {
    if (loops[n].parent == ~0u) continue;
    depth[n] = depth[loops[n].parent] + 1;
    polls[loops[n].parent] = false;
  }
  std::vector<bool> recurs(func.blocks.size(), false);
  for (const BlockId b : func.order) {
    const std::uint32_t loop = info.innermost[raw(b)];
    if (loop == ~0u || !loops[loop].has_calls || !calls_itself(func, b)) continue;
    recurs[raw(b)] = true;
    polls[loop] = false;
  }
  for (std::size_t n = 0; n < loops.size(); ++n) {
    if (poll_of(func, loops[n].header) == kNoValue) polls[n] = false;
  }
  // By block, at its end: of how many of the loops around it the current turn has polled, whatever
  // way it came. A turn of an outer loop began no later than one of those inside.
  std::vector<std::uint32_t> polled(func.blocks.size(), 0);
  for (std::uint32_t n = 0; n < func.order.size(); ++n) {
    const BlockId b = func.order[n];
    const std::uint32_t loop = info.innermost[raw(b)];
    if (loop == ~0u) continue;
    const bool begins = loops[loop].header == b;
    std::uint32_t known = begins ? depth[loop] - 1 : depth[loop];
    for (const BlockId pred : func[b].preds) {
      if (info.position[raw(pred)] < n) known = std::min(known, polled[raw(pred)]);
    }
    if (recurs[raw(b)] || (begins && polls[loop])) known = depth[loop];
    polled[raw(b)] = known;
  }
  for (std::size_t n = 0; n < loops.size(); ++n) {
    if (polls[n]) continue;
    const auto& ways = func[loops[n].header].preds;
    const bool enough = std::all_of(ways.begin(), ways.end(), [&](BlockId pred) {
      return !info.contains(loops[n], pred) || polled[raw(pred)] >= depth[n];
    });
    if (!enough) continue;
    if (const ValueId poll = poll_of(func, loops[n].header); poll != kNoValue) func.remove(poll);
  }
}

}  // namespace wasmrt::jit::opt
