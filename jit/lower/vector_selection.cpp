// Constants, swallowed operands and patterns of vector ops, for every machine's selection.
#include "jit/lower/vector_selection.h"

#include <algorithm>

namespace wasmrt::jit {

using namespace ir;

namespace {

/// What a relaxed op does in the deterministic profile, where that is another op.
constexpr Op deterministic(Op op) {
  switch (op) {
    case Op::I8x16RelaxedSwizzle: return Op::I8x16Swizzle;
    case Op::I32x4RelaxedTruncF32x4S: return Op::I32x4TruncSatF32x4S;
    case Op::I32x4RelaxedTruncF32x4U: return Op::I32x4TruncSatF32x4U;
    case Op::I32x4RelaxedTruncF64x2SZero: return Op::I32x4TruncSatF64x2SZero;
    case Op::I32x4RelaxedTruncF64x2UZero: return Op::I32x4TruncSatF64x2UZero;
    case Op::I8x16RelaxedLaneselect:
    case Op::I16x8RelaxedLaneselect:
    case Op::I32x4RelaxedLaneselect:
    case Op::I64x2RelaxedLaneselect: return Op::V128Bitselect;
    case Op::F32x4RelaxedMin: return Op::F32x4Min;
    case Op::F32x4RelaxedMax: return Op::F32x4Max;
    case Op::F64x2RelaxedMin: return Op::F64x2Min;
    case Op::F64x2RelaxedMax: return Op::F64x2Max;
    case Op::I16x8RelaxedQ15mulrS: return Op::I16x8Q15mulrSatS;
    default: return op;
  }
}

struct Shifts {
  Op left, right;
};
constexpr Shifts kShifts[] = {{Op::I8x16Shl, Op::I8x16ShrU},
                              {Op::I16x8Shl, Op::I16x8ShrU},
                              {Op::I32x4Shl, Op::I32x4ShrU},
                              {Op::I64x2Shl, Op::I64x2ShrU}};

}  // namespace

VectorSelection::VectorSelection(Selection& selection, V v)
    : selection_(selection),
      v_(v),
      i_(selection.at(v)),
      op_(deterministic(static_cast<Op>(i_.aux))) {}

bool VectorSelection::known(V value, V128& bits) const {
  const Inst& c = selection_.at(value);
  if (c.op == IrOp::ConstV128) {
    bits = selection_.f_.v128s[c.imm];
    return true;
  }
  if (c.op != IrOp::Simd1 || selection_.at(c.arg(0)).op != IrOp::Const) return false;
  const std::uint64_t x = selection_.at(c.arg(0)).imm;
  switch (static_cast<Op>(c.aux)) {
    case Op::I8x16Splat: bits = splat_of(static_cast<std::uint8_t>(x)); return true;
    case Op::I16x8Splat: bits = splat_of(static_cast<std::uint16_t>(x)); return true;
    case Op::I32x4Splat:
    case Op::F32x4Splat: bits = splat_of(static_cast<std::uint32_t>(x)); return true;
    case Op::I64x2Splat:
    case Op::F64x2Splat: bits = splat_of(x); return true;
    default: return false;
  }
}

bool VectorSelection::is_zero(V value) const {
  V128 bits;
  return known(value, bits) && bits == V128{};
}

bool VectorSelection::known_count(unsigned n, unsigned lane_bits, unsigned& count) const {
  const Inst& c = selection_.at(i_.arg(n));
  if (c.op != IrOp::Const) return false;
  count = static_cast<unsigned>(c.imm) % lane_bits;
  return true;
}

const Inst* VectorSelection::own(unsigned n) const {
  const V value = i_.arg(n);
  const Inst& x = selection_.at(value);
  const List<BlockId>& block_of = selection_.f_.block_of;
  const bool vector = x.op == IrOp::Simd1 || x.op == IrOp::Simd2;
  const bool here = block_of[raw(value)] == block_of[raw(v_)];
  return vector && here && selection_.used_once(value) && !selection_.needed(value) ? &x : nullptr;
}

bool VectorSelection::is_unread_load() const {
  return (i_.op == IrOp::SimdLoad || i_.op == IrOp::SimdLoadLane) && !selection_.needed(v_);
}

std::uint32_t VectorSelection::literal_index(const V128& bits) {
  std::vector<V128>& list = selection_.m_.literals;
  const std::size_t from = list.size() < 32 ? 0 : list.size() - 32;
  const auto at = std::find(list.begin() + static_cast<std::ptrdiff_t>(from), list.end(), bits);
  const auto index = static_cast<std::uint32_t>(at - list.begin());
  if (at == list.end()) list.push_back(bits);
  return index;
}

bool VectorSelection::rotation(Rotation& found) const {
  switch (op_) {
    case Op::V128Or:
    case Op::V128Xor:
    case Op::I8x16Add:  // no bit is set in both: whatever the lanes, nothing is carried
    case Op::I16x8Add:
    case Op::I32x4Add:
    case Op::I64x2Add: break;
    default: return false;
  }
  const Inst* a = own(0);
  const Inst* b = own(1);
  if (a == nullptr || b == nullptr || a->op != IrOp::Simd2 || b->op != IrOp::Simd2) return false;
  for (unsigned lane = 0; lane < std::size(kShifts); ++lane) {
    const bool left_first = static_cast<Op>(a->aux) == kShifts[lane].left;
    const Inst& high = left_first ? *a : *b;
    const Inst& low = left_first ? *b : *a;
    if (static_cast<Op>(high.aux) != kShifts[lane].left ||
        static_cast<Op>(low.aux) != kShifts[lane].right) {
      continue;
    }
    const Inst& left = selection_.at(high.arg(1));
    const Inst& right = selection_.at(low.arg(1));
    if (left.op != IrOp::Const || right.op != IrOp::Const) return false;
    const unsigned bits = 8u << lane;
    found = {high.arg(0), low.arg(0), static_cast<unsigned>(left.imm) % bits,
             static_cast<unsigned>(right.imm) % bits, lane};
    return found.left + found.right == bits;
  }
  return false;
}

VectorSelection::Shuffle VectorSelection::shuffle_lanes() const {
  const V128& selector = selection_.f_.v128s[i_.imm];
  const bool same = i_.arg(0) == i_.arg(1);
  Shuffle s;
  for (unsigned i = 0; i < 16; ++i) {
    s.lanes[i] = same ? selector.bytes[i] & 15 : selector.bytes[i];
    s.flipped[i] = s.lanes[i] ^ 16;
    (s.lanes[i] < 16 ? s.uses_a : s.uses_b) = true;
  }
  return s;
}

// ---- for the selector
// -----------------------------------------------------------------------------------

bool Selection::is_vector_test(V condition) const {
  const Inst& c = at(condition);
  if (c.op != IrOp::Simd1 || !used_once(condition) || needed(condition)) return false;
  switch (static_cast<Op>(c.aux)) {
    case Op::V128AnyTrue:
    case Op::I8x16AllTrue:
    case Op::I16x8AllTrue:
    case Op::I32x4AllTrue:
    case Op::I64x2AllTrue: return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit
