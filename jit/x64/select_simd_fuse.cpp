// Vector instructions that swallow the one an operand comes from: rotations written as two shifts,
// widening twice, tests of a bitwise op or comparison, and with AVX-512 any bitwise function of
// three vectors.
#include "jit/x64/select_simd.h"

namespace wasmrt::jit::x64 {

using namespace ir;

namespace {

/// A bitwise op on columns of a truth table.
bool truth(Op op, unsigned a, unsigned b, unsigned& result) {
  switch (op) {
    case Op::V128And: result = a & b; return true;
    case Op::V128Andnot: result = a & ~b & 0xFF; return true;
    case Op::V128Or: result = a | b; return true;
    case Op::V128Xor: result = a ^ b; return true;
    case Op::V128Not: result = ~a & 0xFF; return true;
    default: return false;
  }
}

// Columns of the machine's three sources, the first one overwritten.
constexpr unsigned kFirst = 0xF0, kSecond = 0xCC, kThird = 0xAA;

}  // namespace

/// x << n | x >> (width - n)
bool VectorSelector::rotate() {
  Rotation r;
  if (!rotation(r) || r.high != r.low) return false;
  const unsigned bytes = 1u << r.lane;
  if (avx512() && bytes >= 4) {
    un(bytes == 4 ? VecOp::Prold : VecOp::Prolq, s_.reg(r.high), r.left, out());
    return true;
  }
  if (r.left % 8 != 0) return false;
  V128 moved;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned lane = i / bytes * bytes;
    moved.bytes[i] = static_cast<std::uint8_t>(lane + (i + bytes - r.left / 8) % bytes);
  }
  bin(VecOp::Pshufb, s_.reg(r.high), literal(moved), out());
  return true;
}

bool VectorSelector::logic() {
  unsigned table = 0;
  if (!avx512() || !truth(op_, 0, 0, table)) return false;
  const unsigned count = i_.op == IrOp::Simd1 ? 1 : 2;
  for (unsigned n = 0; n < count; ++n) {
    const Inst* x = own(n);
    if (x == nullptr || !truth(static_cast<Op>(x->aux), kFirst, kSecond, table)) continue;
    const bool two = x->op == IrOp::Simd2;
    if (count == 1) {  // not of something
      if (!two) continue;
      truth(static_cast<Op>(x->aux), kSecond, kThird, table);
      bin(VecOp::Pternlog2, s_.reg(x->arg(0)), s_.reg(x->arg(1)), ~table & 0xFF, out());
      return true;
    }
    if (!two) table = ~kSecond & 0xFF;
    unsigned imm = 0;
    truth(op_, n == 0 ? table : kThird, n == 0 ? kThird : table, imm);
    const Rm other = rm(1 - n);
    const VReg p = s_.reg(x->arg(0));
    if (two) {
      insn(VecOp::Pternlog, {p, s_.reg(x->arg(1)), other}, imm, out());
    } else {
      bin(VecOp::Pternlog2, p, other, imm, out());
    }
    return true;
  }
  return false;
}

/// A low half of a low half, widened with the same sign.
bool VectorSelector::widen_twice() {
  struct Twice {
    Op outer, inner;
    VecOp vec;
  };
  static constexpr Twice kTwice[] = {
      {Op::I32x4ExtendLowI16x8S, Op::I16x8ExtendLowI8x16S, VecOp::Pmovsxbd},
      {Op::I32x4ExtendLowI16x8U, Op::I16x8ExtendLowI8x16U, VecOp::Pmovzxbd},
      {Op::I64x2ExtendLowI32x4S, Op::I32x4ExtendLowI16x8S, VecOp::Pmovsxwq},
      {Op::I64x2ExtendLowI32x4U, Op::I32x4ExtendLowI16x8U, VecOp::Pmovzxwq},
  };
  for (const Twice& row : kTwice) {
    if (row.outer != op_) continue;
    const Inst* x = own(0);
    if (x == nullptr || static_cast<Op>(x->aux) != row.inner) return false;
    un(row.vec, s_.reg(x->arg(0)), out());
    return true;
  }
  return false;
}

/// What ptest can find out without a register for the tested vector.
bool VectorSelector::test_fused(Selector::Flags& r) {
  const Inst* x = own(0);
  if (x == nullptr || x->op != IrOp::Simd2) return false;
  const auto inner = static_cast<Op>(x->aux);
  const auto ask = [&](VReg a, VReg b, Cc cc) {
    r.operands = {Selector::use(a), Selector::use(b)};
    r.cc = cc;
    return true;
  };
  const auto difference = [&](Cc cc) {
    const VReg bits = bin(VecOp::Pxor, s_.reg(x->arg(0)), s_.reg(x->arg(1)));
    return ask(bits, bits, cc);
  };
  // Lanes of both must be the same, or those of the comparison wider: its results fill them.
  const auto all_equal = [&](std::initializer_list<Op> comparisons) {
    for (const Op op : comparisons) {
      if (op == inner) return difference(E);
    }
    return false;
  };
  switch (op_) {
    case Op::V128AnyTrue:
      switch (inner) {
        case Op::V128And: return ask(s_.reg(x->arg(0)), s_.reg(x->arg(1)), NE);
        // Carry is set where no bit of the second source stands outside the first.
        case Op::V128Andnot: return ask(s_.reg(x->arg(1)), s_.reg(x->arg(0)), AE);
        case Op::V128Xor:
        case Op::I8x16Ne:
        case Op::I16x8Ne:
        case Op::I32x4Ne:
        case Op::I64x2Ne: return difference(NE);
        default: return false;
      }
    case Op::I8x16AllTrue: return all_equal({Op::I8x16Eq, Op::I16x8Eq, Op::I32x4Eq, Op::I64x2Eq});
    case Op::I16x8AllTrue: return all_equal({Op::I16x8Eq, Op::I32x4Eq, Op::I64x2Eq});
    case Op::I32x4AllTrue: return all_equal({Op::I32x4Eq, Op::I64x2Eq});
    case Op::I64x2AllTrue: return all_equal({Op::I64x2Eq});
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
