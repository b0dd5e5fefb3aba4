// Checks of memories that may move: what rests in a loop goes in front of it.
//
// Of loops without calls, where no memory grows: the check of an address that rests, if nothing in
// the first turn has an effect or may trap before it; the bases of memories; and what the other
// checks compare with, so that such a check is a comparison of two registers. The result of a check
// stays the address that is used: what guards it against wrong guesses moves with it.
#include <algorithm>
#include <vector>

#include "jit/opt/loops.h"
#include "jit/opt/passes.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit::opt {

using namespace ir;

namespace {

// Per nest; each takes a register.
constexpr std::size_t kMostBases = 2;
constexpr std::size_t kMostLimits = 3;
constexpr unsigned kDeepest = 4;  // arithmetic that comes along with an address
constexpr std::uint32_t kNone = ~0u;

bool is_checked(const MemoryInfo& m) { return m.may_move || m.guarded_bytes == 0; }

class HoistChecks {
 public:
  explicit HoistChecks(Func& func) : f_(func), loops_(func) {}
  void run();

 private:
  /// What was made in front of a nest.
  struct Made {
    std::uint16_t memory;
    std::uint64_t end;  // of a limit
    ValueId value;
  };
  struct Nest {
    std::vector<Made> bases, limits;
  };

  void find_nests();
  void hoist_first(const Loop& loop);
  [[nodiscard]] bool rests(std::uint32_t v, const Loop& loop, unsigned depth) const;
  void bring(std::uint32_t v, const Loop& loop, ValueId place);
  [[nodiscard]] ValueId end_of(const Loop& loop) const {
    return static_cast<ValueId>(f_[loop.before].last);
  }
  ValueId put(const Loop& loop, Inst inst);
  ValueId word(const Loop& loop, std::uint16_t memory, bool base);
  ValueId base(std::uint32_t nest, std::uint16_t memory);
  ValueId limit(std::uint32_t nest, std::uint16_t memory, std::uint64_t end);
  void simplify(BlockId block);
  void replace();

