// Vector instructions: operands, the table of those that are one instruction, and constants.
#include "jit/x64/select_simd.h"

namespace wasmrt::jit::x64 {

using namespace ir;

namespace {

enum Order : std::uint8_t {
  InOrder,
  Commutes,  // either source may be the folded one
  Swapped,   // the machine's first source is the second operand
};

struct Simple {
  Op op;
  VecOp vec;
  Order order = InOrder;
  std::uint8_t imm = 0;
};

constexpr Simple kSimple[] = {
    {Op::V128And, VecOp::Pand, Commutes},
    {Op::V128Or, VecOp::Por, Commutes},
    {Op::V128Xor, VecOp::Pxor, Commutes},
    {Op::V128Andnot, VecOp::Pandn, Swapped},
    {Op::I8x16Add, VecOp::Paddb, Commutes},
    {Op::I16x8Add, VecOp::Paddw, Commutes},
    {Op::I32x4Add, VecOp::Paddd, Commutes},
    {Op::I64x2Add, VecOp::Paddq, Commutes},
    {Op::I8x16Sub, VecOp::Psubb},
    {Op::I16x8Sub, VecOp::Psubw},
    {Op::I32x4Sub, VecOp::Psubd},
    {Op::I64x2Sub, VecOp::Psubq},
    {Op::I16x8Mul, VecOp::Pmullw, Commutes},
    {Op::I32x4Mul, VecOp::Pmulld, Commutes},
    {Op::I32x4DotI16x8S, VecOp::Pmaddwd, Commutes},
    {Op::I8x16AddSatS, VecOp::Paddsb, Commutes},
    {Op::I8x16AddSatU, VecOp::Paddusb, Commutes},
    {Op::I16x8AddSatS, VecOp::Paddsw, Commutes},
    {Op::I16x8AddSatU, VecOp::Paddusw, Commutes},
    {Op::I8x16SubSatS, VecOp::Psubsb},
    {Op::I8x16SubSatU, VecOp::Psubusb},
    {Op::I16x8SubSatS, VecOp::Psubsw},
    {Op::I16x8SubSatU, VecOp::Psubusw},
    {Op::I8x16AvgrU, VecOp::Pavgb, Commutes},
    {Op::I16x8AvgrU, VecOp::Pavgw, Commutes},
    {Op::I8x16MinS, VecOp::Pminsb, Commutes},
    {Op::I8x16MinU, VecOp::Pminub, Commutes},
    {Op::I8x16MaxS, VecOp::Pmaxsb, Commutes},
    {Op::I8x16MaxU, VecOp::Pmaxub, Commutes},
    {Op::I16x8MinS, VecOp::Pminsw, Commutes},
    {Op::I16x8MinU, VecOp::Pminuw, Commutes},
    {Op::I16x8MaxS, VecOp::Pmaxsw, Commutes},
    {Op::I16x8MaxU, VecOp::Pmaxuw, Commutes},
    {Op::I32x4MinS, VecOp::Pminsd, Commutes},
    {Op::I32x4MinU, VecOp::Pminud, Commutes},
    {Op::I32x4MaxS, VecOp::Pmaxsd, Commutes},
    {Op::I32x4MaxU, VecOp::Pmaxud, Commutes},
    {Op::I8x16Eq, VecOp::Pcmpeqb, Commutes},
    {Op::I16x8Eq, VecOp::Pcmpeqw, Commutes},
    {Op::I32x4Eq, VecOp::Pcmpeqd, Commutes},
    {Op::I64x2Eq, VecOp::Pcmpeqq, Commutes},
    {Op::I8x16GtS, VecOp::Pcmpgtb},
    {Op::I16x8GtS, VecOp::Pcmpgtw},
    {Op::I32x4GtS, VecOp::Pcmpgtd},
    {Op::I8x16LtS, VecOp::Pcmpgtb, Swapped},
    {Op::I16x8LtS, VecOp::Pcmpgtw, Swapped},
    {Op::I32x4LtS, VecOp::Pcmpgtd, Swapped},
    {Op::I8x16Abs, VecOp::Pabsb},
    {Op::I16x8Abs, VecOp::Pabsw},
    {Op::I32x4Abs, VecOp::Pabsd},
    {Op::I8x16NarrowI16x8S, VecOp::Packsswb},
    {Op::I8x16NarrowI16x8U, VecOp::Packuswb},
    {Op::I16x8NarrowI32x4S, VecOp::Packssdw},
    {Op::I16x8NarrowI32x4U, VecOp::Packusdw},
    {Op::I16x8ExtendLowI8x16S, VecOp::Pmovsxbw},
    {Op::I16x8ExtendLowI8x16U, VecOp::Pmovzxbw},
    {Op::I32x4ExtendLowI16x8S, VecOp::Pmovsxwd},
    {Op::I32x4ExtendLowI16x8U, VecOp::Pmovzxwd},
    {Op::I64x2ExtendLowI32x4S, VecOp::Pmovsxdq},
    {Op::I64x2ExtendLowI32x4U, VecOp::Pmovzxdq},
    {Op::F32x4Add, VecOp::Addps, Commutes},
    {Op::F64x2Add, VecOp::Addpd, Commutes},
    {Op::F32x4Sub, VecOp::Subps},
    {Op::F64x2Sub, VecOp::Subpd},
    {Op::F32x4Mul, VecOp::Mulps, Commutes},
    {Op::F64x2Mul, VecOp::Mulpd, Commutes},
    {Op::F32x4Div, VecOp::Divps},
    {Op::F64x2Div, VecOp::Divpd},
    {Op::F32x4Pmin, VecOp::Minps, Swapped},  // the machine gives its second source on ties
    {Op::F64x2Pmin, VecOp::Minpd, Swapped},
    {Op::F32x4Pmax, VecOp::Maxps, Swapped},
    {Op::F64x2Pmax, VecOp::Maxpd, Swapped},
    {Op::F32x4Sqrt, VecOp::Sqrtps},
    {Op::F64x2Sqrt, VecOp::Sqrtpd},
    {Op::F32x4Nearest, VecOp::Roundps, InOrder, 8},
    {Op::F32x4Floor, VecOp::Roundps, InOrder, 9},
    {Op::F32x4Ceil, VecOp::Roundps, InOrder, 10},
    {Op::F32x4Trunc, VecOp::Roundps, InOrder, 11},
    {Op::F64x2Nearest, VecOp::Roundpd, InOrder, 8},
    {Op::F64x2Floor, VecOp::Roundpd, InOrder, 9},
    {Op::F64x2Ceil, VecOp::Roundpd, InOrder, 10},
    {Op::F64x2Trunc, VecOp::Roundpd, InOrder, 11},
    {Op::F32x4Eq, VecOp::Cmpps, Commutes, 0},
    {Op::F32x4Ne, VecOp::Cmpps, Commutes, 4},
    {Op::F32x4Lt, VecOp::Cmpps, InOrder, 1},
    {Op::F32x4Le, VecOp::Cmpps, InOrder, 2},
    {Op::F32x4Gt, VecOp::Cmpps, Swapped, 1},
    {Op::F32x4Ge, VecOp::Cmpps, Swapped, 2},
    {Op::F64x2Eq, VecOp::Cmppd, Commutes, 0},
    {Op::F64x2Ne, VecOp::Cmppd, Commutes, 4},
    {Op::F64x2Lt, VecOp::Cmppd, InOrder, 1},
    {Op::F64x2Le, VecOp::Cmppd, InOrder, 2},
    {Op::F64x2Gt, VecOp::Cmppd, Swapped, 1},
    {Op::F64x2Ge, VecOp::Cmppd, Swapped, 2},
    {Op::F32x4ConvertI32x4S, VecOp::Cvtdq2ps},
    {Op::F64x2ConvertLowI32x4S, VecOp::Cvtdq2pd},
    {Op::F64x2PromoteLowF32x4, VecOp::Cvtps2pd},
    {Op::F32x4DemoteF64x2Zero, VecOp::Cvtpd2ps},
};

constexpr auto kSimpleOf = rows_of(kSimple);

}  // namespace

VectorSelector::VectorSelector(Selector& selector, V v)
    : VectorSelection(selector, v), s_(selector) {}

// ---- operands
// -------------------------------------------------------------------------------------------

VReg VectorSelector::out() { return is_unread_load() ? vec() : s_.reg(v_); }

VectorSelector::Rm VectorSelector::literal(const V128& bits) {
  Mem mem;
  mem.pinned = kLiteral;
  mem.disp = static_cast<std::int32_t>(literal_index(bits));
  return mem;
}

VReg VectorSelector::constant(const V128& bits, VReg d) {
  if (d == kNoVReg) d = vec();
  MInst& m = s_.emit(kVecConst, 16, {Selector::def(d)});
  m.imm = literal_index(bits);
  m.can_remat = true;
  return d;
}

VReg VectorSelector::to_vec(VReg number, unsigned bytes) {
  const VReg d = vec();
  s_.emit(kMovToVec, bytes, {Selector::def(d), Selector::use(number)});
  return d;
}

bool VectorSelector::foldable(unsigned n) const {
  const V value = i_.arg(n);
  const Inst& x = s_.at(value);
  if (x.type != Type::V128 || !s_.used_once(value) || s_.needed(value)) return false;
  V128 bits;
  if (known(value, bits)) return bits != V128{} && bits != splat_of<std::uint8_t>(0xFF);
  // The old encoding wants aligned addresses.
  return avx() && s_.can_fold_load(value) && static_cast<Access>(x.aux) == Access::V128;
}

VectorSelector::Rm VectorSelector::rm(unsigned n) {
  const V value = i_.arg(n);
  if (!foldable(n)) return s_.reg(value);
  V128 bits;
  if (known(value, bits)) return literal(bits);
  const Inst& x = s_.at(value);
  s_.folded_[raw(value)] = true;
  return s_.memory_of(x);
}

VReg VectorSelector::insn(VecOp op, std::initializer_list<Rm> sources, unsigned imm, VReg d) {
  const VecInfo info = vec_info(op);
  if (d == kNoVReg) d = vec();
  Operands operands = {is_tied(info.form, avx()) ? Selector::def_same(d, 1) : Selector::def(d)};
  const Rm* memory = nullptr;
  std::size_t left = sources.size();
  for (const Rm& s : sources) {
    --left;
    if (s.is_mem) {
      memory = &s;
      continue;
    }
    // A spilled vector may stay in its slot; in the old encoding it would have to be aligned.
    const bool any = left == 0 && avx() && info.bytes == 16 && info.form != VecForm::Four &&
                     !(info.form == VecForm::TieImm && sources.size() == 1) &&
                     s_.m_.vregs[raw(s.reg)].bytes == 16;
    operands.push_back(any ? Selector::use_any(s.reg) : Selector::use(s.reg));
  }
  MInst& m = memory != nullptr ? s_.emit_mem(kVec, 16, operands, memory->mem)
                               : s_.emit(kVec, 16, operands);
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
    // Where half a vector is read, memory would be read at half the width: not past its end.
    const Rm a = vec_info(row.vec).bytes == 16 ? rm(0) : Rm(arg(0));
    un(row.vec, a, unsigned{row.imm}, out());
    return true;
  }
  unsigned first = row.order == Swapped ? 1 : 0;
  if (row.order == Commutes && foldable(0) && !foldable(1)) first = 1;
  const Rm second = rm(1 - first);
  bin(row.vec, arg(first), second, unsigned{row.imm}, out());
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
      return rotate() || logic() || widen_twice() || simple() || compare() || integer() ||
             shift() || floating() || convert() || lane() || widen() || relaxed();
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

}  // namespace wasmrt::jit::x64
