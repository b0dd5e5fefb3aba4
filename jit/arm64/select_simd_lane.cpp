// Vector instructions across lanes: splat, extract, replace, tests; loads and stores.
#include "jit/arm64/select_simd.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

// ---- tests
// ----------------------------------------------------------------------------------------------

/// An integer that is not zero if v128.any_true or iNxM.all_true holds.
VReg VectorSelector::nonzero_test(VReg d) {
  const VReg a = arg(0);
  switch (op_) {
    case Op::I8x16AllTrue: return from_vec(un(VecOp::UminvB, a), 4, d);
    case Op::I16x8AllTrue: return from_vec(un(VecOp::UminvH, a), 4, d);
    case Op::I32x4AllTrue: return from_vec(un(VecOp::UminvS, a), 4, d);
    // Minus one for each lane of zero; the test is inverted.
    case Op::I64x2AllTrue: return from_vec(un(VecOp::AddpPair, un(VecOp::Cmeq0D, a)), 8, d);
    default: return from_vec(bin(VecOp::UmaxpS, a, a), 8, d);  // both halves of either half
  }
}

Selector::Flags VectorSelector::test() {
  Selector::Flags r;
  r.compare = Compare::Int;
  r.size = 8;
  r.bits = op2_bits(Op2::Imm);
  r.cc = op_ == Op::I64x2AllTrue ? EQ : NE;
  r.operands = {Selector::use(nonzero_test(number()))};
  return r;
}

/// Each lane's sign as a bit of its own, then all of them added up.
void VectorSelector::bitmask(unsigned bytes) {
  V128 bits;
  for (unsigned n = 0; n < 16 / bytes; ++n) {
    const unsigned bit = 1u << (bytes == 1 ? n % 8 : n);
    bits.bytes[n * bytes] = static_cast<std::uint8_t>(bit);
  }
  const unsigned lane = bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3;
  const VReg signs = un(wider(VecOp::Cmlt0B, lane), arg(0));
  VReg x = bin(VecOp::And, signs, constant(bits));
  if (bytes == 1) {  // the upper eight become the upper bytes of words
    x = bin(VecOp::Zip1B, x, insn(VecOp::Ext, {x, x}, 8));
  }
  static constexpr VecOp kSum[] = {VecOp::AddvH, VecOp::AddvH, VecOp::AddvS, VecOp::AddpPair};
  from_vec(un(kSum[lane], x), 4, out());
}

// ---- lanes
// ----------------------------------------------------------------------------------------------

bool VectorSelector::lane() {
  const unsigned lane = i_.lane;
  const auto splat_number = [&](VecOp op) {
    un(op, arg(0), out());
    return true;
  };
  const auto extract = [&](VecOp op) {
    insn(op, {arg(0)}, lane, out());
    return true;
  };
  const auto extract_low = [&](VecOp op, unsigned bytes) {
    if (lane != 0) return extract(op);
    from_vec(arg(0), bytes, out());
    return true;
  };
  const auto extract_float = [&](VecOp op) {
    if (lane != 0) return extract(op);
    s_.emit(kMove, 8, {Selector::def(out()), Selector::use(arg(0))});
    return true;
  };
  const auto replace = [&](VecOp op) {
    insn(op, {arg(0), arg(1)}, lane, out());
    return true;
  };
  switch (op_) {
    case Op::V128AnyTrue:
    case Op::I8x16AllTrue:
    case Op::I16x8AllTrue:
    case Op::I32x4AllTrue:
    case Op::I64x2AllTrue:
      s_.emit_flags(kCmpSet, test(), {Selector::def(out())}, 0, 4);
      return true;
    case Op::I8x16Bitmask: bitmask(1); return true;
    case Op::I16x8Bitmask: bitmask(2); return true;
    case Op::I32x4Bitmask: bitmask(4); return true;
    case Op::I64x2Bitmask: bitmask(8); return true;
    case Op::I8x16Splat: return splat_number(VecOp::DupB);
    case Op::I16x8Splat: return splat_number(VecOp::DupH);
    case Op::I32x4Splat: return splat_number(VecOp::DupS);
    case Op::I64x2Splat: return splat_number(VecOp::DupD);
    case Op::I8x16ExtractLaneS: return extract(VecOp::SmovB);
    case Op::I8x16ExtractLaneU: return extract(VecOp::UmovB);
    case Op::I16x8ExtractLaneS: return extract(VecOp::SmovH);
    case Op::I16x8ExtractLaneU: return extract(VecOp::UmovH);
    case Op::I32x4ExtractLane: return extract_low(VecOp::UmovS, 4);
    case Op::I64x2ExtractLane: return extract_low(VecOp::UmovD, 8);
    case Op::F32x4ExtractLane: return extract_float(VecOp::MovLaneS);
    case Op::F64x2ExtractLane: return extract_float(VecOp::MovLaneD);
    case Op::I8x16ReplaceLane: return replace(VecOp::InsB);
    case Op::I16x8ReplaceLane: return replace(VecOp::InsH);
    case Op::I32x4ReplaceLane: return replace(VecOp::InsS);
    case Op::I64x2ReplaceLane: return replace(VecOp::InsD);
    case Op::F32x4ReplaceLane: return replace(VecOp::MovS);
    case Op::F64x2ReplaceLane: return replace(VecOp::MovD);
    case Op::I8x16Shuffle: shuffle(); return true;
    default: return false;
  }
}

