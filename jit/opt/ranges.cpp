// What values can be: an interval for each, found in one walk forwards, and what follows from it.
//
// In: a Func. Out: additions of which is known that they do not wrap are marked (kNoWrap, ir.h), so
// that selection may fold them into addresses; masks and sign extensions that change nothing are
// gone. Guaranteed: an interval holds every number that the value can have where it is defined;
// a condition narrows it only in blocks that are reached by the branch alone. No address that a
// processor computes after guessing a branch wrongly lies outside the memory's reservation: what
// goes beyond 32 bits or below the base is proved without conditions. Linear: what a condition says
// is looked for among the latest kMostFacts.
#include <algorithm>
#include <bit>
#include <vector>

#include "jit/opt/counting.h"
#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

using namespace ir;

namespace {

__extension__ using Wide = unsigned __int128;

constexpr unsigned kMostFacts = 8;
constexpr unsigned kMostSteps = 16;  // back to where two ways meet
constexpr unsigned kMostDepth =
    3;  // of arithmetic that is looked at again, and operands of a phi there

/// Unsigned, both ends included.
struct Range {
  std::uint64_t lo = 0, hi = ~std::uint64_t{0};
};

std::uint64_t max_of(Type type) { return type == Type::I32 ? 0xFFFFFFFFu : ~std::uint64_t{0}; }
Range full(Type type) { return {0, max_of(type)}; }
Range join(Range a, Range b) { return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)}; }
/// Nothing in common: code that is never reached, where anything goes.
Range meet(Range a, Range b) {
  const Range both{std::max(a.lo, b.lo), std::min(a.hi, b.hi)};
  return both.lo <= both.hi ? both : a;
}
/// The bits that numbers up to this one can have.
std::uint64_t bits_of(std::uint64_t most) {
  return most == 0 ? 0 : ~std::uint64_t{0} >> std::countl_zero(most);
}

/// What is left of `x` where `x cond y`.
Range narrowed(Range x, Cond cond, Range y, std::uint64_t max) {
  const std::uint64_t positive = max >> 1;
  const bool same_order = x.hi <= positive && y.hi <= positive;  // signed and unsigned
  switch (cond) {
    case Cond::Eq: return meet(x, y);
    case Cond::Ne:
      if (y.lo != y.hi || x.lo == x.hi) return x;
      if (x.lo == y.lo) return {x.lo + 1, x.hi};
      if (x.hi == y.lo) return {x.lo, x.hi - 1};
      return x;
    case Cond::LtS:
      if (!same_order) return x;
      [[fallthrough]];
    case Cond::LtU: return y.hi == 0 ? x : meet(x, {0, y.hi - 1});
    case Cond::LeS:
      if (!same_order) return x;
      [[fallthrough]];
    case Cond::LeU: return meet(x, {0, y.hi});
    // Above something that is not negative is not negative.
    case Cond::GtS: return y.hi >= positive ? x : meet(x, {y.lo + 1, positive});
    case Cond::GeS: return y.hi > positive ? x : meet(x, {y.lo, positive});
    case Cond::GtU: return y.lo == max ? x : meet(x, {y.lo + 1, max});
    case Cond::GeU: return meet(x, {y.lo, max});
  }
  return x;
}

class Ranges {
 public:
  Ranges(Func& func, const Loops& loops) : f_(func), loops_(loops) {}
  void run();

 private:
  static constexpr std::uint32_t kNone = ~0u;
  /// A condition that holds in a block and those behind it.
  struct Fact {
    std::uint32_t value;
    Range range;
    std::uint32_t before, depth;
  };

  void enter(BlockId b);
  void learn(ValueId v, Range range, std::uint32_t& facts);
  [[nodiscard]] std::uint32_t common(std::uint32_t a, std::uint32_t b) const;
  /// Of a value where these facts hold.
  [[nodiscard]] Range of(std::uint32_t v, std::uint32_t fact) const;
  [[nodiscard]] Range of(std::uint32_t v) const { return of(v, now_); }
  [[nodiscard]] Range plain(const Inst& i) const;
  [[nodiscard]] Range joined(std::uint32_t phi) const;
  template <class Look>
  [[nodiscard]] Range evaluate(const Inst& i, const Look& of_arg) const;
  [[nodiscard]] Range certain(std::uint32_t v, unsigned depth = kMostDepth) const;
  [[nodiscard]] Range sum(const Inst& i, Range a, Range b) const;
  void header_phis(const Loop& loop);
  [[nodiscard]] Range counted(const Loop& loop, const Counter& c) const;
  void improve(std::uint32_t v);
  void replace();