  Func& f_;
  Loops loops_;
  std::vector<std::uint32_t> nest_of_;  // by loop: the outermost one around it without calls
  std::vector<Nest> nests_;             // by such a loop
  std::vector<std::uint32_t> same_;     // by value: the one that replaces it
};

void HoistChecks::find_nests() {
  nest_of_.assign(loops_.loops.size(), kNone);
  for (std::uint32_t n = 0; n < nest_of_.size(); ++n) {
    const Loop& loop = loops_.loops[n];
    if (loop.has_calls) continue;
    const std::uint32_t around = loop.parent == kNone ? kNone : nest_of_[loop.parent];
    nest_of_[n] = around == kNone && loop.before != kNoBlock ? n : around;
  }
  nests_.resize(nest_of_.size());
}

/// Whether a value can be made in front of a loop.
bool HoistChecks::rests(std::uint32_t v, const Loop& loop, unsigned depth) const {
  if (!loops_.contains(loop, f_.block_of[v])) return true;
  const Inst& i = f_.insts[v];
  const std::uint8_t n = info(i.op).operands;
  if (!info(i.op).pure || n == kList || i.op == IrOp::Proj || depth == 0) return false;
  for (unsigned k = 0; k < n; ++k) {
    if (!rests(i.args[k], loop, depth - 1)) return false;
  }
  return true;
}

void HoistChecks::bring(std::uint32_t v, const Loop& loop, ValueId place) {
  if (!loops_.contains(loop, f_.block_of[v])) return;
  for (unsigned k = 0; k < info(f_.insts[v].op).operands; ++k) {
    bring(f_.insts[v].args[k], loop, place);
  }
  f_.move_before(static_cast<ValueId>(v), place);
}

/// The checks that each entry of a loop comes to before anything else that is seen or may trap.
/// They stay in their order. What is between may be done in vain.
void HoistChecks::hoist_first(const Loop& loop) {
  for (BlockId b = loop.header;;) {
    for (std::uint32_t v = f_[b].first; v != kNone;) {
      const std::uint32_t id = v;
      v = f_.next[v];
      const Inst& i = f_.insts[id];
      if (i.op == IrOp::MemCheck && rests(i.args[0], loop, kDeepest)) {
        bring(i.args[0], loop, end_of(loop));
        f_.move_before(static_cast<ValueId>(id), end_of(loop));
        continue;
      }
      const IrInfo& row = info(i.op);
      if (i.op == IrOp::Poll || i.op == IrOp::Jump) continue;
      if (row.may_trap || row.writes || row.terminator || may_fault(f_, i)) return;
    }
    const Inst& jump = f_.insts[f_[b].last];
    if (jump.op != IrOp::Jump || f_[jump.block(0)].preds.size() != 1) return;
    b = jump.block(0);
    if (!loops_.contains(loop, b)) return;
  }
}

ValueId HoistChecks::put(const Loop& loop, Inst inst) {
  inst.type = Type::I64;
  inst.pos = f_[end_of(loop)].pos;
  return f_.insert_before(end_of(loop), inst);
}

/// A memory's base or size, loaded in front of a loop.
ValueId HoistChecks::word(const Loop& loop, std::uint16_t memory, bool base) {
  Inst from;
  from.op = IrOp::Vmctx;
  ValueId at = put(loop, from);
  Inst load;
  load.aux = static_cast<std::uint16_t>(Access::B64);
  if (memory != 0) {
    load.op = IrOp::VmLoadConst;
    for (const std::uint64_t offset : {offsetof(Vmctx, memories), std::size_t{memory} * 8}) {
      load.args[0] = raw(at);
      load.imm = offset;
      at = put(loop, load);
    }
  }
  load.op = IrOp::VmLoad;
  load.lane = kMemoryWord;
  load.mem = memory;
  load.args[0] = raw(at);
  load.imm = memory_word_at(memory, base);
  return put(loop, load);
}

ValueId HoistChecks::base(std::uint32_t nest, std::uint16_t memory) {
  std::vector<Made>& made = nests_[nest].bases;
  for (const Made& m : made) {
    if (m.memory == memory) return m.value;
  }
  if (made.size() == kMostBases) return kNoValue;
  made.push_back({memory, 0, word(loops_.loops[nest], memory, true)});
  return made.back().value;
}

ValueId HoistChecks::limit(std::uint32_t nest, std::uint16_t memory, std::uint64_t end) {
  std::vector<Made>& made = nests_[nest].limits;
  for (const Made& m : made) {
    if (m.memory == memory && m.end == end) return m.value;
  }
  if (made.size() == kMostLimits) return kNoValue;
  const Loop& loop = loops_.loops[nest];
  Inst constant;
  constant.op = IrOp::Const;
  constant.imm = ~end + 1;
  Inst sum;
  sum.op = IrOp::Add;
  sum.args[0] = raw(word(loop, memory, false));
  sum.args[1] = raw(put(loop, constant));
  made.push_back({memory, end, put(loop, sum)});
  return made.back().value;
}

void HoistChecks::simplify(BlockId block) {
  const std::uint32_t nest = nest_of_[loops_.innermost[raw(block)]];
  if (nest == kNone) return;
  for (std::uint32_t v = f_[block].first; v != kNone;) {
    const std::uint32_t id = v;
    v = f_.next[v];
    const Inst i = f_.insts[id];
    if (i.op == IrOp::MemCheck && i.imm <= f_.memories[i.mem].least_bytes && i.imm <= 0x7FFFFFFF) {
      const ValueId most = limit(nest, i.mem, i.imm);
      if (most == kNoValue) continue;
      f_.insts[id].op = IrOp::LimitCheck;
      f_.insts[id].args[1] = raw(most);
    }
    const bool of_base = i.imm == memory_word_at(i.mem, true);
    if (i.op == IrOp::VmLoad && i.lane == kMemoryWord && of_base) {
      const ValueId known = base(nest, i.mem);
      if (known == kNoValue) continue;
      if (same_.size() <= id) same_.resize(f_.insts.size(), kNone);
      same_[id] = raw(known);
      f_.remove(static_cast<ValueId>(id));
    }
  }
}

void HoistChecks::replace() {
  if (same_.empty()) return;
  for (const BlockId b : f_.order) {
    for (std::uint32_t v = f_[b].first; v != kNone; v = f_.next[v]) {
      for_each_arg(f_, f_.insts[v], [&](std::uint32_t& a) {
        if (a < same_.size() && same_[a] != kNone) a = same_[a];
      });
    }
  }
}

void HoistChecks::run() {
  if (loops_.loops.empty()) return;
  // From the inside: what stands in front of a loop may be first in the one around it.
  for (std::size_t n = loops_.loops.size(); n-- > 0;) {
    const Loop& loop = loops_.loops[n];
    if (!loop.has_calls && loop.before != kNoBlock) hoist_first(loop);
  }
  find_nests();
  std::vector<bool> has_inner(loops_.loops.size(), false);
  for (const Loop& loop : loops_.loops) {
    if (loop.parent != kNone) has_inner[loop.parent] = true;
  }
  for (const bool outer : {false, true}) {  // registers go to the innermost first
    for (const BlockId b : f_.order) {
      const std::uint32_t loop = loops_.innermost[raw(b)];
      if (loop != kNone && has_inner[loop] == outer && !f_[b].cold) simplify(b);
    }
  }
  replace();
}

}  // namespace

void hoist_checks(Func& func) {
  if (std::any_of(func.memories.begin(), func.memories.end(), is_checked)) HoistChecks(func).run();
}

}  // namespace wasmrt::jit::opt
