// Linear scan with lifetime holes, splitting at the edges of loops, and eviction of what is used
// last.
#include "jit/regalloc/scan.h"

#include <algorithm>
#include <bit>

#include "jit/regalloc/relieve.h"
#include "libwasmrt/base/assert.h"

namespace wasmrt::jit {

namespace {
constexpr std::uint32_t kForever = kNone;
}

bool Scan::run(const Target& target, const MFunc& func, Intervals& intervals,
               std::uint64_t budget) {
  target_ = &target;
  func_ = &func;
  in_ = &intervals;
  budget_ = budget;
  splits_ = relieve_loops(target, func, intervals);
  for (const RegClass cls : {RegClass::Int, RegClass::Vec}) {
    cls_ = cls;
    regs_ = target.allocatable[static_cast<unsigned>(cls)];
    clobbers_ = target.call_clobbers[static_cast<unsigned>(cls)];
    if (!scan_class(cls)) return false;
  }
  return true;
}

bool Scan::can_remat(std::uint32_t vreg) const {
  const std::uint32_t def = in_->def_inst[vreg];
  return def != kNone && func_->insts[def].can_remat;
}

// ---- intersections
// --------------------------------------------------------------------------------

std::uint32_t Scan::intersection(std::uint32_t a, std::uint32_t b) {
  std::uint32_t x = in_->pieces[a].cursor;
  std::uint32_t y = in_->pieces[b].cursor;
  while (x != kNone && y != kNone) {
    ++in_->work;
    const Range& r = in_->ranges[x];
    const Range& s = in_->ranges[y];
    if (r.to <= s.from) {
      x = r.next;
    } else if (s.to <= r.from) {
      y = s.next;
    } else {
      return std::max(r.from, s.from);
    }
  }
  return kForever;
}

std::uint32_t Scan::fixed_intersection(std::uint32_t piece, std::uint32_t reg) {
  const std::vector<FixedRange>& list = in_->fixed[static_cast<unsigned>(cls_)][reg];
  std::uint32_t& first = fixed_at_[reg];
  while (first < list.size() && list[first].to <= pos_) ++first;
  auto at = list.begin() + first;
  const std::uint32_t to = in_->pieces[piece].to;
  for (std::uint32_t r = in_->pieces[piece].first_range; r != kNone; r = in_->ranges[r].next) {
    ++in_->work;
    const Range& range = in_->ranges[r];
    if (at != list.end() && at->to <= range.from) {
      at = std::partition_point(at, list.end(),
                                [&](const FixedRange& f) { return f.to <= range.from; });
    }
    if (at == list.end() || at->from >= to) return kForever;
    if (at->from < range.to) return std::max(at->from, range.from);
  }
  return kForever;
}

std::uint32_t Scan::call_intersection(std::uint32_t piece) {
  const std::vector<std::uint32_t>& calls = in_->calls;
  while (call_at_ < calls.size() && 4 * calls[call_at_] + 3 <= pos_) ++call_at_;
  auto at = calls.begin() + call_at_;
  const std::uint32_t to = in_->pieces[piece].to;
  for (std::uint32_t r = in_->pieces[piece].first_range; r != kNone; r = in_->ranges[r].next) {
    ++in_->work;
    const Range& range = in_->ranges[r];
    if (at != calls.end() && 4 * *at + 3 <= range.from) {
      at = std::partition_point(at, calls.end(),
                                [&](std::uint32_t k) { return 4 * k + 3 <= range.from; });
    }
    if (at == calls.end() || 4 * *at + 2 >= to) return kForever;
    if (4 * *at + 2 < range.to) return std::max(4 * *at + 2, range.from);
  }
  return kForever;
}

// ---- uses
// -----------------------------------------------------------------------------------------

std::uint32_t Scan::next_use(std::uint32_t piece, std::uint32_t pos, bool need_reg_only) {
  for (std::uint32_t u = in_->pieces[piece].first_use; u != kNone; u = in_->uses[u].next) {
    ++in_->work;
    const Use& use = in_->uses[u];
    if (use.pos >= pos && (use.need_reg || !need_reg_only)) return use.pos;
  }
  return kForever;
}

/// How far away the next use is. A value used earlier in the innermost loop around `pos`, and live
/// around it, is used again in the next turn.
std::uint32_t Scan::eviction_distance(std::uint32_t piece, std::uint32_t pos) {
  const std::uint32_t b = in_->block_at[index_of(pos)];
  const MBlock& block = func_->blocks[b];
  std::uint32_t loop_from = kForever;
  std::uint32_t loop_to = 0;
  if (block.loop_depth > 0) {
    const std::uint32_t header = block.is_loop_header ? b : raw(block.loop_header);
    loop_from = gap_of(in_->block_index[header]);
    loop_to = gap_of(in_->block_index[func_->blocks[header].loop_end]);
  }
  std::uint32_t in_loop = kForever;  // first use in the loop before pos
  std::uint32_t ahead = kForever;
  for (std::uint32_t u = in_->pieces[piece].first_use; u != kNone; u = in_->uses[u].next) {
    ++in_->work;
    const std::uint32_t at = in_->uses[u].pos;
    if (at >= pos) {
      ahead = at;
      break;
    }
    if (at >= loop_from && in_loop == kForever) in_loop = at;
  }
  if (ahead >= loop_to && in_loop != kForever && in_->pieces[piece].to >= loop_to) {
    ahead = std::min(ahead, loop_to + (in_loop - loop_from));
  }
  if (ahead != kForever && can_remat(in_->pieces[piece].vreg)) {
    ahead = pos + 2 * std::min(ahead - pos, kForever / 4);
  }
  return ahead;
}

/// The best gap in (after, until] to cut at: outside of as many loops as possible, then late.
std::uint32_t Scan::best_split(std::uint32_t after, std::uint32_t until) const {
  const std::uint32_t last = until & ~3u;
  if (last <= after) return until;
  const std::uint32_t last_block = in_->block_at[index_of(last)];
  if (in_->block_at[index_of(after)] == last_block) return last;
  std::uint32_t best = last;
  std::uint32_t header = kNone;
  const MBlock& block = func_->blocks[last_block];
  if (block.loop_depth > 0) header = block.is_loop_header ? last_block : raw(block.loop_header);
  while (header != kNone) {
    const std::uint32_t head = gap_of(in_->block_index[header]);
    if (head <= after) break;
    best = head;
    header = in_->loop_parent[header];
  }
  return best;
}

// ---- the scan
// -------------------------------------------------------------------------------------

void Worklist::clear(std::size_t indices, std::size_t pieces) {
  first_.assign(indices, kNone);
  next_.assign(pieces, kNone);
  now_.clear();
  at_ = 0;
}

void Worklist::push(std::uint32_t from, std::uint32_t piece) {
  const std::uint32_t index = index_of(from);
  if (index <= at_) {
    now_.push_back({from, piece});
    std::push_heap(now_.begin(), now_.end());
    return;
  }
  if (piece >= next_.size()) next_.resize(piece + 1, kNone);
  next_[piece] = first_[index];
  first_[index] = piece;
}

std::uint32_t Worklist::pop(const std::vector<Interval>& pieces) {
  while (now_.empty()) {
    if (++at_ >= first_.size()) return kNone;
    for (std::uint32_t p = first_[at_]; p != kNone; p = next_[p]) {
      now_.push_back({pieces[p].from, p});
    }
    std::make_heap(now_.begin(), now_.end());
  }
  const std::uint32_t piece = now_.front().piece;
  std::pop_heap(now_.begin(), now_.end());
  now_.pop_back();
  return piece;
}

void Scan::push(std::uint32_t piece) { unhandled_.push(in_->pieces[piece].from, piece); }

std::uint32_t Scan::split(std::uint32_t piece, std::uint32_t pos) {
  ++splits_;
  return in_->split(piece, pos);
}

bool Scan::scan_class(RegClass cls) {
  unhandled_.clear(in_->block_at.size(), in_->pieces.size());
  active_.clear();
  inactive_.clear();
  pos_ = 0;
  std::fill(std::begin(fixed_at_), std::end(fixed_at_), 0u);
  call_at_ = 0;
  for (std::uint32_t p = 0; p < in_->pieces.size(); ++p) {
    const Interval& it = in_->pieces[p];
    if (it.first_range != kNone && func_->vregs[it.vreg].cls == cls) push(p);
  }
  for (;;) {
    const std::uint32_t piece = unhandled_.pop(in_->pieces);
    if (piece == kNone) return true;
    if (in_->work > budget_) return false;
    const std::uint32_t from = in_->pieces[piece].from;
    WASMRT_DEBUG_ASSERT(from >= pos_, "pieces come in order");
    pos_ = from;
    advance(pos_);
    // A later piece rests in its slot when it is not used again, and until the next gap when it was
    // driven out in the middle of an instruction.
    const Interval& it = in_->pieces[piece];
    if (it.vreg != piece && (it.first_use == kNone || it.from % 4 != 0)) {
      spill(piece);
      continue;
    }
    if (!take_free(piece)) take_blocked(piece);
  }
}

void Scan::advance(std::uint32_t pos) {
  const auto step = [&](Held& h) {  // 0 over, 1 active, 2 inactive
    Interval& it = in_->pieces[h.piece];
    while (it.cursor != kNone && in_->ranges[it.cursor].to <= pos) {
      it.cursor = in_->ranges[it.cursor].next;
      ++in_->work;
    }
    if (it.cursor == kNone || !it.loc.is_reg()) return 0;
    const Range& range = in_->ranges[it.cursor];
    const bool active = range.from <= pos;
    h.change = active ? range.to : range.from;
    return active ? 1 : 2;
  };
  std::size_t kept = 0;
  const std::size_t was_inactive = inactive_.size();
  for (Held& h : active_) {
    const int where = h.change > pos ? 1 : step(h);
    if (where == 1) active_[kept++] = h;
    if (where == 2) inactive_.push_back(h);
  }
  active_.resize(kept);
  kept = 0;
  for (std::size_t n = 0; n < inactive_.size(); ++n) {
    Held& h = inactive_[n];
    const int where = n >= was_inactive || h.change > pos ? 2 : step(h);
    if (where == 1) active_.push_back(h);
    if (where == 2) inactive_[kept++] = h;
  }
  inactive_.resize(kept);
  in_->work += active_.size() + inactive_.size();
}

void Scan::assign(std::uint32_t piece, std::uint32_t reg) {
  in_->pieces[piece].loc = Loc::reg(reg);
  active_.push_back({piece, reg, in_->ranges[in_->pieces[piece].cursor].to});
}

/// Up to where registers are free for a piece. Found out for a register when it is asked for: the
/// first that will do is taken.
class Scan::FreeUntil {
 public:
  FreeUntil(Scan& scan, std::uint32_t piece) : scan_(scan), piece_(piece) {
    const Intervals& in = *scan.in_;
    const std::uint32_t from = in.pieces[piece].from;
    std::fill(std::begin(until_), std::end(until_), kForever);
    for (const Held& h : scan.active_) {
      until_[h.reg] = 0;
      busy_ |= 1u << h.reg;
    }
    known_ = busy_;
    for (const Held& h : scan.inactive_) {
      std::uint32_t& until = until_[h.reg];
      if (until > from) until = std::min(until, scan.intersection(piece, h.piece));
    }
  }
  [[nodiscard]] bool is_busy(std::uint32_t reg) const { return (busy_ >> reg & 1) != 0; }
  std::uint32_t operator[](std::uint32_t reg) {
    return (known_ >> reg & 1) != 0 ? until_[reg] : find(reg);
  }

