// Vector instructions on integers that the machine has no single instruction for.
#include "jit/x64/select_simd.h"

namespace wasmrt::jit::x64 {

using namespace ir;

// ---- comparisons
// ----------------------------------------------------------------------------------------

bool VectorSelector::compare() {
  struct Width {
    VecOp eq, min_s, max_s, min_u, max_u;
  };
  static constexpr Width kWidths[] = {
      {VecOp::Pcmpeqb, VecOp::Pminsb, VecOp::Pmaxsb, VecOp::Pminub, VecOp::Pmaxub},
      {VecOp::Pcmpeqw, VecOp::Pminsw, VecOp::Pmaxsw, VecOp::Pminuw, VecOp::Pmaxuw},
      {VecOp::Pcmpeqd, VecOp::Pminsd, VecOp::Pmaxsd, VecOp::Pminud, VecOp::Pmaxud},
  };
  unsigned width = 0;
  const auto is = [&](Op byte, Op word, Op dword) {
    width = op_ == byte ? 0 : op_ == word ? 1 : 2;
    return op_ == byte || op_ == word || op_ == dword;
  };
  // a <= b where the lesser is a; a < b where the greater is not a.
  const auto by_extreme = [&](VecOp Width::*extreme, bool inverse) {
    const Width& w = kWidths[width];
    const Rm b = rm(1);
    const VReg x = bin(w.*extreme, arg(0), b);
    if (inverse) {
      invert(bin(w.eq, x, arg(0)));
    } else {
      bin(w.eq, x, arg(0), out());
    }
    return true;
  };
  if (is(Op::I8x16Ne, Op::I16x8Ne, Op::I32x4Ne)) {
    const Rm b = rm(1);
    invert(bin(kWidths[width].eq, arg(0), b));
    return true;
  }
  if (is(Op::I8x16LeS, Op::I16x8LeS, Op::I32x4LeS)) return by_extreme(&Width::min_s, false);
  if (is(Op::I8x16GeS, Op::I16x8GeS, Op::I32x4GeS)) return by_extreme(&Width::max_s, false);
  if (is(Op::I8x16LeU, Op::I16x8LeU, Op::I32x4LeU)) return by_extreme(&Width::min_u, false);
  if (is(Op::I8x16GeU, Op::I16x8GeU, Op::I32x4GeU)) return by_extreme(&Width::max_u, false);
  if (is(Op::I8x16LtU, Op::I16x8LtU, Op::I32x4LtU)) return by_extreme(&Width::max_u, true);
  if (is(Op::I8x16GtU, Op::I16x8GtU, Op::I32x4GtU)) return by_extreme(&Width::min_u, true);
  switch (op_) {
    case Op::I64x2Ne: {
      const Rm b = rm(1);
      invert(bin(VecOp::Pcmpeqq, arg(0), b));
      return true;
    }
    case Op::I64x2GtS: greater64(arg(0), arg(1), out()); return true;
    case Op::I64x2LtS: greater64(arg(1), arg(0), out()); return true;
    case Op::I64x2LeS: invert(greater64(arg(0), arg(1))); return true;
    case Op::I64x2GeS: invert(greater64(arg(1), arg(0))); return true;
    default: return false;
  }
}

void VectorSelector::invert(VReg a) {
  if (avx512()) {
    bin(VecOp::Pternlog2, a, a, 0x55, out());
  } else {
    bin(VecOp::Pxor, a, ones(), out());
  }
}

/// a > b, signed. Without the instruction: by the upper halves, and where these are equal by the
/// borrow of b - a, which then fills its upper half.
VReg VectorSelector::greater64(VReg a, VReg b, VReg d) {
  if (avx()) return bin(VecOp::Pcmpgtq, a, b, d);
  const VReg borrow = bin(VecOp::Psubq, b, a);
  const VReg equal = bin(VecOp::Pcmpeqd, a, b);
  const VReg low = bin(VecOp::Pand, borrow, equal);
  const VReg high = bin(VecOp::Pcmpgtd, a, b);
  return un(VecOp::Pshufd, bin(VecOp::Por, low, high), 0xF5, d);
}

// ---- arithmetic
// -----------------------------------------------------------------------------------------

/// Cross products of the halves, then the low one.
void VectorSelector::multiply64() {
  const VReg a = arg(0);
  const VReg b = arg(1);
  if (avx512()) {
    bin(VecOp::Pmullq, a, b, out());
    return;
  }
  const VReg high_low = bin(VecOp::Pmuludq, un(VecOp::PsrlqI, a, 32), b);
  const VReg low_high = bin(VecOp::Pmuludq, un(VecOp::PsrlqI, b, 32), a);
  const VReg cross = un(VecOp::PsllqI, bin(VecOp::Paddq, high_low, low_high), 32);
  bin(VecOp::Paddq, bin(VecOp::Pmuludq, a, b), cross, out());
}

void VectorSelector::absolute64() {
  const VReg a = arg(0);
  if (avx512()) {
    un(VecOp::Pabsq, a, out());
  } else if (avx()) {
    const VReg negated = bin(VecOp::Psubq, zero(), a);
    insn(VecOp::Blendvpd, {a, negated, a}, 0, out());  // by a's sign
  } else {
    const VReg sign = un(VecOp::Pshufd, un(VecOp::PsradI, a, 31), 0xF5);
    bin(VecOp::Psubq, bin(VecOp::Pxor, a, sign), sign, out());
  }
}

/// Looks up both halves of each byte.
void VectorSelector::popcnt() {
  const VReg a = arg(0);
  V128 counts;
  for (unsigned n = 0; n < 16; ++n) {
    counts.bytes[n] = static_cast<std::uint8_t>((n & 1) + (n >> 1 & 1) + (n >> 2 & 1) + (n >> 3));
  }
  const VReg mask = constant(splat_of<std::uint8_t>(0x0F));
  const VReg table = constant(counts);
  const VReg low = bin(VecOp::Pand, a, mask);
  const VReg high = bin(VecOp::Pand, un(VecOp::PsrlwI, a, 4), mask);
  bin(VecOp::Paddb, bin(VecOp::Pshufb, table, low), bin(VecOp::Pshufb, table, high), out());
}

/// Bits of a where c is set, of b elsewhere.
void VectorSelector::select_bits(VReg a, VReg b, VReg c, VReg d) {
  if (avx512()) {
    insn(VecOp::Pternlog, {c, a, b}, 0xCA, d);
    return;
  }
  const VReg first = bin(VecOp::Pand, a, c);
  bin(VecOp::Por, bin(VecOp::Pandn, c, b), first, d);
}

/// Whether each lane is zeros or ones: the result of a comparison.
bool VectorSelector::is_mask(V value) const {
  const Inst& c = s_.at(value);
  const auto op = static_cast<Op>(c.aux);
  return c.op == IrOp::Simd2 &&
         ((op >= Op::I8x16Eq && op <= Op::F64x2Ge) || (op >= Op::I64x2Eq && op <= Op::I64x2GeS));
}

bool VectorSelector::integer() {
  const auto negate = [&](VecOp sub) {
    const VReg z = zero();
    bin(sub, z, rm(0), out());
    return true;
  };
  switch (op_) {
    case Op::V128Not: invert(arg(0)); return true;
    case Op::V128Bitselect:
      if (avx() && !avx512() && is_mask(i_.arg(2))) {
        insn(VecOp::Pblendvb, {arg(1), arg(0), arg(2)}, 0, out());
      } else {
        select_bits(arg(0), arg(1), arg(2), out());
      }
      return true;
    case Op::I8x16Neg: return negate(VecOp::Psubb);
    case Op::I16x8Neg: return negate(VecOp::Psubw);
    case Op::I32x4Neg: return negate(VecOp::Psubd);
    case Op::I64x2Neg: return negate(VecOp::Psubq);
    case Op::I64x2Mul: multiply64(); return true;
    case Op::I64x2Abs: absolute64(); return true;
    case Op::I8x16Popcnt: popcnt(); return true;
    case Op::I16x8Q15mulrSatS: {
      // Only -1 * -1 overflows: its 0x8000 becomes 0x7FFF.
      const VReg product = bin(VecOp::Pmulhrsw, arg(0), arg(1));
      const VReg wrong = bin(VecOp::Pcmpeqw, product, literal(splat_of<std::uint16_t>(0x8000)));
      bin(VecOp::Pxor, product, wrong, out());
      return true;
    }
    default: return false;
  }
}

// ---- shifts
// ---------------------------------------------------------------------------------------------

/// The count in a vector register: modulo the lane's width, plus something.
VReg VectorSelector::shift_count(unsigned mask, unsigned plus) {
  VReg count = s_.temp(RegClass::Int);
  s_.emit(kAnd, 4, {Selector::def_same(count, 1), Selector::use(arg(1))}).imm = mask;
  if (plus != 0) {
    const VReg sum = s_.temp(RegClass::Int);
    s_.emit(kAdd, 4, {Selector::def_same(sum, 1), Selector::use(count)}).imm = plus;
    count = sum;
  }
  return to_vec(count, 4);
}

bool VectorSelector::shift() {
  const auto one = [&](VecOp by_register, VecOp by_imm, unsigned bits) {
    unsigned count = 0;
    if (!known_count(1, bits, count)) {
      const VReg n = shift_count(bits - 1);
      bin(by_register, arg(0), n, out());
    } else if (count == 0) {
      copy(arg(0));
    } else {
      un(by_imm, arg(0), count, out());
    }
    return true;
  };
  switch (op_) {
    case Op::I8x16Shl: shift8(true, false); return true;
    case Op::I8x16ShrU: shift8(false, false); return true;
    case Op::I8x16ShrS: shift8(false, true); return true;
    case Op::I16x8Shl: return one(VecOp::Psllw, VecOp::PsllwI, 16);
    case Op::I16x8ShrU: return one(VecOp::Psrlw, VecOp::PsrlwI, 16);
    case Op::I16x8ShrS: return one(VecOp::Psraw, VecOp::PsrawI, 16);
    case Op::I32x4Shl: return one(VecOp::Pslld, VecOp::PslldI, 32);
    case Op::I32x4ShrU: return one(VecOp::Psrld, VecOp::PsrldI, 32);
    case Op::I32x4ShrS: return one(VecOp::Psrad, VecOp::PsradI, 32);
    case Op::I64x2Shl: return one(VecOp::Psllq, VecOp::PsllqI, 64);
    case Op::I64x2ShrU: return one(VecOp::Psrlq, VecOp::PsrlqI, 64);
    case Op::I64x2ShrS:
      if (avx512()) return one(VecOp::Psraq, VecOp::PsraqI, 64);
      shift64_signed();
      return true;
    default: return false;
  }
}

/// Words are shifted; bits that came from the neighbour are cleared, or replaced by the sign.
void VectorSelector::shift8(bool left, bool is_signed) {
  const VReg a = arg(0);
  unsigned count = 0;
  if (known_count(1, 8, count)) {
    if (count == 0) {
      copy(a);
    } else if (left && count == 1) {
      bin(VecOp::Paddb, a, a, out());
    } else if (left) {
      const auto keep = static_cast<std::uint8_t>(0xFF << count);
      bin(VecOp::Pand, un(VecOp::PsllwI, a, count), literal(splat_of(keep)), out());
    } else if (is_signed && count == 7) {
      bin(VecOp::Pcmpgtb, zero(), a, out());
    } else {
      const auto keep = static_cast<std::uint8_t>(0xFF >> count);
      const VReg x = un(VecOp::PsrlwI, a, count);
      if (!is_signed) {
        bin(VecOp::Pand, x, literal(splat_of(keep)), out());
        return;
      }
      const auto sign = static_cast<std::uint8_t>(0x80 >> count);
      const VReg number = bin(VecOp::Pand, x, literal(splat_of(keep)));
      const VReg flipped = bin(VecOp::Pxor, number, literal(splat_of(sign)));
      bin(VecOp::Psubb, flipped, literal(splat_of(sign)), out());
    }
    return;
  }
  if (is_signed) {
    // Each byte in the upper half of a word.
    const VReg n = shift_count(7, 8);
    const VReg low = bin(VecOp::Psraw, bin(VecOp::Punpcklbw, a, a), n);
    const VReg high = bin(VecOp::Psraw, bin(VecOp::Punpckhbw, a, a), n);
    bin(VecOp::Packsswb, low, high, out());
    return;
  }
  // The mask is a byte of the word of ones, shifted likewise.
  const VReg n = shift_count(7);
  const VReg x = bin(left ? VecOp::Psllw : VecOp::Psrlw, a, n);
  VReg mask = bin(left ? VecOp::Psllw : VecOp::Psrlw, ones(), n);
  if (!left) mask = un(VecOp::PsrlwI, mask, 8);
  bin(VecOp::Pand, x, bin(VecOp::Pshufb, mask, zero()), out());
}

/// Shifted as unsigned; what was the sign bit then extends.
void VectorSelector::shift64_signed() {
  const VReg a = arg(0);
  unsigned count = 0;
  const std::uint64_t sign = std::uint64_t{1} << 63;
  if (known_count(1, 64, count)) {
    if (count == 0) {
      copy(a);
      return;
    }
    const V128 bit = splat_of(sign >> count);
    const VReg flipped = bin(VecOp::Pxor, un(VecOp::PsrlqI, a, count), literal(bit));
    bin(VecOp::Psubq, flipped, literal(bit), out());
    return;
  }
  const VReg n = shift_count(63);
  const VReg bit = bin(VecOp::Psrlq, constant(splat_of(sign)), n);
  const VReg flipped = bin(VecOp::Pxor, bin(VecOp::Psrlq, a, n), bit);
  bin(VecOp::Psubq, flipped, bit, out());
}

}  // namespace wasmrt::jit::x64
