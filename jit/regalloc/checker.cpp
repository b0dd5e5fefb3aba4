// The symbolic check of an allocation.
//
// In: a function before and after allocation. Out: the first place where an operand does not find
// its value, or a constraint does not hold. The state is a relation of locations and the virtual
// registers whose value they hold; a location may hold several, since edges rename arguments to
// parameters. It is propagated over the blocks until it is stable: what reaches a block is what all
// ways to it agree on. Nothing of the allocator's own data is used.
#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "jit/regalloc/regalloc.h"

namespace wasmrt::jit {

namespace {

using Pair = std::pair<std::uint32_t, std::uint32_t>;  // location key, virtual register
using Relation = std::vector<Pair>;                    // ascending

class Checker {
 public:
  Checker(const Target& target, const MFunc& before, const MFunc& after)
      : target_(target), before_(before), after_(after) {}
  std::string run();

 private:
  static constexpr std::uint32_t kFirstSlot = 64;

  void fail(const std::string& what);
  [[nodiscard]] std::string name(std::uint32_t vreg) const { return "v" + std::to_string(vreg); }
  [[nodiscard]] std::string name(RegClass cls, Loc loc) const;

  // The relation while a block is followed, by location and by value.
  void load(const Relation& state);
  Relation store() const;
  [[nodiscard]] bool holds(std::uint32_t key, std::uint32_t vreg) const;
  void add(std::uint32_t key, std::uint32_t vreg);
  void clear(std::uint32_t key);
  void forget(std::uint32_t vreg);
  void overwrite(RegClass cls, Loc loc, bool wide);

  [[nodiscard]] std::uint32_t key(RegClass cls, Loc loc) const {
    return loc.is_reg() ? static_cast<std::uint32_t>(cls) * 32 + loc.n : kFirstSlot + loc.n;
  }
  [[nodiscard]] RegClass cls(VReg v) const { return before_.vregs[raw(v)].cls; }
  [[nodiscard]] bool wide(std::uint32_t v) const { return before_.vregs[v].bytes == 16; }

  bool shape();
  void definitions();
  bool loc_ok(const MOperand& op, bool may_be_scratch);
  void block(std::uint32_t b);
  void inserted(const MInst& i);
  void original(std::uint32_t number);
  void operands(const MInst& i, std::span<const MOperand> ops);
  Relation across(const Relation& out, const MEdge& edge);
  void liveness();
  [[nodiscard]] Relation only_live(Relation state, std::uint32_t b) const;

