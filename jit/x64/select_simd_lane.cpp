// Vector instructions across lanes: splat, extract, replace, tests, widening; loads and stores.
#include "jit/x64/select_simd.h"

namespace wasmrt::jit::x64 {

using namespace ir;

// ---- tests
// ----------------------------------------------------------------------------------------------

Selector::Flags VectorSelector::test() {
  Selector::Flags r;
  r.compare = Compare::Vector;
  r.size = 16;
  if (test_fused(r)) return r;
  r.cc = NE;
  VReg x = kNoVReg;
  const auto no_zero_lane = [&](VecOp equal) {
    const VReg z = zero();
    x = bin(equal, z, rm(0));
    r.cc = E;
  };
  switch (op_) {
    case Op::I8x16AllTrue: no_zero_lane(VecOp::Pcmpeqb); break;
    case Op::I16x8AllTrue: no_zero_lane(VecOp::Pcmpeqw); break;
    case Op::I32x4AllTrue: no_zero_lane(VecOp::Pcmpeqd); break;
    case Op::I64x2AllTrue: no_zero_lane(VecOp::Pcmpeqq); break;
    default: x = arg(0); break;  // v128.any_true
  }
  r.operands = {Selector::use(x), Selector::use(x)};
  return r;
}

// ---- lanes
// ----------------------------------------------------------------------------------------------

/// Copies the lowest lane to all.
void VectorSelector::splat(unsigned bytes, VReg low) {
  switch (bytes) {
    case 1:
      if (avx2()) {
        un(VecOp::Pbroadcastb, low, out());
      } else {
        bin(VecOp::Pshufb, low, zero(), out());
      }
      break;
    case 2:
      if (avx2()) {
        un(VecOp::Pbroadcastw, low, out());
      } else {
        un(VecOp::Pshufd, un(VecOp::Pshuflw, low, 0u), 0u, out());
      }
      break;
    case 4: un(VecOp::Pshufd, low, 0u, out()); break;
    default: un(VecOp::Movddup, low, out()); break;
  }
}

bool VectorSelector::lane() {
  const unsigned lane = i_.lane;
  const auto splat_number = [&](VecOp broadcast, unsigned bytes) {
    if (avx512()) {
      un(broadcast, arg(0), out());  // from the integer register
    } else {
      splat(bytes, to_vec(arg(0), bytes == 8 ? 8 : 4));
    }
    return true;
  };
  const auto extract_signed = [&](VecOp op, unsigned bytes) {
    const VReg raw_lane = s_.temp(RegClass::Int);
    un(op, arg(0), lane, raw_lane);
    s_.emit(kMovSx, bytes, {Selector::def(out()), Selector::use(raw_lane)}).aux = 4;
    return true;
  };
  const auto extract = [&](VecOp op, unsigned bytes) {
    if (lane == 0 && bytes >= 4) {
      s_.emit(kMovFromVec, bytes, {Selector::def(out()), Selector::use(arg(0))});
    } else {
      un(op, arg(0), lane, out());
    }
    return true;
  };
  const auto extract_float = [&](unsigned imm) {
    if (lane == 0) {
      s_.emit(kMove, 8, {Selector::def(out()), Selector::use(arg(0))});
    } else {
      un(VecOp::Pshufd, arg(0), imm, out());
    }
    return true;
  };
  const auto replace = [&](VecOp op, unsigned imm) {
    bin(op, arg(0), arg(1), imm, out());
    return true;
  };
  switch (op_) {
    case Op::V128AnyTrue:
    case Op::I8x16AllTrue:
    case Op::I16x8AllTrue:
    case Op::I32x4AllTrue:
    case Op::I64x2AllTrue:
      s_.emit_flags(kCmpSet, test(), {Selector::def_early(out())}, 0, 4);
      return true;
    case Op::I8x16Bitmask: un(VecOp::Pmovmskb, arg(0), out()); return true;
    case Op::I16x8Bitmask:
      un(VecOp::Pmovmskb, bin(VecOp::Packsswb, arg(0), zero()), out());
      return true;
    case Op::I32x4Bitmask: un(VecOp::Movmskps, arg(0), out()); return true;
    case Op::I64x2Bitmask: un(VecOp::Movmskpd, arg(0), out()); return true;
    case Op::I8x16Splat: return splat_number(VecOp::Pbroadcastb, 1);
    case Op::I16x8Splat: return splat_number(VecOp::Pbroadcastw, 2);
    case Op::I32x4Splat: return splat_number(VecOp::Pbroadcastd, 4);
    case Op::I64x2Splat: return splat_number(VecOp::Pbroadcastq, 8);
    case Op::F32x4Splat: splat(4, arg(0)); return true;
    case Op::F64x2Splat: splat(8, arg(0)); return true;
    case Op::I8x16ExtractLaneS: return extract_signed(VecOp::Pextrb, 1);
    case Op::I8x16ExtractLaneU: return extract(VecOp::Pextrb, 1);
    case Op::I16x8ExtractLaneS: return extract_signed(VecOp::Pextrw, 2);
    case Op::I16x8ExtractLaneU: return extract(VecOp::Pextrw, 2);
    case Op::I32x4ExtractLane: return extract(VecOp::Pextrd, 4);
    case Op::I64x2ExtractLane: return extract(VecOp::Pextrq, 8);
    case Op::F32x4ExtractLane: return extract_float(lane);
    case Op::F64x2ExtractLane: return extract_float(0xEE);
    case Op::I8x16ReplaceLane: return replace(VecOp::Pinsrb, lane);
    case Op::I16x8ReplaceLane: return replace(VecOp::Pinsrw, lane);
    case Op::I32x4ReplaceLane: return replace(VecOp::Pinsrd, lane);
    case Op::I64x2ReplaceLane: return replace(VecOp::Pinsrq, lane);
    case Op::F32x4ReplaceLane: return replace(VecOp::Insertps, lane << 4);
    case Op::F64x2ReplaceLane: return replace(lane == 0 ? VecOp::Movsd : VecOp::Movlhps, 0);
    case Op::I8x16Shuffle: shuffle(); return true;
    case Op::I8x16Swizzle: {
      // pshufb gives zero where bit 7 is set: for 16 and more after a saturating sum.
      V128 indices;
      if (known(i_.arg(1), indices)) {
        for (std::uint8_t& n : indices.bytes) n = n < 16 ? n : 0x80;
        bin(VecOp::Pshufb, arg(0), literal(indices), out());
        return true;
      }
      const VReg wrapped = bin(VecOp::Paddusb, arg(1), literal(splat_of<std::uint8_t>(0x70)));
      bin(VecOp::Pshufb, arg(0), wrapped, out());
      return true;
    }
    default: return false;
  }
}

// ---- widening
// -------------------------------------------------------------------------------------------

VReg VectorSelector::extend(unsigned n, unsigned from_bytes, bool high, bool is_signed, VReg d) {
  const unsigned row = from_bytes == 1 ? 0 : from_bytes == 2 ? 1 : 2;
  static constexpr VecOp kSigned[] = {VecOp::Pmovsxbw, VecOp::Pmovsxwd, VecOp::Pmovsxdq};
  static constexpr VecOp kUnsigned[] = {VecOp::Pmovzxbw, VecOp::Pmovzxwd, VecOp::Pmovzxdq};
  static constexpr VecOp kHigh[] = {VecOp::Punpckhbw, VecOp::Punpckhwd, VecOp::Punpckhdq};
  if (!high) return un(is_signed ? kSigned[row] : kUnsigned[row], arg(n), d);
  if (is_signed) return un(kSigned[row], un(VecOp::Pshufd, arg(n), 0xEE), d);
  return bin(kHigh[row], arg(n), zero(), d);
}

bool VectorSelector::widen() {
  const auto high = [&](unsigned from_bytes, bool is_signed) {
    extend(0, from_bytes, true, is_signed, out());
    return true;
  };
  const auto product8 = [&](bool upper, bool is_signed) {
    const VReg a = extend(0, 1, upper, is_signed);
    bin(VecOp::Pmullw, a, extend(1, 1, upper, is_signed), out());
    return true;
  };
  // The lower and upper halves of the products, interleaved.
  const auto product16 = [&](bool upper, bool is_signed) {
    const VReg low = bin(VecOp::Pmullw, arg(0), arg(1));
    const VReg top = bin(is_signed ? VecOp::Pmulhw : VecOp::Pmulhuw, arg(0), arg(1));
    bin(upper ? VecOp::Punpckhwd : VecOp::Punpcklwd, low, top, out());
    return true;
  };
  const auto product32 = [&](bool upper, bool is_signed) {
    const unsigned spread = upper ? 0xFA : 0x50;
    const VReg a = un(VecOp::Pshufd, arg(0), spread);
    const VReg b = un(VecOp::Pshufd, arg(1), spread);
    bin(is_signed ? VecOp::Pmuldq : VecOp::Pmuludq, a, b, out());
    return true;
  };
  switch (op_) {
    case Op::I16x8ExtendHighI8x16S: return high(1, true);
    case Op::I16x8ExtendHighI8x16U: return high(1, false);
    case Op::I32x4ExtendHighI16x8S: return high(2, true);
    case Op::I32x4ExtendHighI16x8U: return high(2, false);
    case Op::I64x2ExtendHighI32x4S: return high(4, true);
    case Op::I64x2ExtendHighI32x4U: return high(4, false);
    case Op::I16x8ExtmulLowI8x16S: return product8(false, true);
    case Op::I16x8ExtmulLowI8x16U: return product8(false, false);
    case Op::I16x8ExtmulHighI8x16S: return product8(true, true);
    case Op::I16x8ExtmulHighI8x16U: return product8(true, false);
    case Op::I32x4ExtmulLowI16x8S: return product16(false, true);
    case Op::I32x4ExtmulLowI16x8U: return product16(false, false);
    case Op::I32x4ExtmulHighI16x8S: return product16(true, true);
    case Op::I32x4ExtmulHighI16x8U: return product16(true, false);
    case Op::I64x2ExtmulLowI32x4S: return product32(false, true);
    case Op::I64x2ExtmulLowI32x4U: return product32(false, false);
    case Op::I64x2ExtmulHighI32x4S: return product32(true, true);
    case Op::I64x2ExtmulHighI32x4U: return product32(true, false);
    // Products with one; pmaddubsw takes its first source as unsigned.
    case Op::I16x8ExtaddPairwiseI8x16S: {
      const VReg one = constant(splat_of<std::uint8_t>(1));
      bin(VecOp::Pmaddubsw, one, rm(0), out());
      return true;
    }
    case Op::I16x8ExtaddPairwiseI8x16U:
      bin(VecOp::Pmaddubsw, arg(0), literal(splat_of<std::uint8_t>(1)), out());
      return true;
    case Op::I32x4ExtaddPairwiseI16x8S:
      bin(VecOp::Pmaddwd, arg(0), literal(splat_of<std::uint16_t>(1)), out());
      return true;
    case Op::I32x4ExtaddPairwiseI16x8U: {
      const VReg odd = un(VecOp::PsrldI, arg(0), 16);
      bin(VecOp::Paddd, bin(VecOp::Pblendw, arg(0), zero(), 0xAA), odd, out());
      return true;
    }
    default: return false;
  }
}

/// Products of signed bytes, the even ones and the odd ones added modulo 2^16.
VReg VectorSelector::dot8(VReg a, VReg b, VReg d) {
  const auto even = [&](VReg x) { return un(VecOp::PsrawI, un(VecOp::PsllwI, x, 8), 8); };
  const VReg evens = bin(VecOp::Pmullw, even(a), even(b));
  const VReg odds = bin(VecOp::Pmullw, un(VecOp::PsrawI, a, 8), un(VecOp::PsrawI, b, 8));
  return bin(VecOp::Paddw, evens, odds, d);
}

bool VectorSelector::relaxed() {
  switch (op_) {
    case Op::I16x8RelaxedDotI8x16I7x16S: dot8(arg(0), arg(1), out()); return true;
    case Op::I32x4RelaxedDotI8x16I7x16AddS: {
      const VReg pairs = dot8(arg(0), arg(1), vec());
      const VReg sums = bin(VecOp::Pmaddwd, pairs, literal(splat_of<std::uint16_t>(1)));
      bin(VecOp::Paddd, sums, arg(2), out());
      return true;
    }
    default: return false;
  }
}

// ---- memory
// ---------------------------------------------------------------------------------------------

bool VectorSelector::memory() {
  const Mem mem = s_.memory_of(i_);
  const unsigned lane = i_.lane;
  const auto scalar = [&](VReg d, unsigned bytes, Access access) {
    s_.emit_mem(kLoad, bytes, {Selector::def(d)}, mem).aux = static_cast<std::uint32_t>(access);
    return d;
  };
  const auto direct = [&](VecOp op) {
    un(op, mem, out());
    return true;
  };
  const auto splat_number = [&](VecOp broadcast, unsigned bytes, Access access) {
    if (avx2()) return direct(broadcast);
    splat(bytes, to_vec(scalar(s_.temp(RegClass::Int), 4, access), 4));
    return true;
  };
  const auto load_lane = [&](VecOp op, unsigned imm) {
    bin(op, arg(1), mem, imm, out());
    return true;
  };
  const auto store_lane = [&](VecOp op) {
    MInst& m = s_.emit_mem(kVecStore, 16, {Selector::use(arg(1))}, mem);
    m.aux = static_cast<std::uint32_t>(op);
    m.imm = lane;
    return true;
  };
  switch (op_) {
    case Op::V128Load8x8S: return direct(VecOp::Pmovsxbw);
    case Op::V128Load8x8U: return direct(VecOp::Pmovzxbw);
    case Op::V128Load16x4S: return direct(VecOp::Pmovsxwd);
    case Op::V128Load16x4U: return direct(VecOp::Pmovzxwd);
    case Op::V128Load32x2S: return direct(VecOp::Pmovsxdq);
    case Op::V128Load32x2U: return direct(VecOp::Pmovzxdq);
    case Op::V128Load8Splat: return splat_number(VecOp::Pbroadcastb, 1, Access::U8);
    case Op::V128Load16Splat: return splat_number(VecOp::Pbroadcastw, 2, Access::U16);
    case Op::V128Load32Splat:
      if (avx()) return direct(VecOp::Broadcastss);
      splat(4, scalar(vec(), 4, Access::F32));
      return true;
    case Op::V128Load64Splat: return direct(VecOp::Movddup);
    case Op::V128Load32Zero: scalar(out(), 4, Access::F32); return true;
    case Op::V128Load64Zero: scalar(out(), 8, Access::F64); return true;
    case Op::V128Load8Lane: return load_lane(VecOp::Pinsrb, lane);
    case Op::V128Load16Lane: return load_lane(VecOp::Pinsrw, lane);
    case Op::V128Load32Lane: return load_lane(VecOp::Insertps, lane << 4);
    case Op::V128Load64Lane: return load_lane(lane == 0 ? VecOp::Movlps : VecOp::Movhps, 0);
    case Op::V128Store8Lane: return store_lane(VecOp::Pextrb);
    case Op::V128Store16Lane: return store_lane(VecOp::Pextrw);
    case Op::V128Store32Lane: return store_lane(lane == 0 ? VecOp::Movss : VecOp::Pextrd);
    case Op::V128Store64Lane: return store_lane(lane == 0 ? VecOp::Movlps : VecOp::Movhps);
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
