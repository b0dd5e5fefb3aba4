// Vector instructions: operands, the table of those that are one instruction, and constants.
#include "jit/arm64/select_simd.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

namespace {

enum Order : std::uint8_t {
  InOrder,
  Swapped,  // the machine's first source is the second operand
};

struct Simple {
  Op op;
  VecOp vec;
  Order order = InOrder;
};

constexpr Simple kSimple[] = {
    {Op::V128And, VecOp::And},
    {Op::V128Or, VecOp::Orr},
    {Op::V128Xor, VecOp::Eor},
    {Op::V128Andnot, VecOp::Bic},
    {Op::V128Not, VecOp::Not},
    {Op::I8x16Add, VecOp::AddB},
    {Op::I16x8Add, VecOp::AddH},
    {Op::I32x4Add, VecOp::AddS},
    {Op::I64x2Add, VecOp::AddD},
    {Op::I8x16Sub, VecOp::SubB},
    {Op::I16x8Sub, VecOp::SubH},
    {Op::I32x4Sub, VecOp::SubS},
    {Op::I64x2Sub, VecOp::SubD},
    {Op::I16x8Mul, VecOp::MulH},
    {Op::I32x4Mul, VecOp::MulS},
    {Op::I8x16AddSatS, VecOp::SqaddB},
    {Op::I16x8AddSatS, VecOp::SqaddH},
    {Op::I8x16AddSatU, VecOp::UqaddB},
    {Op::I16x8AddSatU, VecOp::UqaddH},
    {Op::I8x16SubSatS, VecOp::SqsubB},
    {Op::I16x8SubSatS, VecOp::SqsubH},
    {Op::I8x16SubSatU, VecOp::UqsubB},
    {Op::I16x8SubSatU, VecOp::UqsubH},
    {Op::I8x16AvgrU, VecOp::UrhaddB},
    {Op::I16x8AvgrU, VecOp::UrhaddH},
    {Op::I8x16MinS, VecOp::SminB},
    {Op::I16x8MinS, VecOp::SminH},
    {Op::I32x4MinS, VecOp::SminS},
    {Op::I8x16MinU, VecOp::UminB},
    {Op::I16x8MinU, VecOp::UminH},
    {Op::I32x4MinU, VecOp::UminS},
    {Op::I8x16MaxS, VecOp::SmaxB},
    {Op::I16x8MaxS, VecOp::SmaxH},
    {Op::I32x4MaxS, VecOp::SmaxS},
    {Op::I8x16MaxU, VecOp::UmaxB},
    {Op::I16x8MaxU, VecOp::UmaxH},
    {Op::I32x4MaxU, VecOp::UmaxS},
    {Op::I8x16Abs, VecOp::AbsB},
    {Op::I16x8Abs, VecOp::AbsH},
    {Op::I32x4Abs, VecOp::AbsS},
    {Op::I64x2Abs, VecOp::AbsD},
    {Op::I8x16Neg, VecOp::NegB},
    {Op::I16x8Neg, VecOp::NegH},
    {Op::I32x4Neg, VecOp::NegS},
    {Op::I64x2Neg, VecOp::NegD},
    {Op::I8x16Eq, VecOp::CmeqB},
    {Op::I16x8Eq, VecOp::CmeqH},
    {Op::I32x4Eq, VecOp::CmeqS},
    {Op::I64x2Eq, VecOp::CmeqD},
    {Op::I8x16GtS, VecOp::CmgtB},
    {Op::I16x8GtS, VecOp::CmgtH},
    {Op::I32x4GtS, VecOp::CmgtS},
    {Op::I64x2GtS, VecOp::CmgtD},
    {Op::I8x16GeS, VecOp::CmgeB},
    {Op::I16x8GeS, VecOp::CmgeH},
    {Op::I32x4GeS, VecOp::CmgeS},
    {Op::I64x2GeS, VecOp::CmgeD},
    {Op::I8x16GtU, VecOp::CmhiB},
    {Op::I16x8GtU, VecOp::CmhiH},
    {Op::I32x4GtU, VecOp::CmhiS},
    {Op::I8x16GeU, VecOp::CmhsB},
    {Op::I16x8GeU, VecOp::CmhsH},
    {Op::I32x4GeU, VecOp::CmhsS},
    {Op::I8x16LtS, VecOp::CmgtB, Swapped},
    {Op::I16x8LtS, VecOp::CmgtH, Swapped},
    {Op::I32x4LtS, VecOp::CmgtS, Swapped},
    {Op::I64x2LtS, VecOp::CmgtD, Swapped},
    {Op::I8x16LeS, VecOp::CmgeB, Swapped},
    {Op::I16x8LeS, VecOp::CmgeH, Swapped},
    {Op::I32x4LeS, VecOp::CmgeS, Swapped},
    {Op::I64x2LeS, VecOp::CmgeD, Swapped},
    {Op::I8x16LtU, VecOp::CmhiB, Swapped},
    {Op::I16x8LtU, VecOp::CmhiH, Swapped},
    {Op::I32x4LtU, VecOp::CmhiS, Swapped},
    {Op::I8x16LeU, VecOp::CmhsB, Swapped},
    {Op::I16x8LeU, VecOp::CmhsH, Swapped},
    {Op::I32x4LeU, VecOp::CmhsS, Swapped},
    {Op::I8x16Popcnt, VecOp::Cnt},
    {Op::I16x8Q15mulrSatS, VecOp::SqrdmulhH},
    {Op::I8x16Swizzle, VecOp::Tbl},
    {Op::I16x8ExtendLowI8x16S, VecOp::SxtlB},
    {Op::I16x8ExtendHighI8x16S, VecOp::Sxtl2B},
    {Op::I16x8ExtmulLowI8x16S, VecOp::SmullB},
    {Op::I16x8ExtmulHighI8x16S, VecOp::Smull2B},
    {Op::I16x8ExtaddPairwiseI8x16S, VecOp::SaddlpB},
    {Op::I16x8ExtendLowI8x16U, VecOp::UxtlB},
    {Op::I16x8ExtendHighI8x16U, VecOp::Uxtl2B},
    {Op::I16x8ExtmulLowI8x16U, VecOp::UmullB},
    {Op::I16x8ExtmulHighI8x16U, VecOp::Umull2B},
    {Op::I16x8ExtaddPairwiseI8x16U, VecOp::UaddlpB},
    {Op::I32x4ExtendLowI16x8S, VecOp::SxtlH},
    {Op::I32x4ExtendHighI16x8S, VecOp::Sxtl2H},
    {Op::I32x4ExtmulLowI16x8S, VecOp::SmullH},
    {Op::I32x4ExtmulHighI16x8S, VecOp::Smull2H},
    {Op::I32x4ExtaddPairwiseI16x8S, VecOp::SaddlpH},
    {Op::I32x4ExtendLowI16x8U, VecOp::UxtlH},
    {Op::I32x4ExtendHighI16x8U, VecOp::Uxtl2H},
    {Op::I32x4ExtmulLowI16x8U, VecOp::UmullH},
    {Op::I32x4ExtmulHighI16x8U, VecOp::Umull2H},
    {Op::I32x4ExtaddPairwiseI16x8U, VecOp::UaddlpH},
    {Op::I64x2ExtendLowI32x4S, VecOp::SxtlS},
    {Op::I64x2ExtendHighI32x4S, VecOp::Sxtl2S},
    {Op::I64x2ExtmulLowI32x4S, VecOp::SmullS},
    {Op::I64x2ExtmulHighI32x4S, VecOp::Smull2S},
    {Op::I64x2ExtendLowI32x4U, VecOp::UxtlS},
    {Op::I64x2ExtendHighI32x4U, VecOp::Uxtl2S},
    {Op::I64x2ExtmulLowI32x4U, VecOp::UmullS},
    {Op::I64x2ExtmulHighI32x4U, VecOp::Umull2S},
    {Op::F32x4Add, VecOp::FaddS},
    {Op::F32x4Sub, VecOp::FsubS},
    {Op::F32x4Mul, VecOp::FmulS},
    {Op::F32x4Div, VecOp::FdivS},
    {Op::F32x4Min, VecOp::FminS},
    {Op::F32x4Max, VecOp::FmaxS},
    {Op::F32x4Abs, VecOp::FabsS},
    {Op::F32x4Neg, VecOp::FnegS},
    {Op::F32x4Sqrt, VecOp::FsqrtS},
    {Op::F32x4Nearest, VecOp::FrintnS},
    {Op::F32x4Floor, VecOp::FrintmS},
    {Op::F32x4Ceil, VecOp::FrintpS},
    {Op::F32x4Trunc, VecOp::FrintzS},
    {Op::F32x4Eq, VecOp::FcmeqS},
    {Op::F32x4Gt, VecOp::FcmgtS},
    {Op::F32x4Ge, VecOp::FcmgeS},
    {Op::F32x4Lt, VecOp::FcmgtS, Swapped},
    {Op::F32x4Le, VecOp::FcmgeS, Swapped},
    {Op::F64x2Add, VecOp::FaddD},
    {Op::F64x2Sub, VecOp::FsubD},
    {Op::F64x2Mul, VecOp::FmulD},
    {Op::F64x2Div, VecOp::FdivD},
    {Op::F64x2Min, VecOp::FminD},
    {Op::F64x2Max, VecOp::FmaxD},
    {Op::F64x2Abs, VecOp::FabsD},
    {Op::F64x2Neg, VecOp::FnegD},
    {Op::F64x2Sqrt, VecOp::FsqrtD},
    {Op::F64x2Nearest, VecOp::FrintnD},
    {Op::F64x2Floor, VecOp::FrintmD},
    {Op::F64x2Ceil, VecOp::FrintpD},
    {Op::F64x2Trunc, VecOp::FrintzD},
    {Op::F64x2Eq, VecOp::FcmeqD},
    {Op::F64x2Gt, VecOp::FcmgtD},
    {Op::F64x2Ge, VecOp::FcmgeD},
    {Op::F64x2Lt, VecOp::FcmgtD, Swapped},
    {Op::F64x2Le, VecOp::FcmgeD, Swapped},
    {Op::F32x4ConvertI32x4S, VecOp::ScvtfS},
    {Op::F32x4ConvertI32x4U, VecOp::UcvtfS},
    {Op::I32x4TruncSatF32x4S, VecOp::FcvtzsS},
    {Op::I32x4TruncSatF32x4U, VecOp::FcvtzuS},
    {Op::F64x2PromoteLowF32x4, VecOp::Fcvtl},
    {Op::F32x4DemoteF64x2Zero, VecOp::Fcvtn},
    {Op::F32x4Splat, VecOp::DupLaneS},
    {Op::F64x2Splat, VecOp::DupLaneD},
};

constexpr auto kSimpleOf = rows_of(kSimple);

}  // namespace

