// i8x16.shuffle: the instruction that moves bytes as asked, where there is one, else table lookups
// with literals. Lanes are bytes 0..15 of the first source, 16..31 of the second.
#include "jit/arm64/select_simd.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

namespace {

using Lanes = std::uint8_t[16];

/// Whether lane i is what `expected` says, modulo `bytes`, for all i.
template <class F>
bool all_lanes(const Lanes& lanes, unsigned bytes, F expected) {
  for (unsigned i = 0; i < 16; ++i) {
    if (lanes[i] != expected(i) % bytes) return false;
  }
  return true;
}

/// zip, uzp and trn of two sources, or of one twice when `bytes` is 16.
bool permutation(const Lanes& lanes, unsigned bytes, VecOp& op) {
  for (unsigned n = 0; n < 4; ++n) {
    const unsigned size = 1u << n;
    for (unsigned odd = 0; odd < 2; ++odd) {
      const auto zip = [=](unsigned i) {
        const unsigned unit = i / size;
        return unit / 2 * size + i % size + 8 * odd + unit % 2 * 16;
      };
      const auto uzp = [=](unsigned i) { return (2 * (i / size) + odd) * size + i % size; };
      const auto trn = [=](unsigned i) {
        const unsigned unit = i / size;
        return (unit - unit % 2 + odd) * size + i % size + unit % 2 * 16;
      };
      op = wider(odd == 0 ? VecOp::Zip1B : VecOp::Zip2B, n);
      if (all_lanes(lanes, bytes, zip)) return true;
      op = wider(odd == 0 ? VecOp::Uzp1B : VecOp::Uzp2B, n);
      if (all_lanes(lanes, bytes, uzp)) return true;
      op = wider(odd == 0 ? VecOp::Trn1B : VecOp::Trn2B, n);
      if (all_lanes(lanes, bytes, trn)) return true;
    }
  }
  return false;
}

/// Whether all lanes of some width but one stand where they were in the first source.
bool insertion(const Lanes& lanes, VecOp& op, unsigned& to, unsigned& from) {
  static constexpr VecOp kMov[] = {VecOp::MovB, VecOp::MovH, VecOp::MovS, VecOp::MovD};
  for (unsigned n = 4; n-- > 0;) {
    const unsigned size = 1u << n;
    unsigned moved = 0;
    for (unsigned k = 0; k < 16 / size; ++k) {
      bool stays = true;
      for (unsigned j = k * size; j < (k + 1) * size; ++j) stays &= lanes[j] == j;
      if (stays) continue;
      ++moved;
      to = k;
    }
    if (moved != 1 || lanes[to * size] % size != 0) continue;
    from = lanes[to * size] / size;  // 16 / size and more: of the second source
    bool whole = true;
    for (unsigned j = 1; j < size; ++j) whole &= lanes[to * size + j] == from * size + j;
    if (!whole) continue;
    op = kMov[n];
    return true;
  }
  return false;
}

}  // namespace

void VectorSelector::shuffle_one(VReg a, const Lanes& lanes) {
  if (all_lanes(lanes, 16, [](unsigned i) { return i; })) {
    copy(a);
    return;
  }
  static constexpr VecOp kDup[] = {VecOp::DupLaneB, VecOp::DupLaneH, VecOp::DupLaneS,
                                   VecOp::DupLaneD};
  for (unsigned n = 0; n < 4; ++n) {
    const unsigned size = 1u << n;
    const unsigned lane = lanes[0] / size;
    if (all_lanes(lanes, 16, [=](unsigned i) { return lane * size + i % size; })) {
      insn(kDup[n], {a}, lane, out());
      return;
    }
  }
  struct Reversal {
    VecOp op;
    unsigned size, group;
  };
  static constexpr Reversal kReversals[] = {
      {VecOp::Rev64B, 1, 8}, {VecOp::Rev64H, 2, 8}, {VecOp::Rev64S, 4, 8},
      {VecOp::Rev32B, 1, 4}, {VecOp::Rev32H, 2, 4}, {VecOp::Rev16B, 1, 2},
  };
  for (const Reversal& r : kReversals) {
    const auto reversed = [&r](unsigned i) {
      return i / r.group * r.group + (r.group - r.size - i % r.group / r.size * r.size) +
             i % r.size;
    };
    if (all_lanes(lanes, 16, reversed)) {
      un(r.op, a, out());
      return;
    }
  }
  if (shuffle_two(a, a, lanes)) return;
  V128 table;
  std::memcpy(table.bytes, lanes, 16);
  bin(VecOp::Tbl, a, constant(table), out());
}

/// One instruction for both sources, which may be the same; false: there is none with the sources
/// in this order.
bool VectorSelector::shuffle_two(VReg a, VReg b, const Lanes& lanes) {
  const unsigned bytes = a == b ? 16 : 32;
  VecOp op{};
  if (permutation(lanes, bytes, op)) {
    bin(op, a, b, out());
    return true;
  }
  const unsigned by = lanes[0];
  if (by < 16 && all_lanes(lanes, bytes, [by](unsigned i) { return i + by; })) {
    insn(VecOp::Ext, {a, b}, by, out());
    return true;
  }
  unsigned to = 0;
  unsigned from = 0;
  if (insertion(lanes, op, to, from)) {
    const unsigned count = 16u / vec_info(op).bytes;
    insn(op, {a, from < count ? a : b}, to | from % count << 4, out());
    return true;
  }
  return false;
}

void VectorSelector::shuffle() {
  const V a = i_.arg(0);
  const V b = i_.arg(1);
  const Shuffle found = shuffle_lanes();
  const Lanes& lanes = found.lanes;
  const Lanes& flipped = found.flipped;
  if (!found.uses_b) return shuffle_one(arg(0), lanes);
  if (!found.uses_a) return shuffle_one(arg(1), flipped);
  // A lookup gives zero for lanes that are not there, or leaves what was there before.
  V128 from_a;
  V128 from_b;
  std::memcpy(from_a.bytes, lanes, 16);
  std::memcpy(from_b.bytes, flipped, 16);
  if (shuffle_two(arg(0), arg(1), lanes) || shuffle_two(arg(1), arg(0), flipped)) return;
  if (is_zero(b)) {
    bin(VecOp::Tbl, arg(0), constant(from_a), out());
  } else if (is_zero(a)) {
    bin(VecOp::Tbl, arg(1), constant(from_b), out());
  } else {
    const VReg first = bin(VecOp::Tbl, arg(0), constant(from_a));
    insn(VecOp::Tbx, {first, arg(1), constant(from_b)}, 0, out());
  }
}

}  // namespace wasmrt::jit::arm64
