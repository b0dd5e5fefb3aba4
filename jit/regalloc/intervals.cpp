// Liveness by one backward walk over the blocks; loops are contiguous, so what is live into a
// header is live through its whole loop.
#include "jit/regalloc/intervals.h"

#include <algorithm>

namespace wasmrt::jit {

void Intervals::clear(const MFunc& func) {
  const std::size_t n = func.vregs.size();
  pieces.assign(n, Interval{});
  for (std::size_t v = 0; v < n; ++v) pieces[v].vreg = static_cast<std::uint32_t>(v);
  ranges.clear();
  uses.clear();
  for (auto& cls : fixed) {
    for (auto& list : cls) list.clear();
  }
  calls.clear();
  moves.clear();
  hint_vreg.assign(n, kNone);
  for (auto& hints : hint_reg) hints.assign(n, 255);
  def_inst.assign(n, kNone);
  live_.clear();
  live_pos_.assign(n, kNone);
  live_in_.assign(func.blocks.size(), {});
  live_lists_.clear();
  work = 0;
  segments_.clear();
  segments_of_.clear();
}

void Intervals::number(const MFunc& func) {
  block_index.clear();
  block_at.clear();
  loop_parent.assign(func.blocks.size(), kNone);
  std::vector<std::uint32_t> loops;  // headers of the open loops
  for (std::uint32_t b = 0; b < func.blocks.size(); ++b) {
    const MBlock& block = func.blocks[b];
    while (!loops.empty() && func.blocks[loops.back()].loop_end <= b) loops.pop_back();
    if (block.is_loop_header) {
      loop_parent[b] = loops.empty() ? kNone : loops.back();
      loops.push_back(b);
    }
    for (const std::uint32_t i : block.insts) {
      for (const MOperand& op : func.operands(func.insts[i])) {
        if (!op.is_def) break;
        def_inst[raw(op.vreg)] = i;
      }
    }
    block_index.push_back(static_cast<std::uint32_t>(block_at.size()));
    block_at.insert(block_at.end(), block.insts.size() + 1, b);
  }
  block_index.push_back(static_cast<std::uint32_t>(block_at.size()));
}

void Intervals::add_range(std::uint32_t vreg, std::uint32_t from, std::uint32_t to) {
  if (from >= to) return;
  Interval& it = pieces[vreg];
  // The walk is backwards: everything there is starts at or after `from`.
  std::uint32_t first = it.first_range;
  while (first != kNone && ranges[first].from <= to) {
    to = std::max(to, ranges[first].to);
    from = std::min(from, ranges[first].from);
    first = ranges[first].next;
  }
  ranges.push_back({from, to, first});
  it.first_range = static_cast<std::uint32_t>(ranges.size() - 1);
}

void Intervals::set_from(std::uint32_t vreg, std::uint32_t from) {
  ranges[pieces[vreg].first_range].from = from;
}

void Intervals::add_use(std::uint32_t vreg, std::uint32_t pos, std::uint32_t operand,
                        std::uint32_t depth, bool need_reg) {
  uses.push_back({pos, operand, pieces[vreg].first_use,
                  static_cast<std::uint16_t>(std::min(depth, 1000u)), need_reg});
  pieces[vreg].first_use = static_cast<std::uint32_t>(uses.size() - 1);
}

void Intervals::live_add(std::uint32_t vreg) {
  if (live_pos_[vreg] != kNone) return;
  live_pos_[vreg] = static_cast<std::uint32_t>(live_.size());
  live_.push_back(vreg);
}

void Intervals::live_remove(std::uint32_t vreg) {
  const std::uint32_t at = live_pos_[vreg];
  if (at == kNone) return;
  live_pos_[live_.back()] = at;
  live_[at] = live_.back();
  live_.pop_back();
  live_pos_[vreg] = kNone;
}

void Intervals::visit(const MFunc& func, std::uint32_t inst, std::uint32_t k, std::uint32_t block,
                      std::uint32_t block_from) {
  const MInst& i = func.insts[inst];
  const std::uint32_t depth = func.blocks[block].loop_depth;
  const MOperand* ops = func.ops.data() + i.first_op;
  if (i.is_call) calls.push_back(k);

  // Definitions, last first so that uses end up in ascending order.
  std::uint32_t tied = kNone;  // position in the list of a use that a definition is tied to
  std::uint32_t tied_def = kNone;
  for (std::uint32_t d = i.defs; d-- > 0;) {
    const MOperand& op = ops[d];
    const std::uint32_t v = raw(op.vreg);
    const RegClass cls = func.vregs[v].cls;
    const bool dead = live_pos_[v] == kNone;
    switch (op.constraint) {
      case Constraint::Fixed:
        fixed[static_cast<unsigned>(cls)][op.fixed].push_back({4 * k + 2, 4 * k + 3});
        if (!dead) {
          set_from(v, 4 * k + 3);
          hint_reg[1][v] = op.fixed;
          moves.push_back({ConstraintMove::Kind::FromFixed, op.fixed, k, kNone, v});
        }
        break;
      case Constraint::Same: {
        tied = op.fixed;
        tied_def = v;
        const std::uint32_t source = raw(ops[tied].vreg);
        if (dead) {
          add_range(v, 4 * k, 4 * k + 3);
        } else {
          set_from(v, 4 * k);
        }
        add_use(v, 4 * k, i.first_op + d, depth, true);
        if (hint_vreg[v] == kNone) hint_vreg[v] = source;
        moves.push_back({ConstraintMove::Kind::Tie, 0, k, source, v});
        break;
      }
      case Constraint::Reg:
      case Constraint::Any: {
        const std::uint32_t from = 4 * k + (op.early ? 1 : 2);
        if (dead) {
          add_range(v, from, 4 * k + 3);
        } else {
          set_from(v, from);
        }
        add_use(v, from, i.first_op + d, depth, true);
        break;
      }
    }
    live_remove(v);
  }

  for (std::uint32_t u = static_cast<std::uint32_t>(i.defs) + i.uses; u-- > i.defs;) {
    const MOperand& op = ops[u];
    const std::uint32_t v = raw(op.vreg);
    const std::uint32_t end = 4 * k + (op.late ? 3 : 2);
    // What lives on has a range already; what another operand of this instruction reads, too, but
    // that may be over earlier.
    const bool ends = live_pos_[v] == kNone;
    const auto lives_until = [&](std::uint32_t to) {
      if (ends) return add_range(v, block_from, to);
      Range& range = ranges[pieces[v].first_range];
      range.to = std::max(range.to, to);
    };
    if (op.constraint == Constraint::Fixed) {
      fixed[static_cast<unsigned>(func.vregs[v].cls)][op.fixed].push_back({4 * k, end});
      lives_until(4 * k);
      if (ends && hint_reg[0][v] == 255) hint_reg[0][v] = op.fixed;
      moves.push_back({ConstraintMove::Kind::ToFixed, op.fixed, k, v, kNone});
    } else if (u == tied || op.constraint == Constraint::Same) {
      // What becomes the result wishes what the result wishes.
      if (ends && hint_vreg[v] == kNone) {
        const std::uint32_t wish = hint_vreg[tied_def];
        if (wish != v) hint_vreg[v] = wish;
      }
      lives_until(4 * k);
    } else {
      lives_until(end);
      // What can be made again has no slot to be read from. What is read late must not be driven
      // out by the definitions, which only a register prevents.
      const bool remat = def_inst[v] != kNone && func.insts[def_inst[v]].can_remat;
      add_use(v, 4 * k + 1, i.first_op + u, depth,
              op.constraint == Constraint::Reg || op.late || remat);
    }
    live_add(v);
  }
}

bool Intervals::build(const MFunc& func, std::uint64_t budget) {
  clear(func);
  number(func);
  for (std::uint32_t b = static_cast<std::uint32_t>(func.blocks.size()); b-- > 0;) {
    const MBlock& block = func.blocks[b];
    const std::uint32_t from = gap_of(block_index[b]);
    const std::uint32_t to = gap_of(block_index[b + 1]);
    // What lives into the block behind this one has a range that goes on here when there is a way
    // there: it gets its beginning where it ends to live.
    const bool goes_on = std::any_of(block.succs.begin(), block.succs.end(),
                                     [b](const MEdge& edge) { return raw(edge.to) == b + 1; });
    while (!goes_on && !live_.empty()) {
      set_from(live_.back(), to);
      live_remove(live_.back());
    }
    const auto lives_at_end = [&](std::uint32_t v) {
      if (live_pos_[v] != kNone) return;
      live_add(v);
      add_range(v, from, to);
    };
    for (const MEdge& edge : block.succs) {
      const std::uint32_t s = raw(edge.to);
      if (s != b + 1) {
        for (const std::uint32_t v : live_into(s)) lives_at_end(v);
      }
      work += live_in_[s].count + edge.args.size();
      for (std::size_t a = 0; a < edge.args.size(); ++a) {
        const std::uint32_t v = raw(edge.args[a]);
        const std::uint32_t p = raw(func.blocks[s].params[a]);
        lives_at_end(v);
        if (hint_vreg[p] == kNone || s > b) hint_vreg[p] = v;
        // Going round a loop counts more than leaving it, for whatever register.
        if (hint_vreg[v] == kNone || s <= b) hint_vreg[v] = p;
        if (s <= b) hint_reg[0][v] = 255;
      }
    }
    for (std::uint32_t n = static_cast<std::uint32_t>(block.insts.size()); n-- > 0;) {
      visit(func, block.insts[n], block_index[b] + 1 + n, b, from);
    }
    for (const VReg p : block.params) {
      if (live_pos_[raw(p)] == kNone) continue;
      set_from(raw(p), from);
      live_remove(raw(p));
    }
    live_in_[b] = {static_cast<std::uint32_t>(live_lists_.size()),
                   static_cast<std::uint32_t>(live_.size())};
    live_lists_.insert(live_lists_.end(), live_.begin(), live_.end());
    if (block.is_loop_header) {
      const std::uint32_t end = gap_of(block_index[block.loop_end]);
      for (const std::uint32_t v : live_) {
        set_from(v, from);
        add_range(v, from, end);
      }
    }
    work += live_.size() + block.insts.size();
    if (work > budget || func.takes() + lists_take() > func.most_memory) return false;
  }
  for (auto& cls : fixed) {
    for (auto& list : cls) std::reverse(list.begin(), list.end());
  }
  std::reverse(calls.begin(), calls.end());
  std::reverse(moves.begin(), moves.end());
  for (Interval& it : pieces) {
    if (it.first_range == kNone) continue;
    it.from = ranges[it.first_range].from;
    std::uint32_t r = it.first_range;
    for (; ranges[r].next != kNone; r = ranges[r].next) ++work;
    it.to = ranges[r].to;
    it.cursor = it.first_range;
  }
  return work <= budget;
}

std::uint32_t Intervals::split(std::uint32_t piece, std::uint32_t pos) {
  const auto rest = static_cast<std::uint32_t>(pieces.size());
  pieces.push_back({});
  Interval& a = pieces[piece];
  Interval& b = pieces[rest];
  b.vreg = a.vreg;
  b.next_piece = a.next_piece;
  a.next_piece = rest;

  std::uint32_t last = kNone;
  std::uint32_t r = a.first_range;
  while (r != kNone && ranges[r].to <= pos) {
    last = r;
    r = ranges[r].next;
    ++work;
  }
  if (r != kNone && ranges[r].from < pos) {  // cut this range
    ranges.push_back({pos, ranges[r].to, ranges[r].next});
    ranges[r].to = pos;
    ranges[r].next = kNone;
    last = r;
    b.first_range = static_cast<std::uint32_t>(ranges.size() - 1);
  } else {
    b.first_range = r;
    if (last != kNone) ranges[last].next = kNone;
  }
  b.from = ranges[b.first_range].from;
  b.to = a.to;
  b.cursor = b.first_range;
  a.to = last == kNone ? a.from : ranges[last].to;
  if (last == kNone) a.first_range = kNone;
  if (a.cursor != kNone && ranges[a.cursor].from >= pos) a.cursor = kNone;

  std::uint32_t* link = &a.first_use;
  while (*link != kNone && uses[*link].pos < pos) {
    link = &uses[*link].next;
    ++work;
  }
  b.first_use = *link;
  *link = kNone;
  return rest;
}

bool Intervals::covers(std::uint32_t piece, std::uint32_t pos) const {
  for (std::uint32_t r = pieces[piece].first_range; r != kNone; r = ranges[r].next) {
    if (ranges[r].from > pos) return false;
    if (pos < ranges[r].to) return true;
  }
  return false;
}

void Intervals::index_segments(std::uint32_t vreg) {
  if (segments_of_.empty()) segments_of_.assign(2 * def_inst.size(), 0);
  const std::size_t begin = segments_.size();
  for (std::uint32_t p = vreg; p != kNone; p = pieces[p].next_piece) {
    for (std::uint32_t r = pieces[p].first_range; r != kNone; r = ranges[r].next) {
      segments_.push_back({ranges[r].from, ranges[r].to, p});
    }
  }
  work += segments_.size() - begin;
  segments_of_[2 * vreg] = static_cast<std::uint32_t>(segments_.size() - begin);
  segments_of_[2 * vreg + 1] = static_cast<std::uint32_t>(begin);
}

std::uint32_t Intervals::piece_at(std::uint32_t vreg, std::uint32_t pos) {
  constexpr unsigned kFew = 16;
  if (segments_of_.empty() || segments_of_[2 * vreg] == 0) {
    unsigned steps = 0;
    for (std::uint32_t p = vreg; p != kNone && steps < kFew; p = pieces[p].next_piece) {
      ++work;
      ++steps;
      if (pos < pieces[p].from || pos >= pieces[p].to) continue;
      std::uint32_t r = pieces[p].first_range;
      for (; r != kNone && ranges[r].to <= pos && steps < kFew; r = ranges[r].next) ++steps;
      if (steps >= kFew) break;
      if (r != kNone && ranges[r].from <= pos) return p;
    }
    if (steps < kFew) return kNone;
    index_segments(vreg);
  }
  const auto begin = segments_.begin() + segments_of_[2 * vreg + 1];
  const auto end = begin + segments_of_[2 * vreg];
  const auto after = std::upper_bound(
      begin, end, pos, [](std::uint32_t at, const Segment& s) { return at < s.from; });
  return after != begin && pos < (after - 1)->to ? (after - 1)->piece : kNone;
}

}  // namespace wasmrt::jit
