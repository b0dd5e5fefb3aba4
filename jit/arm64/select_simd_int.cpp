// Vector instructions on integers that are not one machine instruction, or are a shorter one with a
// constant.
#include "jit/arm64/select_simd.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

// ---- comparisons
// ----------------------------------------------------------------------------------------

namespace {

enum class Relation : std::uint8_t { None, Eq, Ne, Gt, Ge, Lt, Le };

struct Comparison {
  Relation relation = Relation::None;
  bool is_float = false;
  unsigned lane = 0;  // log2 of its bytes; of floats: 0 or 1
};

/// Of signed integers and of floats: what the machine also compares with zero.
Comparison comparison_of(Op op) {
  using enum Relation;
  switch (op) {
    case Op::I8x16Eq: return {Eq, false, 0};
    case Op::I8x16Ne: return {Ne, false, 0};
    case Op::I8x16GtS: return {Gt, false, 0};
    case Op::I8x16GeS: return {Ge, false, 0};
    case Op::I8x16LtS: return {Lt, false, 0};
    case Op::I8x16LeS: return {Le, false, 0};
    case Op::I16x8Eq: return {Eq, false, 1};
    case Op::I16x8Ne: return {Ne, false, 1};
    case Op::I16x8GtS: return {Gt, false, 1};
    case Op::I16x8GeS: return {Ge, false, 1};
    case Op::I16x8LtS: return {Lt, false, 1};
    case Op::I16x8LeS: return {Le, false, 1};
    case Op::I32x4Eq: return {Eq, false, 2};
    case Op::I32x4Ne: return {Ne, false, 2};
    case Op::I32x4GtS: return {Gt, false, 2};
    case Op::I32x4GeS: return {Ge, false, 2};
    case Op::I32x4LtS: return {Lt, false, 2};
    case Op::I32x4LeS: return {Le, false, 2};
    case Op::I64x2Eq: return {Eq, false, 3};
    case Op::I64x2Ne: return {Ne, false, 3};
    case Op::I64x2GtS: return {Gt, false, 3};
    case Op::I64x2GeS: return {Ge, false, 3};
    case Op::I64x2LtS: return {Lt, false, 3};
    case Op::I64x2LeS: return {Le, false, 3};
    case Op::F32x4Eq: return {Eq, true, 0};
    case Op::F32x4Ne: return {Ne, true, 0};
    case Op::F32x4Gt: return {Gt, true, 0};
    case Op::F32x4Ge: return {Ge, true, 0};
    case Op::F32x4Lt: return {Lt, true, 0};
    case Op::F32x4Le: return {Le, true, 0};
    case Op::F64x2Eq: return {Eq, true, 1};
    case Op::F64x2Ne: return {Ne, true, 1};
    case Op::F64x2Gt: return {Gt, true, 1};
    case Op::F64x2Ge: return {Ge, true, 1};
    case Op::F64x2Lt: return {Lt, true, 1};
    case Op::F64x2Le: return {Le, true, 1};
    default: return {};
  }
}

VecOp with_zero(const Comparison& c) {
  const bool f = c.is_float;
  switch (c.relation) {
    case Relation::Gt: return wider(f ? VecOp::Fcmgt0S : VecOp::Cmgt0B, c.lane);
    case Relation::Ge: return wider(f ? VecOp::Fcmge0S : VecOp::Cmge0B, c.lane);
    case Relation::Lt: return wider(f ? VecOp::Fcmlt0S : VecOp::Cmlt0B, c.lane);
    case Relation::Le: return wider(f ? VecOp::Fcmle0S : VecOp::Cmle0B, c.lane);
    default: return wider(f ? VecOp::Fcmeq0S : VecOp::Cmeq0B, c.lane);
  }
}

Relation mirrored(Relation r) {
  switch (r) {
    case Relation::Gt: return Relation::Lt;
    case Relation::Ge: return Relation::Le;
    case Relation::Lt: return Relation::Gt;
    case Relation::Le: return Relation::Ge;
    default: return r;
  }
}

}  // namespace

/// With zero, and the inequalities; the rest are single instructions.
bool VectorSelector::compare() {
  Comparison c = comparison_of(op_);
  if (c.relation == Relation::None) return false;
  const bool inverse = c.relation == Relation::Ne;
  const VReg d = inverse ? vec() : out();
  if (is_zero(i_.arg(1))) {
    un(with_zero(c), arg(0), d);
  } else if (is_zero(i_.arg(0))) {
    c.relation = mirrored(c.relation);
    un(with_zero(c), arg(1), d);
  } else if (inverse) {
    bin(wider(c.is_float ? VecOp::FcmeqS : VecOp::CmeqB, c.lane), arg(0), arg(1), d);
  } else {
    return false;
  }
  if (inverse) un(VecOp::Not, d, out());
  return true;
}

