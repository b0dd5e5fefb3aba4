// Storage of the SSA form: blocks, linked instructions, operand lists, and what ir_ops.def says of
// each op.
#include "jit/ir/ir.h"

#include <algorithm>

namespace wasmrt::jit::ir {

Cond inverted(Cond c) {
  switch (c) {
    case Cond::Eq: return Cond::Ne;
    case Cond::Ne: return Cond::Eq;
    case Cond::LtS: return Cond::GeS;
    case Cond::LtU: return Cond::GeU;
    case Cond::GtS: return Cond::LeS;
    case Cond::GtU: return Cond::LeU;
    case Cond::LeS: return Cond::GtS;
    case Cond::LeU: return Cond::GtU;
    case Cond::GeS: return Cond::LtS;
    case Cond::GeU: return Cond::LtU;
  }
  return c;
}

void BlockList::push_back(BlockId block, Arena& arena) {
  if (size_ == capacity_) {
    const std::span<BlockId> more = arena.make<BlockId>(std::size_t{2} * capacity_);
    std::copy(begin(), end(), more.begin());
    there_ = more.data();
    capacity_ *= 2;
  }
  (*this)[size_++] = block;
}

void Func::clear() {
  params.clear();
  results.clear();
  insts.clear();
  next.clear();
  prev.clear();
  block_of.clear();
  blocks.clear();
  order.clear();
  pool.clear();
  v128s.clear();
  if (lists.use_count() == 1) {
    lists->clear();
  } else {  // a copy still reads it
    lists = std::make_shared<Arena>();
  }
  has_calls = is_used_up = follows = false;
  labels.clear();
  most_memory = ~std::uint64_t{0};
}

BlockId Func::new_block() {
  blocks.emplace_back();
  return static_cast<BlockId>(blocks.size() - 1);
}

ValueId Func::append(BlockId block, const Inst& inst) {
  const auto id = static_cast<std::uint32_t>(insts.size());
  Block& b = blocks[raw(block)];
  insts.push_back(inst);
  next.push_back(~0u);
  prev.push_back(b.last);
  block_of.push_back(block);
  (b.last == ~0u ? b.first : next[b.last]) = id;
  b.last = id;
  return static_cast<ValueId>(id);
}

ValueId Func::insert_before(ValueId where, const Inst& inst) {
  const auto id = static_cast<std::uint32_t>(insts.size());
  const BlockId block = block_of[raw(where)];
  Block& b = blocks[raw(block)];
  const std::uint32_t before = prev[raw(where)];
  insts.push_back(inst);
  next.push_back(raw(where));
  prev.push_back(before);
  block_of.push_back(block);
  (before == ~0u ? b.first : next[before]) = id;
  prev[raw(where)] = id;
  return static_cast<ValueId>(id);
}

void Func::remove(ValueId v) {
  const std::uint32_t id = raw(v);
  Block& b = blocks[raw(block_of[id])];
  (prev[id] == ~0u ? b.first : next[prev[id]]) = next[id];
  (next[id] == ~0u ? b.last : prev[next[id]]) = prev[id];
  next[id] = prev[id] = ~0u;
  block_of[id] = kNoBlock;
}

void Func::move_before(ValueId v, ValueId where) {
  remove(v);
  const std::uint32_t id = raw(v);
  const BlockId block = block_of[raw(where)];
  const std::uint32_t before = prev[raw(where)];
  next[id] = raw(where);
  prev[id] = before;
  block_of[id] = block;
  (before == ~0u ? blocks[raw(block)].first : next[before]) = id;
  prev[raw(where)] = id;
}

std::uint32_t Func::add_list(std::span<const std::uint32_t> values) {
  const auto at = static_cast<std::uint32_t>(pool.size());
  pool.insert(pool.end(), values.begin(), values.end());
  return at;
}

void Func::successors(BlockId b, std::vector<BlockId>& out) const {
  out.clear();
  const std::uint32_t last = blocks[raw(b)].last;
  if (last == ~0u) return;
  const Inst& t = insts[last];
  switch (t.op) {
    case IrOp::Jump: out.push_back(t.block(0)); break;
    case IrOp::Branch:
      out.push_back(t.block(1));
      out.push_back(t.block(2));
      break;
    case IrOp::Switch:
      for (std::uint32_t i = 0; i < t.args[2]; ++i) {
        const auto to = static_cast<BlockId>(pool[t.args[1] + i]);
        out.push_back(to);
      }
      // Each once, in order of first mention; tables are long, so by sorting positions.
      if (out.size() > 1) {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> seen;
        seen.reserve(out.size());
        for (std::uint32_t i = 0; i < out.size(); ++i) seen.emplace_back(raw(out[i]), i);
        std::sort(seen.begin(), seen.end());
        seen.erase(std::unique(seen.begin(), seen.end(),
                               [](const auto& x, const auto& y) { return x.first == y.first; }),
                   seen.end());
        std::sort(seen.begin(), seen.end(),
                  [](const auto& x, const auto& y) { return x.second < y.second; });
        out.clear();
        for (const auto& [block, at] : seen) out.push_back(static_cast<BlockId>(block));
      }
      break;
    default: break;
  }
}

bool Func::is_unlikely(BlockId from, BlockId to) const {
  const Inst& end = insts[blocks[raw(from)].last];
  if (end.op != IrOp::Branch || end.block(1) == end.block(2)) return false;
  return end.aux == static_cast<std::uint16_t>(end.block(1) == to ? Hint::Unlikely : Hint::Likely);
}

}  // namespace wasmrt::jit::ir