/// Products of signed bytes, neighbours added modulo 2^16.
VReg VectorSelector::dot8(VReg a, VReg b, VReg d) {
  const VReg low = bin(VecOp::SmullB, a, b);
  return bin(VecOp::AddpH, low, bin(VecOp::Smull2B, a, b), d);
}

bool VectorSelector::relaxed() {
  switch (op_) {
    case Op::I16x8RelaxedDotI8x16I7x16S: dot8(arg(0), arg(1), out()); return true;
    case Op::I32x4RelaxedDotI8x16I7x16AddS: {
      // Not sdot: the sums of two products are taken modulo 2^16.
      const VReg pairs = dot8(arg(0), arg(1), vec());
      insn(VecOp::SadalpH, {arg(2), pairs}, 0, out());
      return true;
    }
    default: return false;
  }
}

// ---- memory
// ---------------------------------------------------------------------------------------------

bool VectorSelector::memory() {
  const unsigned lane = i_.lane;
  const auto scalar = [&](VReg d, unsigned bytes) {
    const Access access = bytes == 4 ? Access::F32 : Access::F64;
    const Mem mem = s_.memory_of(i_, bytes);
    s_.emit_access(kLoad, bytes, {Selector::def(d)}, mem, static_cast<std::uint32_t>(access));
    return d;
  };
  const auto direct = [&](VecOp op, const Operands& operands) {
    const Mem mem = s_.memory_of(i_, vec_info(op).bytes);
    s_.emit_access(kVec, 16, operands, mem, static_cast<std::uint32_t>(op)).imm = lane;
    return true;
  };
  const auto widened = [&](VecOp op) {
    un(op, scalar(s_.temp(RegClass::Vec), 8), out());
    return true;
  };
  const auto splat_from = [&](VecOp op) { return direct(op, {Selector::def(out())}); };
  const auto load_lane = [&](VecOp op) {
    return direct(op, {Selector::def_same(out(), 1), Selector::use(arg(1))});
  };
  const auto store_lane = [&](VecOp op) {
    const unsigned bytes = vec_info(op).bytes;
    if (lane != 0 || bytes < 4) return direct(op, {Selector::use(arg(1))});
    const Access access = bytes == 4 ? Access::F32 : Access::F64;
    const Mem mem = s_.memory_of(i_, bytes);
    s_.emit_access(kStore, bytes, {Selector::use(arg(1))}, mem, static_cast<std::uint32_t>(access));
    return true;
  };
  switch (op_) {
    case Op::V128Load8x8S: return widened(VecOp::SxtlB);
    case Op::V128Load8x8U: return widened(VecOp::UxtlB);
    case Op::V128Load16x4S: return widened(VecOp::SxtlH);
    case Op::V128Load16x4U: return widened(VecOp::UxtlH);
    case Op::V128Load32x2S: return widened(VecOp::SxtlS);
    case Op::V128Load32x2U: return widened(VecOp::UxtlS);
    case Op::V128Load8Splat: return splat_from(VecOp::Ld1rB);
    case Op::V128Load16Splat: return splat_from(VecOp::Ld1rH);
    case Op::V128Load32Splat: return splat_from(VecOp::Ld1rS);
    case Op::V128Load64Splat: return splat_from(VecOp::Ld1rD);
    case Op::V128Load32Zero: scalar(out(), 4); return true;
    case Op::V128Load64Zero: scalar(out(), 8); return true;
    case Op::V128Load8Lane: return load_lane(VecOp::Ld1B);
    case Op::V128Load16Lane: return load_lane(VecOp::Ld1H);
    case Op::V128Load32Lane: return load_lane(VecOp::Ld1S);
    case Op::V128Load64Lane: return load_lane(VecOp::Ld1D);
    case Op::V128Store8Lane: return store_lane(VecOp::St1B);
    case Op::V128Store16Lane: return store_lane(VecOp::St1H);
    case Op::V128Store32Lane: return store_lane(VecOp::St1S);
    case Op::V128Store64Lane: return store_lane(VecOp::St1D);
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