  const Target& target_;
  const MFunc& before_;
  const MFunc& after_;
  std::vector<std::vector<std::uint32_t>> by_loc_;
  std::vector<std::vector<std::uint32_t>> by_vreg_;
  std::vector<std::uint32_t> def_of_;                // by vreg: instruction
  std::vector<std::uint32_t> touched_;               // keys that hold something
  std::vector<std::vector<std::uint32_t>> live_in_;  // by block, ascending; parameters included
  std::string error_;
  bool report_ = false;
  std::uint32_t at_block_ = 0;
  std::size_t at_inst_ = 0;
};

void Checker::fail(const std::string& what) {
  if (!report_ || !error_.empty()) return;
  error_ = "block " + std::to_string(at_block_) + ", instruction " + std::to_string(at_inst_);
  const auto& insts = after_.blocks[at_block_].insts;
  if (at_inst_ < insts.size()) {
    error_ += " (" + std::string(target_.op_name(after_.insts[insts[at_inst_]].op)) + ", number " +
              std::to_string(insts[at_inst_]) + ")";
  }
  error_ += ": " + what;
}

std::string Checker::name(RegClass cls, Loc loc) const {
  if (loc.is_slot()) return "slot " + std::to_string(loc.n);
  if (!loc.is_reg()) return "nowhere";
  return (cls == RegClass::Int ? "r" : "x") + std::to_string(loc.n);
}

// ---- the relation
// -----------------------------------------------------------------------------------

void Checker::load(const Relation& state) {
  for (const std::uint32_t k : touched_) {
    for (const std::uint32_t v : by_loc_[k]) by_vreg_[v].clear();
    by_loc_[k].clear();
  }
  touched_.clear();
  for (const auto& [k, v] : state) add(k, v);
}

Relation Checker::store() const {
  Relation state;
  for (const std::uint32_t k : touched_) {
    for (const std::uint32_t v : by_loc_[k]) state.emplace_back(k, v);
  }
  std::sort(state.begin(), state.end());
  state.erase(std::unique(state.begin(), state.end()), state.end());
  return state;
}

bool Checker::holds(std::uint32_t key, std::uint32_t vreg) const {
  return std::find(by_vreg_[vreg].begin(), by_vreg_[vreg].end(), key) != by_vreg_[vreg].end();
}

void Checker::add(std::uint32_t key, std::uint32_t vreg) {
  if (holds(key, vreg)) return;
  if (by_loc_[key].empty()) touched_.push_back(key);
  by_loc_[key].push_back(vreg);
  by_vreg_[vreg].push_back(key);
}

void Checker::clear(std::uint32_t key) {
  for (const std::uint32_t v : by_loc_[key]) std::erase(by_vreg_[v], key);
  by_loc_[key].clear();
}

void Checker::forget(std::uint32_t vreg) {
  for (const std::uint32_t k : by_vreg_[vreg]) std::erase(by_loc_[k], vreg);
  by_vreg_[vreg].clear();
}

/// A location gets a new content. Slots are 8 bytes; a 16-byte value lies in two.
void Checker::overwrite(RegClass cls, Loc loc, bool is_wide) {
  const std::uint32_t k = key(cls, loc);
  clear(k);
  if (!loc.is_slot()) return;
  if (is_wide) clear(k + 1);
  if (loc.n > 0) {
    const std::vector<std::uint32_t> below = by_loc_[k - 1];
    for (const std::uint32_t v : below) {
      if (!wide(v)) continue;
      std::erase(by_loc_[k - 1], v);
      std::erase(by_vreg_[v], k - 1);
    }
  }
}

// ---- instructions
// -----------------------------------------------------------------------------------

bool Checker::loc_ok(const MOperand& op, bool may_be_scratch) {
  const auto c = static_cast<unsigned>(cls(op.vreg));
  if (op.loc.is_slot()) {
    if (op.loc.n + (wide(raw(op.vreg)) ? 2u : 1u) <= after_.spill_slots) return true;
    fail(name(raw(op.vreg)) + ": slot " + std::to_string(op.loc.n) + " lies outside the frame");
    return false;
  }
  if (!op.loc.is_reg()) {
    fail(name(raw(op.vreg)) + " has no location");
    return false;
  }
  const bool scratch = may_be_scratch && op.loc.n == target_.scratch[c];
  if (op.loc.n >= 32 || ((target_.allocatable[c] >> op.loc.n & 1) == 0 && !scratch)) {
    fail(name(raw(op.vreg)) + ": " + name(cls(op.vreg), op.loc) + " is not allocatable");
    return false;
  }
  if (op.is_def && !scratch && (target_.call_clobbers[c] >> op.loc.n & 1) == 0 &&
      (after_.used_callee_saved[c] >> op.loc.n & 1) == 0) {
    fail(name(cls(op.vreg), op.loc) + " is written, but not saved for the caller");
    return false;
  }
  return true;
}

/// A move, a swap, or an instruction that makes a value again.
void Checker::inserted(const MInst& i) {
  const std::span<const MOperand> ops = after_.operands(i);
  for (const MOperand& op : ops) {
    if (!loc_ok(op, true)) return;
  }
  const RegClass c = ops.empty() ? RegClass::Int : cls(ops[0].vreg);
  if (i.op == kMove && ops.size() == 2) {
    const std::vector<std::uint32_t> values = by_loc_[key(c, ops[1].loc)];
    overwrite(c, ops[0].loc, i.size == 16);
    for (const std::uint32_t v : values) {
      if (i.size == 16 || !wide(v)) add(key(c, ops[0].loc), v);
    }
  } else if (i.op == kSwap && ops.size() == 2) {
    const std::vector<std::uint32_t> x = by_loc_[key(c, ops[0].loc)];
    const std::vector<std::uint32_t> y = by_loc_[key(c, ops[1].loc)];
    overwrite(c, ops[0].loc, i.size == 16);
    overwrite(c, ops[1].loc, i.size == 16);
    for (const std::uint32_t v : x) {
      if (i.size == 16 || !wide(v)) add(key(c, ops[1].loc), v);
    }
    for (const std::uint32_t v : y) {
      if (i.size == 16 || !wide(v)) add(key(c, ops[0].loc), v);
    }
  } else {
    const std::uint32_t v = ops.empty() ? ~0u : raw(ops[0].vreg);
    const std::uint32_t d = v == ~0u ? ~0u : def_of_[v];
    if (i.defs != 1 || i.uses != 0 || d == ~0u)
      return fail("an inserted instruction of no known kind");
    const MInst& o = before_.insts[d];
    if (!o.can_remat || o.op != i.op || o.size != i.size || o.cond != i.cond || o.aux != i.aux ||
        o.imm != i.imm || o.mem_pinned != i.mem_pinned || o.mem_disp != i.mem_disp) {
      return fail("does not make " + name(v) + " again");
    }
    if (!ops[0].loc.is_reg()) return fail("makes a value again in memory");
    overwrite(c, ops[0].loc, wide(v));
    add(key(c, ops[0].loc), v);
  }
}

/// The constraints among the operands of one instruction.
void Checker::operands(const MInst& i, std::span<const MOperand> ops) {
  for (std::size_t n = 0; n < ops.size(); ++n) {
    const MOperand& op = ops[n];
    const std::string who = "operand " + std::to_string(n) + " (" + name(raw(op.vreg)) + ")";
    if (!loc_ok(op, false)) return;
    const bool may_be_slot = op.constraint == Constraint::Any && !op.is_def;
    if (op.loc.is_slot() && !may_be_slot) return fail(who + " must be in a register");
    if (op.constraint == Constraint::Fixed && op.loc.n != op.fixed) {
      return fail(who + " is in " + name(cls(op.vreg), op.loc) +
                  ", not in the register it must be in");
    }
    if (op.constraint == Constraint::Same && !(ops[op.fixed].loc == op.loc)) {
      return fail(who + " is not where the use is that it is tied to");
    }
    if (!op.is_def) {
      if (!holds(key(cls(op.vreg), op.loc), raw(op.vreg))) {
        return fail(who + " is not in " + name(cls(op.vreg), op.loc));
      }
      const auto c = static_cast<unsigned>(cls(op.vreg));
      if (op.late && i.is_call && op.loc.is_reg() &&
          (target_.call_clobbers[c] >> op.loc.n & 1) != 0) {
        return fail(who + " is read late, and the call clobbers it");
      }
    }
    for (std::size_t m = 0; m < ops.size(); ++m) {
      const MOperand& other = ops[m];
      if (m == n || !op.is_def || !(op.loc == other.loc) || cls(op.vreg) != cls(other.vreg))
        continue;
      if (other.is_def) return fail(who + " shares its register with another definition");
      const bool tied =
          op.constraint == Constraint::Same &&
          (op.fixed == m || (other.constraint == Constraint::Same && other.fixed == op.fixed));
      if (tied ? other.late : op.early || other.late || op.constraint == Constraint::Same) {
        return fail(who + " shares its register with operand " + std::to_string(m));
      }
    }
  }
}

void Checker::original(std::uint32_t number) {
  const MInst& i = before_.insts[number];
  const std::span<const MOperand> ops = after_.operands(i);
  operands(i, ops);
  if (!error_.empty()) return;
  if (i.is_call) {
    for (const unsigned c : {0u, 1u}) {
      for (std::uint32_t r = 0; r < 32; ++r) {
        if ((target_.call_clobbers[c] >> r & 1) != 0) clear(c * 32 + r);
      }
    }
  }
  for (const MOperand& op : ops) {
    if (!op.is_def || op.loc.kind == Loc::Kind::None) continue;
    forget(raw(op.vreg));
    overwrite(cls(op.vreg), op.loc, wide(raw(op.vreg)));
  }
  for (const MOperand& op : ops) {
    if (op.is_def && op.loc.kind != Loc::Kind::None) add(key(cls(op.vreg), op.loc), raw(op.vreg));
  }
}

void Checker::block(std::uint32_t b) {
  at_block_ = b;
  const auto& insts = after_.blocks[b].insts;
  for (at_inst_ = 0; at_inst_ < insts.size(); ++at_inst_) {
    if (insts[at_inst_] < before_.insts.size()) {
      original(insts[at_inst_]);
    } else {
      inserted(after_.insts[insts[at_inst_]]);
    }
    if (!error_.empty()) return;
  }
}

/// The relation at the target of an edge: arguments become parameters, all at once.
Relation Checker::across(const Relation& out, const MEdge& edge) {
  const std::span<const VReg> params = before_.blocks[raw(edge.to)].params;
  if (params.empty()) return only_live(out, raw(edge.to));
  load(out);
  std::vector<std::vector<std::uint32_t>> places;
  for (const VReg a : edge.args) places.push_back(by_vreg_[raw(a)]);
  for (const VReg p : params) forget(raw(p));
  for (std::size_t n = 0; n < params.size(); ++n) {
    for (const std::uint32_t k : places[n]) add(k, raw(params[n]));
  }
  return only_live(store(), raw(edge.to));
}

/// What nobody reads any more need not be followed.
Relation Checker::only_live(Relation state, std::uint32_t b) const {
  const std::vector<std::uint32_t>& live = live_in_[b];
  std::erase_if(state, [&](const Pair& p) {
    return !std::binary_search(live.begin(), live.end(), p.second);
  });
  return state;
}

void Checker::liveness() {
  live_in_.assign(before_.blocks.size(), {});
  std::vector<std::uint32_t> live;
  std::vector<bool> in_set(before_.vregs.size(), false);
  const auto insert = [&](std::uint32_t v) {
    if (!in_set[v]) live.push_back(v);
    in_set[v] = true;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t b = before_.blocks.size(); b-- > 0;) {
      live.clear();
      const MBlock& block = before_.blocks[b];
      for (const MEdge& edge : block.succs) {
        for (const std::uint32_t v : live_in_[raw(edge.to)]) insert(v);
        for (const VReg p : before_.blocks[raw(edge.to)].params) in_set[raw(p)] = false;
        std::erase_if(live, [&](std::uint32_t v) { return !in_set[v]; });
        for (const VReg a : edge.args) insert(raw(a));
      }
      for (std::size_t n = block.insts.size(); n-- > 0;) {
        const std::span<const MOperand> ops = before_.operands(before_.insts[block.insts[n]]);
        for (const MOperand& op : ops) {
          if (op.is_def) in_set[raw(op.vreg)] = false;
        }
        for (const MOperand& op : ops) {
          if (!op.is_def) insert(raw(op.vreg));
        }
      }
      std::erase_if(live, [&](std::uint32_t v) { return !in_set[v]; });
      std::sort(live.begin(), live.end());
      live.erase(std::unique(live.begin(), live.end()), live.end());
      for (const std::uint32_t v : live) in_set[v] = false;
      if (live.size() == live_in_[b].size()) continue;
      live_in_[b] = live;
      changed = true;
    }
  }
}

// ---- the whole
// --------------------------------------------------------------------------------------

/// Allocation only adds instructions, and none behind the last one of a block.
bool Checker::shape() {
  if (after_.blocks.size() != before_.blocks.size() || after_.insts.size() < before_.insts.size()) {
    error_ = "blocks or instructions got lost";
    return false;
  }
  for (std::uint32_t b = 0; b < before_.blocks.size(); ++b) {
    const auto& old = before_.blocks[b].insts;
    std::size_t n = 0;
    for (const std::uint32_t i : after_.blocks[b].insts) {
      if (i >= before_.insts.size()) continue;
      if (n >= old.size() || old[n] != i) break;
      ++n;
    }
    if (n != old.size() || (n > 0 && after_.blocks[b].insts.back() != old.back())) {
      error_ = "block " + std::to_string(b) + ": its instructions are not what they were";
      return false;
    }
  }
  return true;
}

void Checker::definitions() {
  def_of_.assign(before_.vregs.size(), ~0u);
  for (const MBlock& b : before_.blocks) {
    for (const std::uint32_t i : b.insts) {
      for (const MOperand& op : before_.operands(before_.insts[i])) {
        if (op.is_def) def_of_[raw(op.vreg)] = i;
      }
    }
  }
}

std::string Checker::run() {
  if (!shape() || before_.blocks.empty()) return error_;
  definitions();
  liveness();
  by_loc_.resize(kFirstSlot + after_.spill_slots + 2);
  by_vreg_.resize(before_.vregs.size());
  std::vector<std::optional<Relation>> in(before_.blocks.size());
  std::vector<bool> queued(before_.blocks.size(), false);
  std::deque<std::uint32_t> work;
  in[0].emplace();
  work.push_back(0);
  queued[0] = true;
  while (!work.empty()) {
    const std::uint32_t b = work.front();
    work.pop_front();
    queued[b] = false;
    load(*in[b]);
    block(b);
    const Relation out = store();
    for (const MEdge& edge : before_.blocks[b].succs) {
      const std::uint32_t s = raw(edge.to);
      Relation there = across(out, edge);
      if (in[s].has_value()) {
        Relation both;
        std::set_intersection(in[s]->begin(), in[s]->end(), there.begin(), there.end(),
                              std::back_inserter(both));
        if (both.size() == in[s]->size()) continue;
        *in[s] = std::move(both);
      } else {
        in[s] = std::move(there);
      }
      if (queued[s]) continue;
      queued[s] = true;
      work.push_back(s);
    }
  }
  report_ = true;
  for (std::uint32_t b = 0; b < before_.blocks.size() && error_.empty(); ++b) {
    if (!in[b].has_value()) continue;
    load(*in[b]);
    block(b);
  }
  return error_;
}

}  // namespace

std::string check_allocation(const Target& target, const MFunc& before, const MFunc& after) {
  return Checker(target, before, after).run();
}

}  // namespace wasmrt::jit