VectorSelector::VectorSelector(Selector& selector, V v)
    : VectorSelection(selector, v), s_(selector) {}

// ---- operands
// -------------------------------------------------------------------------------------------

VReg VectorSelector::out() { return is_unread_load() ? vec() : s_.reg(v_); }

VReg VectorSelector::number() { return s_.temp(RegClass::Int); }

VReg VectorSelector::constant(const V128& bits, VReg d) {
  if (d == kNoVReg) d = vec();
  MInst& m = s_.emit(kVecConst, 16, {Selector::def(d)});
  m.imm = literal_index(bits);
  m.can_remat = true;
  return d;
}

VReg VectorSelector::from_vec(VReg a, unsigned bytes, VReg d) {
  s_.emit(kMovFromVec, bytes, {Selector::def(d), Selector::use(a)});
  return d;
}

VReg VectorSelector::insn(VecOp op, std::initializer_list<VReg> sources, unsigned imm, VReg d) {
  if (d == kNoVReg) d = vec();
  Operands operands = {is_tied(vec_info(op).form) ? Selector::def_same(d, 1) : Selector::def(d)};
  for (const VReg s : sources) operands.push_back(Selector::use(s));
  MInst& m = s_.emit(kVec, 16, operands);
  m.aux = static_cast<std::uint32_t>(op);
  m.imm = imm;
  return d;
}