 private:
  std::uint32_t find(std::uint32_t reg) {
    std::uint32_t& until = until_[reg];
    known_ |= 1u << reg;
    if (until <= scan_.in_->pieces[piece_].from) return until;
    if ((scan_.clobbers_ >> reg & 1) != 0) {
      if (!call_known_) call_ = scan_.call_intersection(piece_);
      call_known_ = true;
      until = std::min(until, call_);
    }
    until = std::min(until, scan_.fixed_intersection(piece_, reg));
    return until;
  }

  Scan& scan_;
  std::uint32_t piece_;
  std::uint32_t busy_ = 0;
  std::uint32_t known_ = 0;
  std::uint32_t call_ = 0;
  bool call_known_ = false;
  std::uint32_t until_[32];
};

std::uint32_t Scan::hinted(std::uint32_t piece, FreeUntil& free_until) const {
  const Interval& it = in_->pieces[piece];
  const std::uint32_t v = it.vreg;
  std::uint32_t best = kNone;
  const auto consider = [&](std::uint32_t reg) {
    if (best != kNone || reg >= 32 || (regs_ >> reg & 1) == 0) return;
    if (free_until[reg] >= it.to) best = reg;
  };
  consider(in_->hint_reg[0][v]);
  consider(in_->hint_reg[1][v]);
  if (const std::uint32_t h = in_->hint_vreg[v]; h != kNone) {
    // The piece of the other value that ends or lies here.
    for (std::uint32_t p = h; p != kNone; p = in_->pieces[p].next_piece) {
      const Interval& other = in_->pieces[p];
      if (!other.loc.is_reg()) continue;
      consider(other.loc.n);
      if (other.to >= it.from) break;
    }
  }
  if (const VReg h = func_->vregs[v].hint; h != kNoVReg && in_->pieces[raw(h)].loc.is_reg()) {
    consider(in_->pieces[raw(h)].loc.n);
  }
  return best;
}

bool Scan::take_free(std::uint32_t piece) {
  FreeUntil free_until(*this, piece);
  const std::uint32_t from = in_->pieces[piece].from;
  const std::uint32_t to = in_->pieces[piece].to;
  std::uint32_t reg = hinted(piece, free_until);
  if (reg == kNone) {
    for (unsigned n = 0; n < 32; ++n) {
      const std::uint32_t r = target_->alloc_order[static_cast<unsigned>(cls_)][n];
      if (r >= 32) break;
      if ((regs_ >> r & 1) == 0 || free_until.is_busy(r)) continue;
      if (free_until[r] >= to) {
        reg = r;
        break;
      }
      if (reg == kNone || free_until[r] > free_until[reg]) reg = r;
    }
  }
  if (reg == kNone) return false;
  if (free_until[reg] < to) {
    // Free for a while. Worth it only when a use lies in that while; a parameter or the first piece
    // counts its definition.
    const std::uint32_t first = next_use(piece, from, false);
    const std::uint32_t gap = free_until[reg] & ~3u;
    if (gap <= from || first >= gap) return false;
    std::uint32_t last_use = from;
    for (std::uint32_t u = in_->pieces[piece].first_use; u != kNone; u = in_->uses[u].next) {
      ++in_->work;
      if (in_->uses[u].pos >= gap) break;
      last_use = in_->uses[u].pos;
    }
    push(split(piece, best_split(last_use, gap)));
  }
  assign(piece, reg);
  return true;
}

/// The piece goes to its slot, up to the first use that wants a register.
void Scan::spill(std::uint32_t piece) {
  const std::uint32_t from = in_->pieces[piece].from;
  const std::uint32_t after = std::max(from, pos_);
  const std::uint32_t depth = func_->blocks[in_->block_at[index_of(from)]].loop_depth;
  std::uint32_t wanted = kForever;
  for (std::uint32_t u = in_->pieces[piece].first_use; u != kNone; u = in_->uses[u].next) {
    ++in_->work;
    const Use& use = in_->uses[u];
    // A use in memory is as good as a reload, unless a loop would repeat it.
    if (gap_of(index_of(use.pos)) > after && (use.need_reg || use.depth > depth)) {
      wanted = use.pos;
      break;
    }
  }
  if (wanted != kForever) push(split(piece, best_split(after, wanted)));
  in_->pieces[piece].loc = Loc::slot(in_->pieces[piece].vreg);
}

void Scan::take_blocked(std::uint32_t piece) {
  const std::uint32_t from = in_->pieces[piece].from;
  const std::uint32_t first_need = next_use(piece, from, true);
  std::uint32_t use_pos[32];
  std::uint32_t block_pos[32];
  std::fill(std::begin(use_pos), std::end(use_pos), kForever);
  std::fill(std::begin(block_pos), std::end(block_pos), kForever);
  for (const Held& h : active_) {
    std::uint32_t& use = use_pos[h.reg];
    use = std::min(use, eviction_distance(h.piece, from));
    // What this instruction needs in a register cannot leave.
    if (next_use(h.piece, gap_of(index_of(from)), true) <= gap_of(index_of(from)) + 3) use = from;
  }
  for (const Held& h : inactive_) {
    if (intersection(piece, h.piece) == kForever) continue;
    std::uint32_t& use = use_pos[h.reg];
    use = std::min(use, eviction_distance(h.piece, from));
  }
  const std::uint32_t call = call_intersection(piece);
  for (std::uint32_t m = regs_; m != 0; m &= m - 1) {
    const auto reg = static_cast<std::uint32_t>(std::countr_zero(m));
    block_pos[reg] = fixed_intersection(piece, reg);
    if ((clobbers_ >> reg & 1) != 0) block_pos[reg] = std::min(block_pos[reg], call);
    use_pos[reg] = std::min(use_pos[reg], block_pos[reg]);
  }
  // Once the first use in a register is near, one must be found.
  const bool now = first_need != kForever && first_need <= gap_of(index_of(from)) + 3;
  std::uint32_t best = kNone;
  for (unsigned n = 0; n < 32; ++n) {
    const std::uint32_t r = target_->alloc_order[static_cast<unsigned>(cls_)][n];
    if (r >= 32) break;
    if ((regs_ >> r & 1) == 0) continue;
    if (now && block_pos[r] <= first_need) continue;
    if (best == kNone || use_pos[r] > use_pos[best]) best = r;
  }
  const std::uint32_t first_any = next_use(piece, from, false);
  if (!now && (best == kNone || use_pos[best] <= first_any || first_any == kForever)) {
    spill(piece);
    return;
  }
  evict(best, piece);
  if (block_pos[best] < in_->pieces[piece].to) {
    push(split(piece, best_split(now ? std::max(first_need, from) : from, block_pos[best])));
  }
  assign(piece, best);
}

/// Frees a register for a piece: what is in it goes to its slot from here on, what would come back
/// to it looks for another place.
void Scan::evict(std::uint32_t reg, std::uint32_t piece) {
  const std::uint32_t from = in_->pieces[piece].from;
  for (std::size_t n = 0; n < active_.size(); ++n) {
    const std::uint32_t p = active_[n].piece;
    if (active_[n].reg != reg) continue;
    active_[n] = active_.back();
    active_.pop_back();
    if (in_->pieces[p].from >= from) {  // starts here: all of it goes
      spill(p);
      break;
    }
    std::uint32_t last_use = in_->pieces[p].from;
    for (std::uint32_t u = in_->pieces[p].first_use; u != kNone; u = in_->uses[u].next) {
      ++in_->work;
      if (in_->uses[u].pos >= from) break;
      last_use = in_->uses[u].pos;
    }
    const std::uint32_t at = std::min(best_split(last_use, from), from);
    spill(split(p, at > last_use && at > in_->pieces[p].from ? at : from));
    break;
  }
  std::size_t kept = 0;
  for (std::size_t n = 0; n < inactive_.size(); ++n) {
    const std::uint32_t p = inactive_[n].piece;
    if (inactive_[n].reg != reg || intersection(piece, p) == kForever) {
      inactive_[kept++] = inactive_[n];
      continue;
    }
    // In a hole: what follows the hole is a piece of its own.
    push(split(p, in_->ranges[in_->pieces[p].cursor].from));
  }
  inactive_.resize(kept);
}

}  // namespace wasmrt::jit
