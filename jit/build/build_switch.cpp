// br_table: comparisons or bit tests where few of them tell the targets apart, else a Switch, which
// becomes a jump table.
//
// Toolchains write a table for every switch, as the binary format offers nothing else. Where few
// runs of equal targets stand out from the default, a comparison each is shorter, and the common
// way has no indirect jump. Where the runs are many but the targets are not, and the indices fit a
// word, a mask per target tells.
#include <algorithm>

#include "jit/build/builder.h"

namespace wasmrt::jit {

using namespace ir;

namespace {

constexpr std::size_t kMostCompares = 3;
constexpr std::size_t kMostMasks = 2;
constexpr std::uint32_t kMostBits = 64;

/// Equal targets beside each other, other than the default.
struct Run {
  std::uint32_t first, last;
  std::uint32_t depth;
};

/// The runs of a table; more than `most` are not looked for.
std::vector<Run> runs_of(std::span<const std::uint32_t> targets, std::size_t most) {
  std::vector<Run> runs;
  const std::uint32_t otherwise = targets.back();
  for (std::uint32_t n = 0; n + 1 < targets.size(); ++n) {
    if (targets[n] == otherwise) continue;
    if (!runs.empty() && runs.back().last + 1 == n && runs.back().depth == targets[n]) {
      runs.back().last = n;
      continue;
    }
    runs.push_back({n, n, targets[n]});
    if (runs.size() > most) break;
  }
  return runs;
}

/// The indices of one target.
struct Mask {
  std::uint32_t depth;
  std::uint64_t bits;
};

/// A mask per target, if they are few and the indices fit a word; else none.
std::vector<Mask> masks_of(const std::vector<Run>& runs) {
  std::vector<Mask> masks;
  if (runs.back().last >= kMostBits) return masks;
  for (const Run& r : runs) {
    auto mask =
        std::find_if(masks.begin(), masks.end(), [&](const Mask& m) { return m.depth == r.depth; });
    if (mask == masks.end()) {
      if (masks.size() == kMostMasks) return {};
      mask = masks.insert(masks.end(), {r.depth, 0});
    }
    mask->bits |= (~std::uint64_t{0} >> (kMostBits - 1 - (r.last - r.first))) << r.first;
  }
  // A range check and a test per target must be fewer than the comparisons.
  if (runs.size() <= masks.size() + 1) return {};
  return masks;
}

}  // namespace

void Builder::on_br_table(const Imm& imm) {
  const V index = pop();
  const std::span<const std::uint32_t> targets = imm.targets();
  const std::uint32_t otherwise = targets.back();
  const auto number = [&](std::uint32_t n) { return constant(Type::I32, n); };

  const std::vector<Run> runs = runs_of(targets, kMostBits);
  if (runs.empty()) return jump_to(otherwise);  // the index does not matter

  if (const std::vector<Mask> masks = masks_of(runs); !masks.empty()) {
    const std::uint32_t last = runs.back().last;
    branch_if(icmp(Cond::GtU, Type::I32, index, number(last)), otherwise, Hint::None);
    const Type type = last < 32 ? Type::I32 : Type::I64;
    const V place = type == Type::I32 ? index : op1(IrOp::ExtU, Type::I64, index, Type::I32);
    std::uint64_t left = ~std::uint64_t{0} >> (kMostBits - 1 - last);
    for (const Mask& m : masks) {
      left &= ~m.bits;
      if (left == 0 && &m == &masks.back()) return jump_to(m.depth);
      const V bits = op2(IrOp::ShrU, type, constant(type, m.bits), place);
      const V bit = op2(IrOp::And, type, bits, constant(type, 1));
      branch_if(icmp(Cond::Ne, type, bit, constant(type, 0)), m.depth, Hint::None);
    }
    return jump_to(otherwise);
  }

  if (runs.size() <= kMostCompares) {
    std::uint32_t below = 0;  // all indices below have gone where they lead
    for (const Run& r : runs) {
      V here;
      if (r.first == r.last && (r.first != below || r.first == 0)) {
        here = icmp(Cond::Eq, Type::I32, index, number(r.first));
      } else if (r.first == below) {
        here = icmp(Cond::LeU, Type::I32, index, number(r.last));
      } else {
        const V from = op2(IrOp::Sub, Type::I32, index, number(r.first));
        here = icmp(Cond::LeU, Type::I32, from, number(r.last - r.first));
      }
      if (r.first == below) below = r.last + 1;
      branch_if(here, r.depth, Hint::None);
    }
    return jump_to(otherwise);
  }
  jump_by_table(index, targets);
}

void Builder::jump_by_table(V index, std::span<const std::uint32_t> targets) {
  std::vector<std::uint32_t> blocks;
  std::vector<BlockId> returns;
  blocks.reserve(targets.size());
  for (const std::uint32_t depth : targets) {
    if (depth >= by_depth_.size()) by_depth_.resize(depth + 1, kNoBlock);
    BlockId& to = by_depth_[depth];  // the block of each depth already seen
    if (to == kNoBlock) {
      Frame& f = frame_at(depth);
      if (f.kind == FrameKind::Function) {
        to = f_.new_block();
        returns.push_back(to);
      } else {
        add_edge(f, block_);
        to = f.header;
      }
      f_.add_pred(to, block_);
    }
    blocks.push_back(raw(to));
  }
  for (const std::uint32_t depth : targets) by_depth_[depth] = kNoBlock;
  Inst i;
  i.op = IrOp::Switch;
  i.args[0] = raw(index);
  i.args[1] = f_.add_list(blocks);
  i.args[2] = static_cast<std::uint32_t>(blocks.size());
  i.pos = state_->offset();
  f_.append(block_, i);
  for (const BlockId b : returns) {
    start_block(b);
    return_values();
  }
}

}  // namespace wasmrt::jit
