// Loops that run a known, small number of turns need no poll of their own.
//
// The price list: an elided loop has no call, and its turns times its instructions, loops inside
// multiplied, stay below 2^20; so does the sum over loops that follow each other without a poll in
// between. A deadline is late by a millisecond at most.
#include <vector>

#include "jit/opt/loops.h"
#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

using namespace ir;

namespace {

constexpr std::uint64_t kMostInsts = std::uint64_t{1} << 20;
constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

/// How often `next = from + step` is made until a branch that goes on while `next cond bound` ends
/// the loop; kUnknown when that is not plain to see.
std::uint64_t turns_of(std::uint64_t from, std::uint64_t step, Cond cond, std::uint64_t bound,
                       unsigned bits) {
  const std::uint64_t mask = bits == 32 ? 0xFFFFFFFFu : ~std::uint64_t{0};
  if (step == 0) return kUnknown;
  const bool down = (step >> (bits - 1) & 1) != 0;
  if (cond == Cond::Ne) {
    const std::uint64_t by = down ? (~step + 1) & mask : step;
    const std::uint64_t way = (down ? from - bound : bound - from) & mask;
    return way % by == 0 && way != 0 ? way / by : kUnknown;
  }
  // Upwards or downwards to a bound, without wrapping around on the way.
  const bool is_signed =
      cond == Cond::LtS || cond == Cond::LeS || cond == Cond::GtS || cond == Cond::GeS;
  if (is_signed) {  // the same order, unsigned
    from = (from + (std::uint64_t{1} << (bits - 1))) & mask;
    bound = (bound + (std::uint64_t{1} << (bits - 1))) & mask;
  }
  switch (cond) {
    case Cond::LtS:
    case Cond::LtU:
    case Cond::LeS:
    case Cond::LeU: {
      if (down) return kUnknown;
      if (from > bound) return kUnknown;
      if (mask - bound < step) return kUnknown;
      return (bound - from) / step + 1;
    }
    case Cond::GtS:
    case Cond::GtU:
    case Cond::GeS:
    case Cond::GeU: {
      const std::uint64_t by = (~step + 1) & mask;
      if (!down || by == 0 || from < bound || bound < by) return kUnknown;
      return (from - bound) / by + 1;
    }
    default: return kUnknown;
  }
}

/// An upper bound of the turns of a loop that counts between constants; kUnknown for others.
std::uint64_t turns(const Func& func, const Loops& info_of, const Loop& loop) {
  const Block& header = func[loop.header];
  if (header.preds.size() != 2) return kUnknown;
  const unsigned back = info_of.contains(loop, header.preds[0]) ? 0 : 1;
  const BlockId latch = header.preds[back];
  if (!info_of.contains(loop, latch)) return kUnknown;
  const Inst& branch = func.insts[func[latch].last];
  if (branch.op != IrOp::Branch) return kUnknown;
  const bool when_true = branch.block(1) == loop.header;
  if (when_true == (branch.block(2) == loop.header)) return kUnknown;
  // The condition: next cond bound, next != 0, or the same of the value before the addition.
  const Inst* c = &func[branch.arg(0)];
  ValueId tested = branch.arg(0);
  std::uint64_t bound = 0;
  Cond cond = Cond::Ne;
  if (c->op == IrOp::Icmp) {
    if (func[c->arg(1)].op != IrOp::Const) return kUnknown;
    tested = c->arg(0);
    bound = func[c->arg(1)].imm;
    cond = static_cast<Cond>(c->aux);
  }
  if (!when_true) cond = inverted(cond);
  const auto phi_of = [&](ValueId v) {
    return func[v].op == IrOp::Phi && func.block_of[raw(v)] == loop.header;
  };
  ValueId phi = tested;
  std::uint64_t extra = 1;  // the phi is tested: the value of the turn before
  if (!phi_of(tested)) {
    if (func[tested].op != IrOp::Add) return kUnknown;
    phi = func[tested].arg(0);
    extra = 0;
    if (!phi_of(phi)) return kUnknown;
  }
  const std::span<const std::uint32_t> operands = func.list(func[phi]);
  const Inst& next = func.insts[operands[back]];
  const Inst& start = func.insts[operands[1 - back]];
  if (extra == 0 && operands[back] != raw(tested)) return kUnknown;
  if (next.op != IrOp::Add || next.arg(0) != phi || func[next.arg(1)].op != IrOp::Const ||
      start.op != IrOp::Const) {
    return kUnknown;
  }
  const std::uint64_t count = turns_of(start.imm, func[next.arg(1)].imm, cond, bound,
                                       func[phi].type == Type::I32 ? 32 : 64);
  return count == kUnknown ? count : count + extra;
}

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
    const std::uint64_t count = loop.has_calls ? kUnknown : turns(func, info_of, loop);
    if (count != kUnknown && count <= kMostInsts && count * cost[n] + around <= kMostInsts) {
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
