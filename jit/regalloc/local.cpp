// One walk over each block with the registers' content in hand; what is needed latest leaves first.
#include "jit/regalloc/local.h"

#include <algorithm>
#include <bit>

#include "jit/regalloc/slot_pool.h"
#include "libwasmrt/base/assert.h"

namespace wasmrt::jit {

const char* LocalAllocator::run(const Target& target, MFunc& func) {
  target_ = &target;
  func_ = &func;
  declined_ = nullptr;
  const std::size_t n = func.vregs.size();
  if (n > Loc::kMost) return "register allocation: too many values";
  values_.assign(n, Value{});
  def_inst_.assign(n, kNone);
  func.used_callee_saved[0] = func.used_callee_saved[1] = 0;
  for (auto& cls : in_reg_) std::fill(std::begin(cls), std::end(cls), kNone);
  find_lifetimes();
  writer_.begin(target, func, def_inst_,
                n);  // a slot is called by its value until they have numbers
  for (std::uint32_t b = 0; b < func.blocks.size() && declined_ == nullptr; ++b) allocate(b);
  number_slots();
  return declined_;
}

// ---- lifetimes
// ------------------------------------------------------------------------------------

void LocalAllocator::read_at(std::uint32_t vreg, std::uint32_t block, std::uint32_t pos) {
  Value& v = values_[vreg];
  v.to = std::max(v.to, pos);
  if (v.block == block) return;
  v.elsewhere = true;
  // What is defined in front of a loop lives through all of it.
  const MBlock& b = func_->blocks[block];
  std::uint32_t head = b.is_loop_header ? block : raw(b.loop_header);
  if (head == kNone || block_at_[head] <= v.from) return;
  constexpr unsigned kMostLoops = 32;  // deeper: to the end of the function
  for (unsigned n = 0; n < kMostLoops; ++n) {
    const std::uint32_t outer = loop_parent_[head];
    if (outer == kNone || block_at_[outer] <= v.from) {
      v.to = std::max(v.to, block_at_[func_->blocks[head].loop_end]);
      return;
    }
    head = outer;
  }
  v.to = block_at_.back();
}

void LocalAllocator::find_lifetimes() {
  const auto count = static_cast<std::uint32_t>(func_->blocks.size());
  block_at_.clear();
  loop_parent_.assign(count, kNone);
  std::vector<std::uint32_t> loops;  // headers of the open ones
  std::uint32_t at = 0;
  for (std::uint32_t b = 0; b < count; ++b) {
    const MBlock& block = func_->blocks[b];
    while (!loops.empty() && func_->blocks[loops.back()].loop_end <= b) loops.pop_back();
    if (block.is_loop_header) {
      loop_parent_[b] = loops.empty() ? kNone : loops.back();
      loops.push_back(b);
    }
    block_at_.push_back(at);
    for (const VReg p : block.params) {
      Value& v = values_[raw(p)];
      v.from = at;
      v.block = b;
      v.stored = true;
    }
    for (const std::uint32_t i : block.insts) {
      ++at;
      for (const MOperand& op : func_->operands(func_->insts[i])) {
        if (!op.is_def) break;
        Value& v = values_[raw(op.vreg)];
        v.from = at;
        v.block = b;
        v.again = func_->insts[i].can_remat;
        def_inst_[raw(op.vreg)] = i;
      }
    }
    ++at;
  }
  block_at_.push_back(at);
  for (std::uint32_t b = 0; b < count; ++b) {
    at = block_at_[b];
    for (const std::uint32_t i : func_->blocks[b].insts) {
      ++at;
      for (const MOperand& op : func_->operands(func_->insts[i])) {
        if (!op.is_def) read_at(raw(op.vreg), b, at);
      }
    }
    for (const MEdge& edge : func_->blocks[b].succs) {
      for (const VReg v : edge.args) read_at(raw(v), b, at);
    }
  }
  // What an edge reads and what it writes lie in different slots, so that each has its own while
  // they are moved.
  for (std::uint32_t b = 0; b < count; ++b) {
    for (const MEdge& edge : func_->blocks[b].succs) {
      const std::uint32_t s = raw(edge.to);
      for (std::size_t a = 0; a < edge.args.size(); ++a) {
        Value& arg = values_[raw(edge.args[a])];
        Value& param = values_[raw(func_->blocks[s].params[a])];
        if (s > b) {
          arg.to = std::max(arg.to, block_at_[s]);
        } else if (param.to != 0) {
          param.to = std::max(param.to, block_at_[b + 1]);
        }
      }
    }
  }
}

/// Values whose lifetimes do not meet share a slot; those of 16 bytes keep to themselves.
void LocalAllocator::number_slots() {
  std::vector<std::uint32_t> stored;
  for (std::uint32_t v = 0; v < values_.size(); ++v) {
    if (values_[v].has_slot) stored.push_back(v);
  }
  std::sort(stored.begin(), stored.end(), [&](std::uint32_t a, std::uint32_t b) {
    return values_[a].from != values_[b].from ? values_[a].from < values_[b].from : a < b;
  });
  std::uint32_t next = func_->first_slot;
  for (const unsigned bytes : {16u, 8u}) {
    SlotPool pool(next, bytes / 8);
    for (const std::uint32_t n : stored) {
      if (func_->vregs[n].bytes == bytes)
        values_[n].next = pool.take(values_[n].from, values_[n].to);
    }
  }
  func_->spill_slots = next;
  for (MOperand& op : func_->ops) {
    if (op.loc.is_slot()) op.loc = Loc::slot(values_[op.loc.n].next);
  }
}

// ---- registers
// ------------------------------------------------------------------------------------

/// Where a value is; nowhere if it must be made again.
Loc LocalAllocator::place(std::uint32_t vreg) {
  Value& v = values_[vreg];
  if (v.reg != kNoReg) return Loc::reg(v.reg);
  if (v.again) return {};
  WASMRT_DEBUG_ASSERT(v.stored, "a value is in a register or in its slot");
  v.has_slot = true;
  return Loc::slot(vreg);
}

void LocalAllocator::wrote(unsigned cls, std::uint32_t reg) {
  func_->used_callee_saved[cls] |=
      1u << reg & ~target_->call_clobbers[cls] & target_->allocatable[cls];
}

void LocalAllocator::move(std::uint32_t vreg, Loc from, Loc to) {
  if (to.is_reg()) wrote(cls_of(vreg), to.n);
  const ParallelMove one{vreg, vreg, from, to};
  writer_.write({&one, 1}, out_);
}

void LocalAllocator::store(std::uint32_t vreg) {
  Value& v = values_[vreg];
  if (v.stored || v.again) return;
  v.stored = v.has_slot = true;
  move(vreg, Loc::reg(v.reg), Loc::slot(vreg));
}

void LocalAllocator::hold(std::uint32_t vreg, std::uint32_t reg) {
  in_reg_[cls_of(vreg)][reg] = vreg;
  values_[vreg].reg = static_cast<std::uint8_t>(reg);
}

void LocalAllocator::drop(unsigned cls, std::uint32_t reg) {
  std::uint32_t& who = in_reg_[cls][reg];
  if (who < kHeld) values_[who].reg = kNoReg;
  who = kNone;
}

std::uint32_t LocalAllocator::find_free(unsigned cls, std::uint32_t allowed) const {
  allowed &= target_->allocatable[cls];
  for (const std::uint32_t r : target_->alloc_order[cls]) {
    if (r >= 32) break;
    if ((allowed >> r & 1) != 0 && in_reg_[cls][r] == kNone) return r;
  }
  return kNone;
}

/// A register of those allowed: a free one, else that of the value that is read latest.
std::uint32_t LocalAllocator::pick(unsigned cls, std::uint32_t allowed) {
  std::uint32_t best = find_free(cls, allowed);
  if (best != kNone) return best;
  allowed &= target_->allocatable[cls];
  for (; allowed != 0; allowed &= allowed - 1) {
    const auto r = static_cast<std::uint32_t>(std::countr_zero(allowed));
    const std::uint32_t who = in_reg_[cls][r];
    if (who == kHeld) continue;
    if (best == kNone || values_[who].next > values_[in_reg_[cls][best]].next) best = r;
  }
  if (best == kNone) {
    declined_ = "register allocation: an instruction needs too many registers";
    return target_->alloc_order[cls][0];
  }
  if (values_[in_reg_[cls][best]].next != kNone) store(in_reg_[cls][best]);
  drop(cls, best);
  return best;
}

/// Frees a register that the instruction takes: what is read later moves, or is stored.
void LocalAllocator::empty(unsigned cls, std::uint32_t reg) {
  const std::uint32_t who = in_reg_[cls][reg];
  if (who < kHeld && values_[who].next != kNone) {
    const std::uint32_t to = find_free(cls, ~(read_[cls] | lost_[cls]));
    if (to != kNone) {
      move(who, Loc::reg(reg), Loc::reg(to));
      drop(cls, reg);
      hold(who, to);
      return;
    }
    store(who);
  }
  drop(cls, reg);
}

// ---- instructions
// ---------------------------------------------------------------------------------

void LocalAllocator::read_fixed(std::uint32_t op, std::uint8_t reg) {
  const std::uint32_t v = raw(func_->ops[op].vreg);
  const unsigned cls = cls_of(v);
  func_->ops[op].loc = Loc::reg(reg);
  if (in_reg_[cls][reg] != v && (read_[cls] >> reg & 1) == 0) {
    empty(cls, reg);
    const Loc from = place(v);
    move(v, from, Loc::reg(reg));
    if (from.is_reg()) {
      in_reg_[cls][reg] = kHeld;
    } else {
      hold(v, reg);
    }
  }
  wrote(cls, reg);
  read_[cls] |= 1u << reg;
  if (func_->ops[op].late) late_[cls] |= 1u << reg;
}

void LocalAllocator::read(std::uint32_t op, std::uint32_t next) {
  const MOperand o = func_->ops[op];
  const std::uint32_t v = raw(o.vreg);
  const unsigned cls = cls_of(v);
  // What is read late must outlast what the instruction writes.
  const std::uint32_t no = o.late ? lost_[cls] : 0;
  std::uint32_t reg = values_[v].reg;
  if (reg == kNoReg || (no >> reg & 1) != 0) {
    if (reg == kNoReg && o.constraint == Constraint::Any && !o.late && !values_[v].again &&
        next == kNone) {
      func_->ops[op].loc = place(v);
      return;
    }
    const std::uint32_t to = pick(cls, ~(read_[cls] | no));
    move(v, place(v), Loc::reg(to));
    if (reg != kNoReg) in_reg_[cls][reg] = (read_[cls] >> reg & 1) != 0 ? kHeld : kNone;
    hold(v, to);
    reg = to;
  }
  func_->ops[op].loc = Loc::reg(reg);
  read_[cls] |= 1u << reg;
  if (o.late) late_[cls] |= 1u << reg;
}

/// A use whose register a definition overwrites.
void LocalAllocator::read_tied(std::uint32_t op, std::uint32_t def, bool lives_on) {
  const std::uint32_t v = raw(func_->ops[op].vreg);
  const unsigned cls = cls_of(v);
  const std::uint32_t own = values_[v].reg;
  std::uint32_t reg = own;
  if (own == kNoReg || lives_on || ((read_[cls] | lost_[cls]) >> own & 1) != 0) {
    reg = pick(cls, ~(read_[cls] | lost_[cls] | (own == kNoReg ? 0 : 1u << own)));
    move(v, place(v), Loc::reg(reg));
  } else {
    drop(cls, own);
  }
  in_reg_[cls][reg] = kHeld;
  read_[cls] |= 1u << reg;
  written_[cls] |= 1u << reg;
  func_->ops[op].loc = func_->ops[def].loc = Loc::reg(reg);
}

/// Gives a definition that is neither fixed nor tied its register.
void LocalAllocator::define(std::uint32_t op) {
  const MOperand o = func_->ops[op];
  const unsigned cls = cls_of(raw(o.vreg));
  const std::uint32_t no = (o.early ? read_[cls] : late_[cls]) | lost_[cls] | written_[cls];
  const std::uint32_t reg = pick(cls, ~no);
  written_[cls] |= 1u << reg;
  in_reg_[cls][reg] = kHeld;
  wrote(cls, reg);
  func_->ops[op].loc = Loc::reg(reg);
}

void LocalAllocator::instruction(std::uint32_t inst) {
  const MInst i = func_->insts[inst];
  const std::uint32_t first = i.first_op;
  const std::uint32_t uses = first + i.defs;
  const std::uint32_t end = uses + i.uses;
  op_next_.assign(nexts_.rbegin(), nexts_.rbegin() + (end - first));
  nexts_.resize(nexts_.size() - (end - first));
  const auto next_of = [&](std::uint32_t op) { return op_next_[op - first]; };
  const auto vreg = [&](std::uint32_t op) { return raw(func_->ops[op].vreg); };

  std::uint32_t tied = kNone;  // the use
  std::uint32_t tied_def = kNone;
  for (const unsigned cls : {0u, 1u}) {
    read_[cls] = late_[cls] = written_[cls] = 0;
    lost_[cls] = i.is_call ? target_->call_clobbers[cls] : 0;
  }
  for (std::uint32_t op = first; op < uses; ++op) {
    const MOperand& o = func_->ops[op];
    if (o.constraint == Constraint::Fixed) lost_[cls_of(raw(o.vreg))] |= 1u << o.fixed;
    if (o.constraint == Constraint::Same) {
      tied_def = op;
      tied = first + o.fixed;
    }
  }
  for (std::uint32_t op = uses; op < end; ++op) {
    const MOperand& o = func_->ops[op];
    if (o.constraint == Constraint::Fixed) read_fixed(op, o.fixed);
  }
  for (std::uint32_t op = uses; op < end; ++op) {
    const Constraint how = func_->ops[op].constraint;
    if (how != Constraint::Fixed && how != Constraint::Same && op != tied) read(op, next_of(op));
  }
  if (tied != kNone) {
    bool lives_on = next_of(tied) != kNone;
    for (std::uint32_t op = uses; op < end; ++op) {
      lives_on |=
          op != tied && vreg(op) == vreg(tied) && func_->ops[op].constraint != Constraint::Same;
    }
    read_tied(tied, tied_def, lives_on);
    for (std::uint32_t op = uses; op < end; ++op) {  // read where the tied one is
      if (func_->ops[op].constraint == Constraint::Same) func_->ops[op].loc = func_->ops[tied].loc;
    }
  }
  for (std::uint32_t op = uses; op < end; ++op) {
    Value& v = values_[vreg(op)];
    v.next = next_of(op);
    if (v.next == kNone && v.reg != kNoReg && !v.elsewhere) drop(cls_of(vreg(op)), v.reg);
  }
  for (const unsigned cls : {0u, 1u}) {
    for (std::uint32_t m = lost_[cls]; m != 0; m &= m - 1) {
      empty(cls, static_cast<std::uint32_t>(std::countr_zero(m)));
    }
  }
  for (const bool early : {true, false}) {
    for (std::uint32_t op = first; op < uses; ++op) {
      const MOperand& o = func_->ops[op];
      const bool free = o.constraint != Constraint::Fixed && o.constraint != Constraint::Same;
      if (free && o.early == early) define(op);
    }
  }
  for (const unsigned cls : {0u, 1u}) {
    for (std::uint32_t& who : in_reg_[cls]) {
      if (who == kHeld) who = kNone;
    }
  }
  out_.push_back(inst);
  for (std::uint32_t op = first; op < uses; ++op) {
    const std::uint32_t v = vreg(op);
    if (func_->ops[op].constraint == Constraint::Fixed) {
      func_->ops[op].loc = Loc::reg(func_->ops[op].fixed);
      wrote(cls_of(v), func_->ops[op].fixed);
    }
    values_[v].next = next_of(op);
    if (values_[v].next == kNone && !values_[v].elsewhere) continue;
    hold(v, func_->ops[op].loc.n);
    if (values_[v].elsewhere) store(v);
  }
}

// ---- blocks
// ---------------------------------------------------------------------------------------

/// Notes for each operand of a block where its value is read next.
void LocalAllocator::find_next_uses(std::uint32_t b) {
  const MBlock& block = func_->blocks[b];
  nexts_.clear();
  for (const MEdge& edge : block.succs) {
    for (const VReg v : edge.args) {
      values_[raw(v)].next = static_cast<std::uint32_t>(block.insts.size()) - 1;
    }
  }
  for (auto n = static_cast<std::uint32_t>(block.insts.size()); n-- > 0;) {
    const std::span<const MOperand> ops = func_->operands(func_->insts[block.insts[n]]);
    for (std::size_t k = ops.size(); k-- > 0;) nexts_.push_back(values_[raw(ops[k].vreg)].next);
    for (const MOperand& op : ops) values_[raw(op.vreg)].next = op.is_def ? kNone : n;
  }
}

void LocalAllocator::edge_moves(const MEdge& edge) {
  group_.clear();
  for (std::size_t a = 0; a < edge.args.size(); ++a) {
    const std::uint32_t param = raw(func_->blocks[raw(edge.to)].params[a]);
    if (values_[param].to == 0) continue;
    const std::uint32_t arg = raw(edge.args[a]);
    values_[param].has_slot = true;
    const Loc from = place(arg);
    if (from == Loc::slot(param)) continue;
    group_.push_back({arg, param, from, Loc::slot(param)});
  }
  if (!group_.empty()) writer_.write(group_, out_);
}

void LocalAllocator::allocate(std::uint32_t b) {
  const std::size_t known = func_->blocks[b].preds.size();
  if (known != 1 || raw(func_->blocks[b].preds[0]) + 1 != b) {
    for (const unsigned cls : {0u, 1u}) {
      for (std::uint32_t r = 0; r < 32; ++r) drop(cls, r);
    }
  }
  find_next_uses(b);
  out_.clear();
  const std::span<std::uint32_t> insts = func_->blocks[b].insts;
  const std::span<const MEdge> succs = func_->blocks[b].succs;
  for (std::uint32_t n = 0; n < insts.size(); ++n) {
    if (n + 1 == insts.size() && succs.size() == 1) edge_moves(succs[0]);
    instruction(insts[n]);
  }
  for (const MEdge& edge : succs) {
    for (const VReg v : edge.args) values_[raw(v)].next = kNone;
  }
  if (out_.size() == insts.size()) return;
  func_->blocks[b].insts = func_->lists->copy(std::span<const std::uint32_t>(out_));
}

}  // namespace wasmrt::jit
