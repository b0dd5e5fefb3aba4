// The frame of selection: blocks, edges, operands, and the walk from last to first.
#include "jit/lower/selection.h"

#include <algorithm>

#include "jit/memory_limit.h"

namespace wasmrt::jit {

using namespace ir;

namespace {
// Of a large function so many values at a time are given back.
constexpr std::uint32_t kDoneStep = 16384;
}  // namespace

RegClass class_of(Type type) {
  return type == Type::I32 || type == Type::I64 ? RegClass::Int : RegClass::Vec;
}

unsigned size_of(Type type) {
  switch (type) {
    case Type::I32:
    case Type::F32: return 4;
    case Type::V128: return 16;
    default: return 8;
  }
}

// ---- operands
// -------------------------------------------------------------------------------------------

MOperand Selection::def(VReg r) {
  MOperand o;
  o.vreg = r;
  o.is_def = true;
  return o;
}
MOperand Selection::def_early(VReg r) {
  MOperand o = def(r);
  o.early = true;
  return o;
}
MOperand Selection::def_fixed(VReg r, std::uint8_t reg) {
  MOperand o = def(r);
  o.constraint = Constraint::Fixed;
  o.fixed = reg;
  return o;
}
MOperand Selection::def_same(VReg r, std::uint8_t use) {
  MOperand o = def(r);
  o.constraint = Constraint::Same;
  o.fixed = use;
  return o;
}
MOperand Selection::use(VReg r) {
  MOperand o;
  o.vreg = r;
  return o;
}
MOperand Selection::use_any(VReg r) {
  MOperand o = use(r);
  o.constraint = Constraint::Any;
  return o;
}
MOperand Selection::use_late(VReg r) {
  MOperand o = use(r);
  o.late = true;
  return o;
}
MOperand Selection::use_fixed(VReg r, std::uint8_t reg) {
  MOperand o = use(r);
  o.constraint = Constraint::Fixed;
  o.fixed = reg;
  return o;
}

VReg Selection::temp(RegClass cls, unsigned bytes) {
  VRegInfo info;
  info.cls = cls;
  info.bytes = bytes == 16 ? 16 : 8;
  m_.vregs.push_back(info);
  return static_cast<VReg>(m_.vregs.size() - 1);
}

VReg Selection::reg(V v) {
  if (widening_is_free_ && at(v).op == IrOp::ExtU) v = at(v).arg(0);
  VReg& r = value_reg_[raw(v)];
  if (r == kNoVReg) {
    const Type t = at(v).type;
    r = temp(class_of(t), size_of(t));
    m_.vregs.back().is_i32 = t == Type::I32;
  }
  return r;
}

MInst& Selection::emit(std::uint16_t op, unsigned size, std::span<const MOperand> operands) {
  sequence_.push_back(static_cast<std::uint32_t>(m_.insts.size()));
  MInst& i = m_.insts.emplace_back();
  i.op = op;
  i.size = static_cast<std::uint8_t>(size);
  i.first_op = static_cast<std::uint32_t>(m_.ops.size());
  i.pos = at(current_).pos;
  std::uint32_t defs = 0;
  for (const MOperand& o : operands) defs += o.is_def ? 1 : 0;
  i.defs = static_cast<std::uint8_t>(defs);
  i.uses = static_cast<std::uint8_t>(operands.size() - defs);
  for (const MOperand& o : operands) m_.ops.push_back(o);
  return i;
}

MInst& Selection::emit_mem(std::uint16_t op, unsigned size, const Operands& operands,
                           const Mem& mem) {
  MInst& i = emit(op, size, operands);
  for (const VReg part : {mem.base, mem.index}) {
    if (part == kNoVReg) continue;
    m_.ops.push_back(use(part));
    ++i.uses;
  }
  i.mem_base = mem.base != kNoVReg;
  i.mem_index = mem.index != kNoVReg;
  i.mem_scale = mem.scale;
  i.mem_pinned = mem.pinned & 7;
  i.mem_guest = mem.guest;
  i.mem_pos = mem.pos;
  i.mem_disp = mem.disp;
  return i;
}

bool Selection::can_fold_load(V load) const {
  const Inst& i = at(load);
  if (i.op != IrOp::Load && i.op != IrOp::VmLoad && i.op != IrOp::VmLoadConst) return false;
  return used_once(load) && !needed(load) && f_.block_of[raw(load)] == f_.block_of[raw(current_)] &&
         color_[raw(load)] == color_[raw(current_)];
}

bool Selection::ends(V v) const {
  return !seen_[raw(v)] &&
         f_[f_.block_of[raw(v)]].loop_header == f_[f_.block_of[raw(current_)]].loop_header;
}

// ---- blocks
// -----------------------------------------------------------------------------------------------

void Selection::count_uses() {
  uses_.assign(f_.insts.size(), 0);
  color_.assign(f_.insts.size(), 0);
  phis_of_.assign(f_.blocks.size(), 0);
  done_at_.clear();
  std::uint32_t color = 0;
  std::uint32_t known = 0;  // values below were met, and none from here on
  std::uint32_t step = kDoneStep;
  const auto meet = [&known](std::uint32_t v) { known = std::max(known, v + 1); };
  for (const BlockId b : f_.order) {
    ++color;
    std::uint32_t phis = 0;
    for (std::uint32_t v = f_[b].first; v != ~0u; v = f_.next[v]) {
      const Inst& i = f_.insts[v];
      // The list of parameters is walked once more.
      if (v >= step && known <= v && i.op != IrOp::Param) {
        done_at_.push_back(v);
        step = v + kDoneStep;
      }
      meet(v);
      phis += i.op == IrOp::Phi ? 1 : 0;
      const std::uint8_t n = info(i.op).operands;
      if (n == kList) {
        for (const std::uint32_t a : f_.list(i)) {
          ++uses_[a];
          meet(a);
        }
      } else {
        for (unsigned k = 0; k < n; ++k) {
          ++uses_[i.args[k]];
          meet(i.args[k]);
        }
      }
      // A load of the guest may fault: folded ones stay in order, so that the first of two tells.
      if (i.op == IrOp::Load || i.op == IrOp::SimdLoad) ++color;
      color_[v] = color;
      const IrInfo& row = info(i.op);
      if (row.writes || row.may_trap) ++color;
    }
    phis_of_[raw(b)] = phis;
  }
}

/// Gives each IR block its machine block, and each critical edge one of its own behind its source.
void Selection::layout() {
  first_m_.assign(f_.blocks.size(), ~0u);
  std::vector<BlockId> succs;
  std::uint32_t n = 0;
  std::vector<std::uint32_t> starts(f_.order.size() + 1);
  for (std::size_t p = 0; p < f_.order.size(); ++p) {
    starts[p] = n;
    first_m_[raw(f_.order[p])] = n++;
    f_.successors(f_.order[p], succs);
    if (succs.size() > 1) {
      for (const BlockId s : succs) n += is_join(s) ? 1 : 0;
    }
  }
  starts[f_.order.size()] = n;
  m_.blocks.resize(n);
  for (std::size_t p = 0; p < f_.order.size(); ++p) {
    const Block& block = f_[f_.order[p]];
    for (std::uint32_t k = starts[p]; k < starts[p + 1]; ++k) {
      MBlock& m = m_.blocks[k];
      m.loop_depth = block.loop_depth;
      m.cold = block.cold;
      if (block.loop_header != kNoBlock) {
        m.loop_header = static_cast<MBlockId>(first_m_[raw(block.loop_header)]);
      }
    }
    MBlock& m = m_.blocks[starts[p]];
    m.is_loop_header = block.is_loop_header;
    if (block.is_loop_header) m.loop_end = starts[block.loop_end];
    m.params = m_.lists->make<VReg>(phis_of_[raw(f_.order[p])]);
    std::uint32_t v = block.first;
    for (VReg& param : m.params) {
      param = reg(static_cast<V>(v));
      v = f_.next[v];
    }
  }
  connect(starts);
}

/// The edges between the machine blocks, `starts` by position in the order.
void Selection::connect(std::span<const std::uint32_t> starts) {
  // Which operand of a block's phis belongs to which predecessor: by predecessor, one list behind
  // the other.
  struct Operand {
    BlockId to;
    std::uint32_t k;
  };
  std::vector<std::uint32_t> operands_at(f_.blocks.size() + 1, 0);
  const auto with_phis = [&](BlockId b) { return phis_of_[raw(b)] != 0; };
  for (const BlockId b : f_.order) {
    if (!with_phis(b)) continue;
    for (const BlockId pred : f_[b].preds) ++operands_at[raw(pred)];
  }
  for (std::size_t n = 1; n < operands_at.size(); ++n) operands_at[n] += operands_at[n - 1];
  std::vector<Operand> operands(operands_at.back());
  for (std::size_t p = f_.order.size(); p-- > 0;) {
    const BlockId b = f_.order[p];
    if (!with_phis(b)) continue;
    const BlockList& preds = f_[b].preds;
    for (auto k = static_cast<std::uint32_t>(preds.size()); k-- > 0;) {
      operands[--operands_at[raw(preds[k])]] = {b, k};
    }
  }
  std::vector<std::uint32_t> operand(f_.blocks.size());
  std::vector<std::uint32_t> preds_known(m_.blocks.size(), 0);
  const auto comes_from = [&](std::uint32_t to, std::uint32_t from) {
    m_.blocks[to].preds[preds_known[to]++] = static_cast<MBlockId>(from);
  };
  for (const BlockId b : f_.order) {
    m_.blocks[first_m_[raw(b)]].preds = m_.lists->make<MBlockId>(f_[b].preds.size());
  }
  std::vector<BlockId> succs;
  edge_values_.clear();
  edge_values_at_.clear();
  for (std::size_t p = 0; p < f_.order.size(); ++p) {
    const BlockId b = f_.order[p];
    edge_values_at_.push_back(static_cast<std::uint32_t>(edge_values_.size()));
    f_.successors(b, succs);
    for (std::uint32_t n = operands_at[raw(b)]; n < operands_at[raw(b) + 1]; ++n) {
      operand[raw(operands[n].to)] = operands[n].k;
    }
    const std::uint32_t from = starts[p];
    std::uint32_t spare = from + 1;
    const std::span<MEdge> edges = m_.blocks[from].succs = m_.lists->make<MEdge>(succs.size());
    for (std::size_t n = 0; n < succs.size(); ++n) {
      const BlockId s = succs[n];
      std::uint32_t source = from;
      MEdge* edge = &edges[n];
      if (succs.size() > 1 && is_join(s)) {
        edge->to = static_cast<MBlockId>(spare);
        source = spare++;
        MBlock& between = m_.blocks[source];
        between.cold = f_[b].cold || f_[s].cold || f_.is_unlikely(b, s);
        between.preds = m_.lists->make<MBlockId>(1);
        comes_from(source, from);
        between.succs = m_.lists->make<MEdge>(1);
        edge = between.succs.data();
        between.insts = m_.lists->make<std::uint32_t>(1);
        between.insts[0] = static_cast<std::uint32_t>(m_.insts.size());
        MInst& jump = m_.insts.emplace_back();
        jump.op = kJump;
        jump.pos = f_.insts[f_[b].last].pos;
      }
      edge->to = static_cast<MBlockId>(first_m_[raw(s)]);
      edge->args = m_.lists->make<VReg>(phis_of_[raw(s)]);
      std::uint32_t phi = f_[s].first;
      for (VReg& arg : edge->args) {
        edge_values_.push_back(f_.list(f_.insts[phi])[operand[raw(s)]]);
        arg = reg(static_cast<V>(edge_values_.back()));
        phi = f_.next[phi];
      }
      comes_from(first_m_[raw(s)], source);
    }
  }
  edge_values_at_.push_back(static_cast<std::uint32_t>(edge_values_.size()));
}

/// The walk from last to first has passed a value. Of some, nothing in front knows them or any of a
/// higher number: all of those go.
void Selection::give_back(V v) {
  if (done_at_.empty() || done_at_.back() != raw(v)) return;
  done_at_.pop_back();
  if (!source_.is_used_up) return;
  source_.next[raw(v)] = ~0u;  // nothing behind it is met any more
  const std::size_t rest = std::size_t{raw(v)} + 1;
  source_.insts.release_from(rest);
  source_.next.release_from(rest);
  source_.block_of.release_from(rest);
  uses_.release_from(rest);
  color_.release_from(rest);
}

void Selection::finish_sequence() {
  for (std::size_t n = sequence_.size(); n-- > 0;) block_insts_.push_back(sequence_[n]);
  sequence_.clear();
}

void Selection::select(V v) {
  current_ = v;
  const Inst& i = at(v);
  const IrInfo& row = info(i.op);
  const bool effect = row.terminator || row.writes || row.may_trap || i.op == IrOp::Load ||
                      i.op == IrOp::SimdLoad || i.op == IrOp::SimdLoadLane;
  if (i.op == IrOp::Phi) return;
  if (i.op == IrOp::Proj) {
    if (call_results_.empty() || call_results_.back().first != i.arg(0)) {
      call_results_.push_back({i.arg(0), {}});
    }
    std::vector<VReg>& results = call_results_.back().second;
    if (results.size() <= i.imm) results.resize(i.imm + 1, kNoVReg);
    results[i.imm] = reg(v);
    return;
  }
  if (!needed(v) && !effect) return;
  if (!select_value(v)) decline("an instruction has no selection rule");
  finish_sequence();
}

const char* Selection::run() {
  m_.clear();
  m_.index = f_.index;
  m_.follows = f_.follows;
  m_.labels = f_.labels;
  m_.most_memory = f_.most_memory;
  value_reg_.assign(f_.insts.size(), kNoVReg);
  folded_.assign(f_.insts.size(), false);
  seen_.assign(f_.insts.size(), false);
  call_results_.clear();
  count_uses();
  layout();
  for (std::size_t p = f_.order.size(); p-- > 0 && declined_ == nullptr;) {
    const BlockId b = f_.order[p];
    block_ = first_m_[raw(b)];
    for (std::uint32_t n = edge_values_at_[p]; n < edge_values_at_[p + 1]; ++n) {
      seen_[edge_values_[n]] = true;
    }
    std::uint32_t walked = 0;
    for (std::uint32_t v = f_[b].last; v != ~0u; v = f_.prev[v]) {
      if (walked++ % kCheckEvery == 0 && m_.takes() > m_.most_memory) {
        decline(kTooLarge);
        break;
      }
      if (!folded_[v]) select(static_cast<V>(v));  // else carried out by its user
      const Inst& i = f_.insts[v];
      if (info(i.op).operands == kList) {
        for (const std::uint32_t a : f_.list(i)) seen_[a] = true;
      } else {
        for (unsigned k = 0; k < info(i.op).operands; ++k) seen_[i.args[k]] = true;
      }
      give_back(static_cast<V>(v));
    }
    if (p == 0) args_at_entry();
    std::reverse(block_insts_.begin(), block_insts_.end());
    m_.blocks[block_].insts = m_.lists->copy(std::span<const std::uint32_t>(block_insts_));
    block_insts_.clear();
  }
  return declined_;
}

}  // namespace wasmrt::jit