// ---- arithmetic
// -----------------------------------------------------------------------------------------

/// Cross products of the halves, added up in pairs, then the product of the lower halves.
void VectorSelector::multiply64() {
  const VReg a = arg(0);
  const VReg b = arg(1);
  const VReg crossed = bin(VecOp::MulS, un(VecOp::Rev64S, b), a);
  const VReg sums = insn(VecOp::ShlD, {un(VecOp::UaddlpS, crossed)}, 32);
  const VReg low_a = un(VecOp::XtnS, a);
  insn(VecOp::UmlalS, {sums, low_a, un(VecOp::XtnS, b)}, 0, out());
}

/// Bits of a where c is set, of b elsewhere. One source is overwritten: one that nobody needs
/// after.
void VectorSelector::select_bits(V a, V b, V c) {
  const VReg x = s_.reg(a);
  const VReg y = s_.reg(b);
  const VReg mask = s_.reg(c);
  if (!s_.ends(c) && s_.ends(b)) {
    insn(VecOp::Bit, {y, x, mask}, 0, out());
  } else if (!s_.ends(c) && s_.ends(a)) {
    insn(VecOp::Bif, {x, y, mask}, 0, out());
  } else {
    insn(VecOp::Bsl, {mask, x, y}, 0, out());
  }
}

bool VectorSelector::integer() {
  switch (op_) {
    case Op::V128Bitselect: select_bits(i_.arg(0), i_.arg(1), i_.arg(2)); return true;
    case Op::I64x2Mul: multiply64(); return true;
    case Op::I32x4DotI16x8S: {
      const VReg low = bin(VecOp::SmullH, arg(0), arg(1));
      bin(VecOp::AddpS, low, bin(VecOp::Smull2H, arg(0), arg(1)), out());
      return true;
    }
    default: break;
  }
  const auto narrow = [&](VecOp low, VecOp high) {
    insn(high, {un(low, arg(0)), arg(1)}, 0, out());
    return true;
  };
  switch (op_) {
    case Op::I8x16NarrowI16x8S: return narrow(VecOp::SqxtnB, VecOp::Sqxtn2B);
    case Op::I8x16NarrowI16x8U: return narrow(VecOp::SqxtunB, VecOp::Sqxtun2B);
    case Op::I16x8NarrowI32x4S: return narrow(VecOp::SqxtnH, VecOp::Sqxtn2H);
    case Op::I16x8NarrowI32x4U: return narrow(VecOp::SqxtunH, VecOp::Sqxtun2H);
    default: return false;
  }
}

// ---- shifts
// ---------------------------------------------------------------------------------------------

/// By a number, or by the lowest byte of each lane, which shifts to the right when it is negative.
bool VectorSelector::shift() {
  const auto one = [&](unsigned lane, VecOp by_number, VecOp by_lanes, bool right) {
    const unsigned bits = 8u << lane;
    unsigned count = 0;
    if (known_count(1, bits, count)) {
      if (count == 0) {
        copy(arg(0));
      } else {
        insn(wider(by_number, lane), {arg(0)}, count, out());
      }
      return true;
    }
    VReg n = number();
    MInst& m = s_.emit(kAnd, 4, {Selector::def(n), Selector::use(arg(1))});
    m.aux = op2_bits(Op2::Imm);
    m.imm = bits - 1;
    if (right) {
      const VReg negated = number();
      // In 64 bits: those of the widest lanes.
      s_.emit(kNeg, 8, {Selector::def(negated), Selector::use(n)}).aux = op2_bits(Op2::Reg);
      n = negated;
    }
    static constexpr VecOp kDup[] = {VecOp::DupB, VecOp::DupH, VecOp::DupS, VecOp::DupD};
    bin(wider(by_lanes, lane), arg(0), un(kDup[lane], n), out());
    return true;
  };
  const auto left = [&](unsigned lane) { return one(lane, VecOp::ShlB, VecOp::UshlB, false); };
  const auto right_s = [&](unsigned lane) { return one(lane, VecOp::SshrB, VecOp::SshlB, true); };
  const auto right_u = [&](unsigned lane) { return one(lane, VecOp::UshrB, VecOp::UshlB, true); };
  switch (op_) {
    case Op::I8x16Shl: return left(0);
    case Op::I16x8Shl: return left(1);
    case Op::I32x4Shl: return left(2);
    case Op::I64x2Shl: return left(3);
    case Op::I8x16ShrS: return right_s(0);
    case Op::I16x8ShrS: return right_s(1);
    case Op::I32x4ShrS: return right_s(2);
    case Op::I64x2ShrS: return right_s(3);
    case Op::I8x16ShrU: return right_u(0);
    case Op::I16x8ShrU: return right_u(1);
    case Op::I32x4ShrU: return right_u(2);
    case Op::I64x2ShrU: return right_u(3);
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