  Func& f_;
  const Loops& loops_;
  std::vector<Range> range_;           // by value; before it is visited: everything
  std::vector<std::uint32_t> at_end_;  // by block: the latest fact
  std::vector<Fact> facts_;
  std::uint32_t now_ = kNone;
  std::vector<std::uint32_t> same_;  // by value: what it always equals
};

/// The facts of both ways, which are those from before they parted.
std::uint32_t Ranges::common(std::uint32_t a, std::uint32_t b) const {
  for (unsigned steps = 0; a != b && steps < kMostSteps; ++steps) {
    if (a == kNone || b == kNone) return kNone;
    (facts_[a].depth > facts_[b].depth ? a : b) =
        facts_[facts_[a].depth > facts_[b].depth ? a : b].before;
  }
  return a == b ? a : kNone;
}

Range Ranges::of(std::uint32_t v, std::uint32_t fact) const {
  Range r = range_[v];
  for (unsigned n = 0; n < kMostFacts && fact != kNone; ++n, fact = facts_[fact].before) {
    if (facts_[fact].value == v) r = meet(r, facts_[fact].range);
  }
  return r;
}

void Ranges::learn(ValueId v, Range range, std::uint32_t& facts) {
  const std::uint32_t depth = facts == kNone ? 1 : facts_[facts].depth + 1;
  facts_.push_back({raw(v), range, facts, depth});
  facts = static_cast<std::uint32_t>(facts_.size() - 1);
}

/// What is known at the beginning of a block.
void Ranges::enter(BlockId b) {
  const Block& block = f_[b];
  now_ = kNone;
  if (block.preds.empty()) return;
  if (block.is_loop_header) {  // of the ways in; those back come from behind it
    bool first = true;
    for (const BlockId pred : block.preds) {
      if (loops_.position[raw(pred)] >= loops_.position[raw(b)]) continue;
      now_ = first ? at_end_[raw(pred)] : common(now_, at_end_[raw(pred)]);
      first = false;
    }
    return;
  }
  now_ = at_end_[raw(block.preds[0])];
  if (block.preds.size() > 1) {
    for (const BlockId pred : block.preds) now_ = common(now_, at_end_[raw(pred)]);
    return;
  }
  const Inst& branch = f_.insts[f_[block.preds[0]].last];
  if (branch.op != IrOp::Branch || branch.block(1) == branch.block(2)) return;
  const bool holds = branch.block(1) == b;
  ValueId x = branch.arg(0);
  Range y{0, 0};
  Cond cond = Cond::Ne;
  if (const Inst& icmp = f_[x]; icmp.op == IrOp::Icmp) {
    x = icmp.arg(0);
    y = of(icmp.args[1]);
    cond = static_cast<Cond>(icmp.aux);
  }
  const std::uint64_t max = max_of(f_[x].type);
  const Range narrow = narrowed(of(raw(x)), holds ? cond : inverted(cond), y, max);
  std::uint32_t facts = now_;
  learn(x, narrow, facts);
  // What x - 48 is says what x is.
  if (const Inst& add = f_[x]; add.op == IrOp::Add && f_[add.arg(1)].op == IrOp::Const) {
    const std::uint64_t c = f_[add.arg(1)].imm;
    const Range before{(narrow.lo - c) & max, (narrow.hi - c) & max};
    if (before.lo <= before.hi) learn(add.arg(0), meet(of(add.args[0]), before), facts);
  }
  now_ = facts;
}

Range Ranges::sum(const Inst& i, Range a, Range b) const {
  const std::uint64_t max = max_of(i.type);
  const Wide low = Wide{a.lo} + b.lo;
  const Wide high = Wide{a.hi} + b.hi;
  if (high <= max) return {static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(high)};
  if (low > max) {  // wraps always, as with a negative constant
    return {static_cast<std::uint64_t>(low) & max, static_cast<std::uint64_t>(high) & max};
  }
  return full(i.type);
}