// ---- one to one
// -----------------------------------------------------------------------------------------

bool VectorSelector::simple() {
  const std::uint8_t n = kSimpleOf[static_cast<std::size_t>(op_)];
  if (n == 0) return false;
  const Simple& row = kSimple[n - 1];
  if (i_.op == IrOp::Simd1) {
    un(row.vec, arg(0), out());
  } else {
    const unsigned first = row.order == Swapped ? 1 : 0;
    bin(row.vec, arg(first), arg(1 - first), out());
  }
  return true;
}

bool VectorSelector::run() {
  V128 bits;
  switch (i_.op) {
    case IrOp::ConstV128:
    case IrOp::Simd1:
    case IrOp::Simd2:
    case IrOp::Simd3:
      if (known(v_, bits)) {
        constant(bits, out());
        return true;
      }
      return rotate() || accumulate() || logic() || compare() || simple() || integer() || shift() ||
             floating() || convert() || lane() || relaxed();
    case IrOp::SimdLoad:
    case IrOp::SimdLoadLane:
    case IrOp::SimdStoreLane: return memory();
    default: return false;
  }
}

// ---- for the selector
// -----------------------------------------------------------------------------------

bool Selector::select_simd(V v) { return VectorSelector(*this, v).run(); }

Selector::Flags Selector::flags_of_vector(V condition) {
  return VectorSelector(*this, condition).test();
}

}  // namespace wasmrt::jit::arm64
