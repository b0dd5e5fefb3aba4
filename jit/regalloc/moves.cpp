// Moves as instructions: in an order in which none overwrites what another still reads.
#include "jit/regalloc/moves.h"

namespace wasmrt::jit {

namespace {
constexpr std::uint32_t kNone = ~0u;
}

void MoveWriter::begin(const Target& target, MFunc& func, std::span<const std::uint32_t> def_inst,
                       std::size_t slots) {
  target_ = &target;
  func_ = &func;
  def_inst_ = def_inst;
  slots_ = slots;
  moves_ = 0;
}

std::uint32_t MoveWriter::loc_key(std::uint32_t vreg, Loc loc) const {
  const auto cls = static_cast<std::uint32_t>(func_->vregs[vreg].cls);
  return loc.is_reg() ? cls * 32 + loc.n : 64 + loc.n;
}

void MoveWriter::emit_move(const ParallelMove& move, std::vector<std::uint32_t>& out) {
  ++moves_;
  const VRegInfo& info = func_->vregs[move.to_vreg];
  Loc from = move.from;
  if (from.kind == Loc::Kind::None) {  // made again, for a slot by way of the scratch register
    MInst again = func_->insts[def_inst_[move.from_vreg]];
    const auto first = static_cast<std::uint32_t>(func_->ops.size());
    for (std::uint32_t n = 0; n < static_cast<std::uint32_t>(again.defs) + again.uses; ++n) {
      const MOperand op = func_->ops[again.first_op + n];
      func_->ops.push_back(op);
    }
    again.first_op = first;
    const Loc target =
        move.to.is_reg() ? move.to : Loc::reg(target_->scratch[static_cast<unsigned>(info.cls)]);
    func_->ops[first].loc = target;
    func_->ops[first].vreg = static_cast<VReg>(move.from_vreg);
    func_->insts.push_back(again);
    out.push_back(static_cast<std::uint32_t>(func_->insts.size() - 1));
    if (move.to.is_reg()) return;
    from = target;
  }
  MInst i;
  i.op = kMove;
  i.size = info.bytes;
  i.defs = 1;
  i.uses = 1;
  i.first_op = static_cast<std::uint32_t>(func_->ops.size());
  MOperand def;
  def.vreg = static_cast<VReg>(move.to_vreg);
  def.is_def = true;
  def.loc = move.to;
  MOperand use;
  use.vreg = static_cast<VReg>(move.from_vreg);
  use.loc = from;
  func_->ops.push_back(def);
  func_->ops.push_back(use);
  func_->insts.push_back(i);
  out.push_back(static_cast<std::uint32_t>(func_->insts.size() - 1));
}

void MoveWriter::emit_swap(const ParallelMove& move, std::vector<std::uint32_t>& out) {
  emit_move(move, out);
  func_->insts.back().op = kSwap;
}

/// Orders the moves of one place so that none overwrites what another still reads; cycles become
/// swaps.
void MoveWriter::write(std::span<const ParallelMove> group, std::vector<std::uint32_t>& out) {
  if (group.size() == 1) {
    emit_move(group[0], out);
    return;
  }
  const std::size_t keys = 64 + slots_;
  if (readers_.size() < keys) {
    readers_.resize(keys, 0);
    writer_.resize(keys, kNone);
  }
  for (std::uint32_t m = 0; m < group.size(); ++m) {
    writer_[loc_key(group[m].to_vreg, group[m].to)] = m;
    if (group[m].from.kind != Loc::Kind::None)
      ++readers_[loc_key(group[m].from_vreg, group[m].from)];
  }
  std::vector<std::uint8_t>& done = done_;
  std::vector<std::uint32_t>& ready = ready_;
  done.assign(group.size(), 0);
  ready.clear();
  for (std::uint32_t m = 0; m < group.size(); ++m) {
    if (readers_[loc_key(group[m].to_vreg, group[m].to)] == 0 &&
        group[m].from.kind != Loc::Kind::None) {
      ready.push_back(m);
    }
  }
  const auto finish = [&](std::uint32_t m) {
    done[m] = 1;
    const std::uint32_t key = loc_key(group[m].from_vreg, group[m].from);
    if (--readers_[key] == 0 && writer_[key] != kNone && !done[writer_[key]] &&
        group[writer_[key]].from.kind != Loc::Kind::None) {
      ready.push_back(writer_[key]);
    }
  };
  const auto drain = [&] {
    while (!ready.empty()) {
      const std::uint32_t m = ready.back();
      ready.pop_back();
      emit_move(group[m], out);
      finish(m);
    }
  };
  drain();
  // What is left are cycles, each location read once: a <- b, b <- c, c <- a.
  for (std::uint32_t m = 0; m < group.size(); ++m) {
    if (done[m] || group[m].from.kind == Loc::Kind::None) continue;
    const auto written_before = [&](std::uint32_t x) {
      return writer_[loc_key(group[x].from_vreg, group[x].from)];
    };
    std::vector<std::uint32_t> cycle;
    bool between_slots = false;
    for (std::uint32_t x = m;;) {
      cycle.push_back(x);
      done[x] = 1;
      readers_[loc_key(group[x].from_vreg, group[x].from)] = 0;
      between_slots |= group[x].from.is_slot() && group[x].to.is_slot();
      const std::uint32_t next = written_before(x);
      if (next == m) break;
      x = next;
    }
    const auto cls = static_cast<unsigned>(func_->vregs[group[m].to_vreg].cls);
    if (cls == 0 || !between_slots) {
      // What the first overwrites waits in the scratch register for the last.
      const Loc scratch = Loc::reg(target_->scratch[cls]);
      ParallelMove save = group[cycle.back()];
      save.to = scratch;
      emit_move(save, out);
      for (const std::uint32_t x : cycle) {
        ParallelMove move = group[x];
        if (x == cycle.back()) move.from = scratch;
        emit_move(move, out);
      }
      continue;
    }
    // The first content travels through all places: it must be one that fits everywhere.
    std::size_t first = 0;
    for (std::size_t x = 0; x < cycle.size(); ++x) {
      if (func_->vregs[group[cycle[x]].to_vreg].bytes == 8) first = x + 1;
    }
    for (std::size_t x = 0; x + 1 < cycle.size(); ++x) {
      emit_swap(group[cycle[(first + x) % cycle.size()]], out);
    }
  }
  for (const ParallelMove& move : group) {
    if (move.from.kind == Loc::Kind::None) emit_move(move, out);
    writer_[loc_key(move.to_vreg, move.to)] = kNone;
    if (move.from.kind != Loc::Kind::None) readers_[loc_key(move.from_vreg, move.from)] = 0;
  }
}

}  // namespace wasmrt::jit