/// From the instruction alone, for values that are not visited yet.
Range Ranges::plain(const Inst& i) const {
  switch (i.op) {
    case IrOp::Const: return {i.imm, i.imm};
    case IrOp::Icmp:
    case IrOp::Fcmp: return {0, 1};
    case IrOp::Load:
    case IrOp::VmLoad:
    case IrOp::VmLoadConst:
      switch (static_cast<Access>(i.aux)) {
        case Access::U8: return {0, 0xFF};
        case Access::U16: return {0, 0xFFFF};
        case Access::U32: return {0, 0xFFFFFFFF};
        default: return full(i.type);
      }
    case IrOp::And:
      if (f_[i.arg(1)].op == IrOp::Const) return {0, f_[i.arg(1)].imm};
      return full(i.type);
    case IrOp::ShrU:
      if (f_[i.arg(1)].op == IrOp::Const) {
        return {0, max_of(i.type) >> (f_[i.arg(1)].imm & (i.type == Type::I32 ? 31 : 63))};
      }
      return full(i.type);
    case IrOp::Clz:
    case IrOp::Ctz:
    case IrOp::Popcnt: return {0, i.type == Type::I32 ? 32u : 64u};
    case IrOp::ExtU: return {0, 0xFFFFFFFF};
    default: return full(i.type);
  }
}

/// Of a phi where ways meet: each operand as it is at the end of its way.
Range Ranges::joined(std::uint32_t phi) const {
  const BlockList& preds = f_[f_.block_of[phi]].preds;
  const std::span<const std::uint32_t> operands = f_.list(f_.insts[phi]);
  Range r = of(operands[0], at_end_[raw(preds[0])]);
  for (std::size_t n = 1; n < operands.size(); ++n) {
    r = join(r, of(operands[n], at_end_[raw(preds[n])]));
  }
  return r;
}

/// From the instruction and the intervals of its operands.
template <class Look>
Range Ranges::evaluate(const Inst& i, const Look& of_arg) const {
  const std::uint64_t max = max_of(i.type);
  const std::uint8_t operands = info(i.op).operands;
  if (i.op == IrOp::Select) return join(of_arg(i.args[1]), of_arg(i.args[2]));
  if (operands == kList || operands == 0 || i.op == IrOp::Load || i.op == IrOp::VmLoad ||
      i.op == IrOp::VmLoadConst || i.op == IrOp::Fcmp) {
    return plain(i);
  }
  const Type source = f_[i.arg(0)].type;
  if (source != Type::I32 && source != Type::I64) return full(i.type);
  const Range a = of_arg(i.args[0]);
  const Range b = operands > 1 ? of_arg(i.args[1]) : Range{0, 0};
  const bool by_constant = b.lo == b.hi;
  const unsigned by = static_cast<unsigned>(b.lo) & (i.type == Type::I32 ? 31 : 63);
  switch (i.op) {
    case IrOp::Add: return sum(i, a, b);
    case IrOp::Sub: return a.lo >= b.hi ? Range{a.lo - b.hi, a.hi - b.lo} : full(i.type);
    case IrOp::Mul:
      return Wide{a.hi} * b.hi <= max ? Range{a.lo * b.lo, a.hi * b.hi} : full(i.type);
    case IrOp::MulHiU: return {0, static_cast<std::uint64_t>(Wide{a.hi} * b.hi >> 64)};
    case IrOp::And: return {0, std::min(a.hi, b.hi)};
    case IrOp::Or: return {std::max(a.lo, b.lo), bits_of(a.hi | b.hi)};
    case IrOp::Xor: return {0, bits_of(a.hi | b.hi)};
    case IrOp::Shl:
      return by_constant && a.hi <= max >> by ? Range{a.lo << by, a.hi << by} : full(i.type);
    case IrOp::ShrU: return by_constant ? Range{a.lo >> by, a.hi >> by} : Range{0, a.hi};
    case IrOp::ShrS:
      if (a.hi > max >> 1) return full(i.type);
      return by_constant ? Range{a.lo >> by, a.hi >> by} : Range{0, a.hi};
    case IrOp::DivU: return {0, a.hi};
    case IrOp::RemU: return {0, b.hi == 0 ? a.hi : std::min(a.hi, b.hi - 1)};
    case IrOp::Wrap: return a.hi <= 0xFFFFFFFF ? a : full(i.type);
    case IrOp::ExtU: return a;
    case IrOp::ExtS:
    case IrOp::Ext32S: return a.hi <= 0x7FFFFFFF ? a : full(i.type);
    case IrOp::Ext16S: return a.hi <= 0x7FFF ? a : full(i.type);
    case IrOp::Ext8S: return a.hi <= 0x7F ? a : full(i.type);
    default: return plain(i);
  }
}

