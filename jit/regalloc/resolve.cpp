// Slots, moves and the rebuilt instruction lists.
#include "jit/regalloc/resolve.h"

#include <algorithm>

#include "jit/regalloc/slot_pool.h"

namespace wasmrt::jit {

bool Resolve::run(const Target& target, MFunc& func, Intervals& intervals, std::uint64_t budget) {
  target_ = &target;
  func_ = &func;
  in_ = &intervals;
  budget_ = budget;
  list_.clear();
  number_slots();
  if (func_->spill_slots > Loc::kMost) return false;
  choose_stores();
  set_operands();
  collect_pieces();
  collect_constraints();
  collect_parameters();
  if (!collect_edges()) return false;
  writer_.begin(target, func, intervals.def_inst, func.spill_slots);
  rebuild();
  return in_->work <= budget_;
}

bool Resolve::can_remat(std::uint32_t vreg) const {
  const std::uint32_t def = in_->def_inst[vreg];
  return def != kNone && func_->insts[def].can_remat;
}

/// Where a piece is; nothing for a value that is made again when needed.
Loc Resolve::place(std::uint32_t piece) const {
  const Interval& it = in_->pieces[piece];
  if (it.loc.is_reg()) return it.loc;
  return slot_[it.vreg] == kNone ? Loc{} : slot_of(it.vreg);
}

/// Where a value is that lives at a position.
Loc Resolve::place_at(std::uint32_t vreg, std::uint32_t pos) {
  if (in_->pieces[vreg].next_piece == kNone) return place(vreg);
  const std::uint32_t piece = in_->piece_at(vreg, pos);
  return piece == kNone ? Loc{} : place(piece);
}

/// Values whose lifetimes do not meet share a slot; 16-byte slots keep to themselves, so that two
/// slots are the same or apart.
void Resolve::number_slots() {
  const std::size_t n = func_->vregs.size();
  slot_.assign(n, kNone);
  same_slot_.assign(n, kNone);
  std::vector<std::uint32_t> end(n, 0);  // by vreg: of the lifetime of what needs a slot
  std::vector<std::uint32_t> spilled;
  for (std::uint32_t v = 0; v < n; ++v) {
    bool needs = false;
    std::uint32_t to = 0;
    for (std::uint32_t p = v; p != kNone; p = in_->pieces[p].next_piece) {
      ++in_->work;
      if (in_->pieces[p].first_range == kNone) continue;
      needs |= in_->pieces[p].loc.is_slot();
      to = in_->pieces[p].to;
    }
    if (!needs || can_remat(v)) continue;
    end[v] = to;
    spilled.push_back(v);
  }
  pair_parameters(end);
  std::sort(spilled.begin(), spilled.end(), [&](std::uint32_t a, std::uint32_t b) {
    return in_->pieces[a].from < in_->pieces[b].from;
  });
  std::uint32_t next = func_->first_slot;
  for (const unsigned bytes : {16u, 8u}) {
    SlotPool pool(next, bytes / 8);
    for (const std::uint32_t v : spilled) {
      if (func_->vregs[v].bytes != bytes) continue;
      if (same_slot_[v] != kNone) {  // of an earlier one, which keeps it for this
        slot_[v] = slot_[same_slot_[v]];
        continue;
      }
      // A whole instruction between, so that moves at one place never meet in a shared slot.
      slot_[v] = pool.take(in_->pieces[v].from, end[v] + 3);
    }
  }
  func_->spill_slots = next;
}

/// A loop's parameter shares its slot with what comes back to it, if one is over when the other
/// begins: nothing is moved on the way back then. The next value is defined at the earliest by the
/// instruction that reads the last one: reads come before it, the store after it.
void Resolve::pair_parameters(std::vector<std::uint32_t>& end) {
  // Inner loops first. Who keeps the slot has the end of all who share it.
  for (auto head = static_cast<std::uint32_t>(func_->blocks.size()); head-- > 0;) {
    const MBlock& block = func_->blocks[head];
    if (!block.is_loop_header) continue;
    for (const MBlockId pred : block.preds) {
      if (raw(pred) < head) continue;
      const std::span<const VReg> args = func_->blocks[raw(pred)].succs[0].args;
      for (std::size_t a = 0; a < args.size(); ++a) {
        ++in_->work;
        const std::uint32_t param = raw(block.params[a]);
        const std::uint32_t arg = raw(args[a]);
        if (end[param] == 0 || end[arg] == 0 || same_slot_[arg] != kNone) continue;
        if (func_->vregs[param].bytes != func_->vregs[arg].bytes) continue;
        if (in_->pieces[arg].from < end[param]) continue;
        same_slot_[arg] = param;
        end[param] = end[arg];
      }
    }
  }
}

/// A store behind the definition serves all ways into the slot. It is worth it unless each of them
/// lies in colder code.
void Resolve::choose_stores() {
  const std::size_t n = func_->vregs.size();
  store_at_def_.assign(n, false);
  const auto heat = [&](std::uint32_t pos) {
    const MBlock& b = func_->blocks[in_->block_at[index_of(pos)]];
    return b.cold ? 0u : b.loop_depth + 1;
  };
  for (std::uint32_t v = 0; v < n; ++v) {
    if (slot_[v] == kNone || in_->pieces[v].first_range == kNone) continue;
    if (in_->pieces[v].loc.is_slot()) {
      store_at_def_[v] = true;  // defined into the slot
      continue;
    }
    std::uint32_t hottest = 0;
    std::uint32_t ways = 0;
    for (std::uint32_t p = v; p != kNone; p = in_->pieces[p].next_piece) {
      ++in_->work;
      if (!in_->pieces[p].loc.is_slot()) continue;
      ++ways;
      hottest = std::max(hottest, heat(in_->pieces[p].from));
    }
    store_at_def_[v] = ways > 0 && hottest >= heat(in_->pieces[v].from);
  }
}

void Resolve::set_operands() {
  func_->used_callee_saved[0] = func_->used_callee_saved[1] = 0;
  for (const Interval& it : in_->pieces) {
    if (it.first_range == kNone) continue;
    if (it.loc.is_reg()) {
      const auto cls = static_cast<unsigned>(func_->vregs[it.vreg].cls);
      func_->used_callee_saved[cls] |= 1u << it.loc.n & ~target_->call_clobbers[cls];
    }
    const Loc loc = it.loc.is_reg() || slot_[it.vreg] == kNone ? it.loc : slot_of(it.vreg);
    for (std::uint32_t u = it.first_use; u != kNone; u = in_->uses[u].next) {
      func_->ops[in_->uses[u].operand].loc = loc;
    }
  }
  for (const MInst& i : func_->insts) {
    const std::span<MOperand> ops = func_->operands(i);
    for (std::size_t n = 0; n < ops.size(); ++n) {
      if (ops[n].constraint == Constraint::Fixed) {
        ops[n].loc = Loc::reg(ops[n].fixed);
        const auto cls = static_cast<unsigned>(func_->vregs[raw(ops[n].vreg)].cls);
        func_->used_callee_saved[cls] |=
            1u << ops[n].fixed & ~target_->call_clobbers[cls] & target_->allocatable[cls];
      } else if (ops[n].constraint == Constraint::Same) {
        if (ops[n].is_def) {
          ops[ops[n].fixed].loc = ops[n].loc;
        } else {
          ops[n].loc = ops[ops[n].fixed].loc;
        }
      }
    }
  }
}

// ---- collecting moves
// -------------------------------------------------------------------------------

void Resolve::add(std::uint32_t index, Phase phase, std::uint32_t from_vreg, Loc from,
                  std::uint32_t to_vreg, Loc to) {
  if (from == to || to.kind == Loc::Kind::None) return;
  list_.push_back({{from_vreg, to_vreg, from, to}, index, phase});
}

void Resolve::add_edge(std::uint32_t from_block, std::uint32_t to_block, std::uint32_t from_vreg,
                       Loc from, std::uint32_t to_vreg, Loc to) {
  if (func_->blocks[from_block].succs.size() == 1) {
    add(in_->block_index[from_block + 1] - 1, kEdge, from_vreg, from, to_vreg, to);
  } else {
    add(in_->block_index[to_block], kAfter, from_vreg, from, to_vreg, to);
  }
}

/// Moves where a value changes its place inside a block.
void Resolve::collect_pieces() {
  for (std::uint32_t v = 0; v < func_->vregs.size(); ++v) {
    for (std::uint32_t p = v; p != kNone; p = in_->pieces[p].next_piece) {
      const std::uint32_t q = in_->pieces[p].next_piece;
      if (q == kNone) break;
      ++in_->work;
      const std::uint32_t at = in_->pieces[q].from;
      if (in_->pieces[p].first_range == kNone || in_->pieces[p].to != at) continue;  // a hole
      const std::uint32_t k = index_of(at);
      const bool head = at % 4 == 0 && k == in_->block_index[in_->block_at[k]];
      if (head) continue;  // the edges' business
      const Loc to = place(q);
      if (to.is_slot() && store_at_def_[v]) continue;
      // Driven out in the middle of an instruction: the store happens in its gap.
      const Loc from = at % 4 == 0 ? place(p) : place_at(v, gap_of(k) - 1);
      add(k, kBefore, v, from, v, to);
    }
  }
}

void Resolve::collect_constraints() {
  for (const ConstraintMove& m : in_->moves) {
    const std::uint32_t before = gap_of(m.index) - 1;
    switch (m.kind) {
      case ConstraintMove::Kind::ToFixed:
        add(m.index, kBefore, m.from, place_at(m.from, before), m.from, Loc::reg(m.reg));
        break;
      case ConstraintMove::Kind::Tie:
        add(m.index, kBefore, m.from, place_at(m.from, before), m.to, place(m.to));
        break;
      case ConstraintMove::Kind::FromFixed:
        add(m.index, kAfter, m.to, Loc::reg(m.reg), m.to, place(m.to));
        if (store_at_def_[m.to] && in_->pieces[m.to].loc.is_reg()) {
          add(m.index, kAfter, m.to, Loc::reg(m.reg), m.to, slot_of(m.to));
        }
        break;
    }
  }
  // Stores behind the other definitions.
  for (std::uint32_t b = 0; b < func_->blocks.size(); ++b) {
    const MBlock& block = func_->blocks[b];
    for (std::uint32_t n = 0; n < block.insts.size(); ++n) {
      for (const MOperand& op : func_->operands(func_->insts[block.insts[n]])) {
        if (!op.is_def) break;
        const std::uint32_t v = raw(op.vreg);
        if (op.constraint == Constraint::Fixed || !store_at_def_[v]) continue;
        add(in_->block_index[b] + 1 + n, kAfter, v, op.loc, v, slot_of(v));
      }
    }
    for (const VReg p : block.params) {
      const std::uint32_t v = raw(p);
      if (store_at_def_[v] && in_->pieces[v].loc.is_reg()) {
        add(in_->block_index[b], kAfter, v, in_->pieces[v].loc, v, slot_of(v));
      }
    }
  }
}

void Resolve::collect_parameters() {
  for (std::uint32_t b = 0; b < func_->blocks.size(); ++b) {
    const std::uint32_t end = gap_of(in_->block_index[b + 1]) - 1;
    for (const MEdge& edge : func_->blocks[b].succs) {
      const std::uint32_t s = raw(edge.to);
      for (std::size_t a = 0; a < edge.args.size(); ++a) {
        const std::uint32_t param = raw(func_->blocks[s].params[a]);
        if (in_->pieces[param].first_range == kNone) continue;  // never used
        const std::uint32_t arg = raw(edge.args[a]);
        const Loc to = place(param);
        // What its definition stored in the parameter's slot is there.
        if (to.is_slot() && slot_[arg] == to.n && store_at_def_[arg]) continue;
        add_edge(b, s, arg, place_at(arg, end), param, to);
      }
    }
  }
}

/// Moves on edges between blocks in which a value that is live through lies in different places.
bool Resolve::collect_edges() {
  for (std::uint32_t v = 0; v < func_->vregs.size(); ++v) {
    if (in_->pieces[v].next_piece == kNone || in_->pieces[v].first_range == kNone) continue;
    const std::uint32_t start = in_->pieces[v].from;
    for (std::uint32_t p = v; p != kNone; p = in_->pieces[p].next_piece) {
      for (std::uint32_t r = in_->pieces[p].first_range; r != kNone; r = in_->ranges[r].next) {
        std::uint32_t b = in_->block_at[index_of(in_->ranges[r].from)];
        if (gap_of(in_->block_index[b]) < in_->ranges[r].from) ++b;
        for (; b < func_->blocks.size() && gap_of(in_->block_index[b]) < in_->ranges[r].to; ++b) {
          ++in_->work;
          if (gap_of(in_->block_index[b]) == start) continue;  // its own parameter
          const Loc to = place(p);
          if (to.is_slot() && store_at_def_[v]) continue;
          for (const MBlockId pred : func_->blocks[b].preds) {
            const std::uint32_t end = gap_of(in_->block_index[raw(pred) + 1]) - 1;
            if (in_->pieces[p].from <= end && end < in_->pieces[p].to) continue;  // the same piece
            const Loc from = place_at(v, end);
            add_edge(raw(pred), b, v, from, v, to);
          }
          if (in_->work > budget_) return false;
        }
      }
    }
  }
  return true;
}

// ---- rebuilding
// -------------------------------------------------------------------------------------

/// Few moves on an edge that has a block of its own go in front of the branch, when what they
/// overwrite is not read on the other way: the block is empty then, and the branch goes straight to
/// its target. Not out of a loop, and not for both ways of one branch.
void Resolve::hoist_moves() {
  constexpr std::size_t kMost = 4;
  // Looking at what is live is worth that much per instruction; deep nests of loops want more.
  std::uint64_t left = 16 * std::uint64_t{func_->insts.size()};
  std::vector<bool> taken(func_->blocks.size(), false);  // branches that have moves in front
  for (std::uint32_t e = 0; e < func_->blocks.size() && left != 0; ++e) {
    const MBlock& edge = func_->blocks[e];
    if (edge.cold || edge.insts.size() != 1 || edge.preds.size() != 1) continue;
    if (func_->insts[edge.insts[0]].op != kJump) continue;
    const std::uint32_t p = raw(edge.preds[0]);
    const MBlock& pred = func_->blocks[p];
    if (taken[p] || pred.succs.size() != 2 || pred.succs[0].to == pred.succs[1].to) continue;
    if (func_->blocks[raw(edge.succs[0].to)].loop_depth < pred.loop_depth) continue;
    const MInst& branch = func_->insts[pred.insts.back()];
    if (branch.defs != 0) continue;
    edge_moves_.clear();
    for (std::uint32_t k = in_->block_index[e]; k < in_->block_index[e + 1]; ++k) {
      for (std::uint32_t m = first_at_[k]; m != kNone; m = next_at_[m]) edge_moves_.push_back(m);
    }
    if (edge_moves_.empty() || edge_moves_.size() > kMost) continue;
    bool fits = true;
    std::uint32_t written[2] = {0, 0};
    const Move& first = list_[edge_moves_[0]];
    for (const std::uint32_t m : edge_moves_) {
      const Move& move = list_[m];
      fits &= move.index == first.index && move.phase == first.phase && move.to.is_reg() &&
              move.from.is_reg();
      if (!fits) break;
      written[static_cast<unsigned>(func_->vregs[move.to_vreg].cls)] |= 1u << move.to.n;
    }
    if (!fits) continue;
    const auto hit = [&](std::uint32_t vreg, Loc loc) {
      return loc.is_reg() &&
             (written[static_cast<unsigned>(func_->vregs[vreg].cls)] >> loc.n & 1) != 0;
    };
    for (const MOperand& op : func_->operands(branch)) fits &= !hit(raw(op.vreg), op.loc);
    const std::uint32_t other = raw(pred.succs[raw(pred.succs[0].to) == e ? 1 : 0].to);
    const std::uint32_t at = gap_of(in_->block_index[p + 1]) - 1;
    const auto spares = [&](std::uint32_t block) {
      const auto live = in_->live_into(block);
      if (left <= live.size()) left = 0;
      if (left == 0) return false;
      left -= live.size() + 1;
      return std::none_of(live.begin(), live.end(),
                          [&](std::uint32_t v) { return hit(v, place_at(v, at)); });
    };
    fits = fits && spares(other);
    // What goes round a loop is live in all of its blocks.
    std::uint32_t header = raw(func_->blocks[other].loop_header);
    for (; fits && header != kNone; header = in_->loop_parent[header]) fits = spares(header);
    if (!fits) continue;
    taken[p] = true;
    // The moves in front of the branch are the edge's alone.
    const std::uint32_t end = in_->block_index[p + 1] - 1;
    std::uint32_t* link = &first_at_[end];
    while (*link != kNone) link = &next_at_[*link];
    for (const std::uint32_t m : edge_moves_) {
      list_[m].index = end;
      list_[m].phase = kEdge;
      *link = m;
      link = &next_at_[m];
    }
    *link = kNone;
    for (std::uint32_t k = in_->block_index[e]; k < in_->block_index[e + 1]; ++k) {
      first_at_[k] = kNone;
    }
  }
}

/// Lists of the moves at each index, in the order in which they were added.
void Resolve::sort_moves() {
  first_at_.assign(in_->block_at.size(), kNone);
  next_at_.resize(list_.size());
  for (auto m = static_cast<std::uint32_t>(list_.size()); m-- > 0;) {
    std::uint32_t& first = first_at_[list_[m].index];
    next_at_[m] = first;
    first = m;
  }
}

void Resolve::rebuild() {
  sort_moves();
  hoist_moves();
  std::vector<std::uint32_t> out;
  std::vector<ParallelMove> group;
  const auto flush = [&](std::uint32_t index, Phase phase) {
    group.clear();
    for (std::uint32_t m = first_at_[index]; m != kNone; m = next_at_[m]) {
      if (list_[m].phase == phase) group.push_back(list_[m]);
    }
    if (!group.empty()) writer_.write(group, out);
  };
  for (std::uint32_t b = 0; b < func_->blocks.size(); ++b) {
    const auto begin = first_at_.begin() + in_->block_index[b];
    const auto end = first_at_.begin() + in_->block_index[b + 1];
    if (std::all_of(begin, end, [](std::uint32_t m) { return m == kNone; })) continue;
    out.clear();
    flush(in_->block_index[b], kAfter);
    Slice<std::uint32_t>& insts = func_->blocks[b].insts;
    for (std::uint32_t n = 0; n < insts.size(); ++n) {
      const std::uint32_t k = in_->block_index[b] + 1 + n;
      if (first_at_[k] == kNone) {
        out.push_back(insts[n]);
        continue;
      }
      flush(k, kBefore);
      flush(k, kEdge);
      out.push_back(insts[n]);
      flush(k, kAfter);
    }
    insts = func_->lists->copy(std::span<const std::uint32_t>(out));
  }
}

}  // namespace wasmrt::jit
