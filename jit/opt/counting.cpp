// The pattern of counting loops, and the arithmetic of their turns.
#include "jit/opt/counting.h"

namespace wasmrt::jit::opt {

using namespace ir;

namespace {

/// How often `next = from + step` is made until a branch that goes on while `next cond bound` ends
/// the loop; kUnknownTurns when that is not plain to see.
std::uint64_t turns_of(std::uint64_t from, std::uint64_t step, Cond cond, std::uint64_t bound,
                       unsigned bits) {
  const std::uint64_t mask = bits == 32 ? 0xFFFFFFFFu : ~std::uint64_t{0};
  if (step == 0) return kUnknownTurns;
  const bool down = (step >> (bits - 1) & 1) != 0;
  if (cond == Cond::Ne) {
    const std::uint64_t by = down ? (~step + 1) & mask : step;
    const std::uint64_t way = (down ? from - bound : bound - from) & mask;
    return way % by == 0 && way != 0 ? way / by : kUnknownTurns;
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
      if (down) return kUnknownTurns;
      if (from > bound) return kUnknownTurns;
      if (mask - bound < step) return kUnknownTurns;
      return (bound - from) / step + 1;
    }
    case Cond::GtS:
    case Cond::GtU:
    case Cond::GeS:
    case Cond::GeU: {
      const std::uint64_t by = (~step + 1) & mask;
      if (!down || by == 0 || from < bound || bound < by) return kUnknownTurns;
      return (from - bound) / by + 1;
    }
    default: return kUnknownTurns;
  }
}

}  // namespace

std::optional<Counter> find_counter(const Func& func, const Loops& loops, const Loop& loop) {
  const Block& header = func[loop.header];
  if (header.preds.size() != 2) return std::nullopt;
  const unsigned back = loops.contains(loop, header.preds[0]) ? 0 : 1;
  const BlockId latch = header.preds[back];
  if (!loops.contains(loop, latch) || loops.contains(loop, header.preds[1 - back])) {
    return std::nullopt;
  }
  const Inst& branch = func.insts[func[latch].last];
  if (branch.op != IrOp::Branch) return std::nullopt;
  const bool when_true = branch.block(1) == loop.header;
  if (when_true == (branch.block(2) == loop.header)) return std::nullopt;
  // The condition: next cond bound, next != 0, or the same of the value before the addition.
  Counter c{};
  c.start_operand = 1 - back;
  c.bound = kNoValue;
  c.cond = Cond::Ne;
  ValueId tested = branch.arg(0);
  if (const Inst& icmp = func[tested]; icmp.op == IrOp::Icmp) {
    tested = icmp.arg(0);
    c.bound = icmp.arg(1);
    c.cond = static_cast<Cond>(icmp.aux);
  }
  if (!when_true) c.cond = inverted(c.cond);
  const auto is_phi = [&](ValueId v) {
    return func[v].op == IrOp::Phi && func.block_of[raw(v)] == loop.header;
  };
  c.tests_phi = is_phi(tested);
  c.phi = tested;
  if (!c.tests_phi) {
    if (func[tested].op != IrOp::Add) return std::nullopt;
    c.phi = func[tested].arg(0);
    if (!is_phi(c.phi)) return std::nullopt;
  }
  const std::span<const std::uint32_t> operands = func.list(func[c.phi]);
  c.next = static_cast<ValueId>(operands[back]);
  c.start = static_cast<ValueId>(operands[1 - back]);
  const Inst& next = func[c.next];
  if (!c.tests_phi && c.next != tested) return std::nullopt;
  if (next.op != IrOp::Add || next.arg(0) != c.phi || func[next.arg(1)].op != IrOp::Const) {
    return std::nullopt;
  }
  c.step = func[next.arg(1)].imm;
  return c;
}

std::uint64_t turns(const Func& func, const Counter& c) {
  if (func[c.start].op != IrOp::Const) return kUnknownTurns;
  std::uint64_t bound = 0;
  if (c.bound != kNoValue) {
    if (func[c.bound].op != IrOp::Const) return kUnknownTurns;
    bound = func[c.bound].imm;
  }
  const std::uint64_t count =
      turns_of(func[c.start].imm, c.step, c.cond, bound, func[c.phi].type == Type::I32 ? 32 : 64);
  // Where the phi is tested, it has the value of the turn before.
  return count == kUnknownTurns ? count : count + (c.tests_phi ? 1 : 0);
}

}  // namespace wasmrt::jit::opt