/// From arithmetic alone: true even where no condition that leads here holds.
Range Ranges::certain(std::uint32_t v, unsigned depth) const {
  const Inst& i = f_.insts[v];
  if (depth == 0) return plain(i);
  if (i.op == IrOp::Phi) {  // one of them, whichever way was taken
    const std::span<const std::uint32_t> operands = f_.list(i);
    if (operands.size() > kMostDepth) return full(i.type);
    Range r{~std::uint64_t{0}, 0};
    for (const std::uint32_t a : operands) {
      if (a != v) r = join(r, certain(a, depth - 1));
    }
    return r;
  }
  return evaluate(i, [&](std::uint32_t a) { return certain(a, depth - 1); });
}

/// Of a counter without a known number of turns. `next` is phi + step and stays in the loop only
/// where the condition holds.
Range Ranges::counted(const Loop& loop, const Counter& c) const {
  const Type type = f_[c.phi].type;
  const std::uint64_t max = max_of(type);
  const Range start = of(raw(c.start));
  Range bound{0, 0};
  if (c.bound != kNoValue) {
    const Inst& i = f_[c.bound];
    // What changes in the loop may be stepped over.
    if (i.op != IrOp::Const && loops_.contains(loop, f_.block_of[raw(c.bound)])) return full(type);
    bound = i.op == IrOp::Const ? Range{i.imm, i.imm} : of(raw(c.bound));
  }
  if (c.step == 0 || c.step > max >> 1) return full(type);  // downwards
  std::uint64_t most = 0;     // what the tested value can be, going on
  std::uint64_t limit = max;  // up to which the order is the condition's
  switch (c.cond) {
    case Cond::Ne:
      if (c.step != 1 || bound.lo == 0 || start.hi > bound.lo - (c.tests_phi ? 0 : 1)) {
        return full(type);
      }
      most = bound.hi - 1;
      break;
    case Cond::LtS: limit = max >> 1; [[fallthrough]];
    case Cond::LtU:
      if (bound.hi == 0) return full(type);
      most = bound.hi - 1;
      break;
    case Cond::LeS: limit = max >> 1; [[fallthrough]];
    case Cond::LeU: most = bound.hi; break;
    default: return full(type);
  }
  if (bound.hi > limit) return full(type);
  // In any turn but the first the phi is a value that passed the test, or one step beyond it.
  const Wide passed = c.tests_phi ? Wide{most} + c.step : Wide{most};
  const Wide top = std::max(passed, Wide{start.hi});
  if (top + c.step > limit) return full(type);
  return {start.lo, static_cast<std::uint64_t>(top)};
}

