// Vector instructions that swallow the one an operand comes from: rotations written as two shifts,
// sums of products, of shifted and of pairs of lanes, and bitwise ops with an inverted operand.
#include "jit/arm64/select_simd.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

namespace {

struct Shifts {
  Op left, right_u, right_s;
  unsigned lane;  // log2 of its bytes
};
constexpr Shifts kShifts[] = {{Op::I8x16Shl, Op::I8x16ShrU, Op::I8x16ShrS, 0},
                              {Op::I16x8Shl, Op::I16x8ShrU, Op::I16x8ShrS, 1},
                              {Op::I32x4Shl, Op::I32x4ShrU, Op::I32x4ShrS, 2},
                              {Op::I64x2Shl, Op::I64x2ShrU, Op::I64x2ShrS, 3}};

/// What is added to, what is added, and the instruction for both.
struct Sum {
  Op sum, inner;
  VecOp vec;
};
constexpr Sum kSums[] = {
    {Op::I16x8Add, Op::I16x8Mul, VecOp::MlaH},
    {Op::I32x4Add, Op::I32x4Mul, VecOp::MlaS},
    {Op::I16x8Sub, Op::I16x8Mul, VecOp::MlsH},
    {Op::I32x4Sub, Op::I32x4Mul, VecOp::MlsS},
    {Op::I16x8Add, Op::I16x8ExtmulLowI8x16S, VecOp::SmlalB},
    {Op::I16x8Add, Op::I16x8ExtmulHighI8x16S, VecOp::Smlal2B},
    {Op::I16x8Add, Op::I16x8ExtmulLowI8x16U, VecOp::UmlalB},
    {Op::I16x8Add, Op::I16x8ExtmulHighI8x16U, VecOp::Umlal2B},
    {Op::I32x4Add, Op::I32x4ExtmulLowI16x8S, VecOp::SmlalH},
    {Op::I32x4Add, Op::I32x4ExtmulHighI16x8S, VecOp::Smlal2H},
    {Op::I32x4Add, Op::I32x4ExtmulLowI16x8U, VecOp::UmlalH},
    {Op::I32x4Add, Op::I32x4ExtmulHighI16x8U, VecOp::Umlal2H},
    {Op::I64x2Add, Op::I64x2ExtmulLowI32x4S, VecOp::SmlalS},
    {Op::I64x2Add, Op::I64x2ExtmulHighI32x4S, VecOp::Smlal2S},
    {Op::I64x2Add, Op::I64x2ExtmulLowI32x4U, VecOp::UmlalS},
    {Op::I64x2Add, Op::I64x2ExtmulHighI32x4U, VecOp::Umlal2S},
    {Op::I16x8Add, Op::I16x8ExtaddPairwiseI8x16S, VecOp::SadalpB},
    {Op::I16x8Add, Op::I16x8ExtaddPairwiseI8x16U, VecOp::UadalpB},
    {Op::I32x4Add, Op::I32x4ExtaddPairwiseI16x8S, VecOp::SadalpH},
    {Op::I32x4Add, Op::I32x4ExtaddPairwiseI16x8U, VecOp::UadalpH},
};

}  // namespace

/// x << n | y >> (width - n): the second shift inserts below the first one's result.
bool VectorSelector::rotate() {
  Rotation r;
  if (!rotation(r)) return false;
  const VReg x = s_.reg(r.high);
  if (r.high == r.low && r.left == r.right && r.lane != 0) {  // halves change places
    static constexpr VecOp kReverse[] = {VecOp::Rev16B, VecOp::Rev32H, VecOp::Rev64S};
    un(kReverse[r.lane - 1], x, out());
    return true;
  }
  const VReg shifted = insn(wider(VecOp::ShlB, r.lane), {x}, r.left);
  insn(wider(VecOp::SriB, r.lane), {shifted, s_.reg(r.low)}, r.right, out());
  return true;
}

bool VectorSelector::accumulate() {
  const auto is_sum = [](Op op) {
    return op == Op::I8x16Add || op == Op::I16x8Add || op == Op::I32x4Add || op == Op::I64x2Add;
  };
  const bool difference = op_ == Op::I16x8Sub || op_ == Op::I32x4Sub;
  if (!is_sum(op_) && !difference) return false;
  for (unsigned n = 2; n-- > (difference ? 1u : 0u);) {
    const Inst* x = own(n);
    if (x == nullptr) continue;
    const auto inner = static_cast<Op>(x->aux);
    for (const Sum& row : kSums) {
      if (row.sum != op_ || row.inner != inner) continue;
      const VReg sum = arg(1 - n);
      if (x->op == IrOp::Simd1) {
        insn(row.vec, {sum, s_.reg(x->arg(0))}, 0, out());
      } else {
        insn(row.vec, {sum, s_.reg(x->arg(0)), s_.reg(x->arg(1))}, 0, out());
      }
      return true;
    }
    if (difference || x->op != IrOp::Simd2 || s_.at(x->arg(1)).op != IrOp::Const) continue;
    for (const Shifts& shift : kShifts) {
      static constexpr Op kAdds[] = {Op::I8x16Add, Op::I16x8Add, Op::I32x4Add, Op::I64x2Add};
      const bool is_signed = inner == shift.right_s;
      if ((!is_signed && inner != shift.right_u) || kAdds[shift.lane] != op_) continue;
      const unsigned count = static_cast<unsigned>(s_.at(x->arg(1)).imm) % (8u << shift.lane);
      if (count == 0) continue;
      const VecOp op = wider(is_signed ? VecOp::SsraB : VecOp::UsraB, shift.lane);
      const VReg sum = arg(1 - n);
      insn(op, {sum, s_.reg(x->arg(0))}, count, out());
      return true;
    }
  }
  return false;
}

/// And, or with what is inverted.
bool VectorSelector::logic() {
  if (op_ != Op::V128And && op_ != Op::V128Or) return false;
  for (unsigned n = 2; n-- > 0;) {
    const Inst* x = own(n);
    if (x == nullptr || static_cast<Op>(x->aux) != Op::V128Not) continue;
    const VReg plain = arg(1 - n);
    bin(op_ == Op::V128And ? VecOp::Bic : VecOp::Orn, plain, s_.reg(x->arg(0)), out());
    return true;
  }
  return false;
}

}  // namespace wasmrt::jit::arm64