void Ranges::header_phis(const Loop& loop) {
  const Block& header = f_[loop.header];
  const std::optional<Counter> counter = find_counter(f_, loops_, loop);
  const std::uint64_t count = counter ? turns(f_, *counter) : kUnknownTurns;
  for (std::uint32_t v = header.first; v != ~0u && f_.insts[v].op == IrOp::Phi; v = f_.next[v]) {
    const Inst& phi = f_.insts[v];
    if (phi.type != Type::I32 && phi.type != Type::I64) continue;
    const std::span<const std::uint32_t> operands = f_.list(phi);
    bool first = true;
    for (std::size_t n = 0; n < operands.size(); ++n) {
      if (operands[n] == v) continue;
      const bool outside = loops_.position[raw(header.preds[n])] < loop.from;
      const Range r = outside ? of(operands[n]) : plain(f_.insts[operands[n]]);
      range_[v] = first ? r : join(range_[v], r);
      first = false;
    }
    if (!counter) continue;
    if (count == kUnknownTurns) {
      if (v == raw(counter->phi)) range_[v] = meet(range_[v], counted(loop, *counter));
      continue;
    }
    const Inst& next = f_.insts[operands[1 - counter->start_operand]];
    if (next.op != IrOp::Add || next.args[0] != v || f_[next.arg(1)].op != IrOp::Const) continue;
    const std::uint64_t max = max_of(phi.type);
    const std::uint64_t step = f_[next.arg(1)].imm;
    const Range start = of(operands[counter->start_operand]);
    if (step <= max >> 1) {
      const Wide end = Wide{step} * (count - 1) + start.hi;
      if (end <= max) range_[v] = meet(range_[v], {start.lo, static_cast<std::uint64_t>(end)});
    } else {
      const Wide way = Wide{(~step + 1) & max} * (count - 1);
      if (way <= start.lo) {
        range_[v] = meet(range_[v], {start.lo - static_cast<std::uint64_t>(way), start.hi});
      }
    }
  }
}

/// What the operands' intervals make superfluous.
void Ranges::improve(std::uint32_t v) {
  Inst& i = f_.insts[v];
  switch (i.op) {
    case IrOp::Add: {
      if (i.type != Type::I32) return;
      const Range b = of(i.args[1]);
      const bool negative = f_[i.arg(1)].op == IrOp::Const && b.lo > 0x7FFFFFFF;
      const bool fits = negative ? certain(i.args[0]).lo + b.lo > 0xFFFFFFFF
                                 : of(i.args[0]).hi + b.hi <= 0xFFFFFFFF;
      if (fits) i.aux = kNoWrap;
      return;
    }
    case IrOp::Shl:
      if (i.type != Type::I32 || f_[i.arg(1)].op != IrOp::Const) return;
      if (certain(i.args[0]).hi <= 0xFFFFFFFFu >> (f_[i.arg(1)].imm & 31)) i.aux = kNoWrap;
      return;
    case IrOp::And: {
      const Inst& mask = f_[i.arg(1)];
      if (mask.op != IrOp::Const || (bits_of(certain(i.args[0]).hi) & ~mask.imm) != 0) return;
      if (same_.empty()) same_.assign(f_.insts.size(), kNone);
      same_[v] = same_[i.args[0]] != kNone ? same_[i.args[0]] : i.args[0];
      return;
    }
    case IrOp::ExtS:
      if (of(i.args[0]).hi <= 0x7FFFFFFF) i.op = IrOp::ExtU;
      return;
    default: return;
  }
}

void Ranges::replace() {
  if (same_.empty()) return;
  for (const BlockId b : f_.order) {
    for (std::uint32_t v = f_[b].first; v != ~0u;) {
      const std::uint32_t id = v;
      v = f_.next[v];
      for_each_arg(f_, f_.insts[id], [&](std::uint32_t& a) {
        if (same_[a] != kNone) a = same_[a];
      });
      if (same_[id] != kNone) f_.remove(static_cast<ValueId>(id));
    }
  }
}

void Ranges::run() {
  range_.resize(f_.insts.size());
  for (std::size_t v = 0; v < range_.size(); ++v) range_[v] = full(f_.insts[v].type);
  at_end_.assign(f_.blocks.size(), kNone);
  std::size_t loop = 0;
  for (const BlockId b : f_.order) {
    enter(b);
    if (f_[b].is_loop_header) header_phis(loops_.loops[loop++]);
    for (std::uint32_t v = f_[b].first; v != ~0u; v = f_.next[v]) {
      const Inst& i = f_.insts[v];
      if (i.type != Type::I32 && i.type != Type::I64) continue;
      if (i.op == IrOp::Phi) {
        if (!f_[b].is_loop_header) range_[v] = joined(v);
        continue;
      }
      improve(v);
      range_[v] = evaluate(i, [&](std::uint32_t a) { return of(a); });
    }
    at_end_[raw(b)] = now_;
  }
  replace();
}

}  // namespace

void find_ranges(Func& func, const Loops& loops) { Ranges(func, loops).run(); }

}  // namespace wasmrt::jit::opt
