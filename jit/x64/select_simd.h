// Selection of vector instructions: one Wasm op becomes one or more instructions of vec_ops.def.
//
// In: a Simd*, SimdLoad*, SimdStoreLane or ConstV128 instruction. Out: its sequence, on virtual
// registers, constants as literals behind the code. Guaranteed: results equal those of
// semantics_simd*.h in every bit but a NaN's payload; relaxed ops make their deterministic choice,
// with rounding after each step, so that all engines and machines agree.
#pragma once

#include <initializer_list>

#include "jit/lower/vector_selection.h"
#include "jit/x64/select.h"
#include "jit/x64/vec_ops.h"

namespace wasmrt::jit::x64 {

class VectorSelector : private VectorSelection {
 public:
  using V = ir::ValueId;

  VectorSelector(Selector& selector, V v);
  bool run();
  /// v128.any_true and iNxM.all_true as a ptest; nobody needs their number.
  Selector::Flags test();

 private:
  /// A source that may come from memory.
  struct Rm {
    Rm(VReg r) : reg(r) {}                      // NOLINT: either is a source
    Rm(const Mem& m) : mem(m), is_mem(true) {}  // NOLINT
    VReg reg = kNoVReg;
    Mem mem;
    bool is_mem = false;
  };

  // Operands.
  [[nodiscard]] bool avx() const { return s_.has(kCpuAvx); }
  [[nodiscard]] bool avx2() const { return s_.has(kCpuAvx2); }
  [[nodiscard]] bool avx512() const { return s_.has(kCpuAvx512); }
  VReg out();  ///< The result's register.
  VReg vec() { return s_.temp(RegClass::Vec, 16); }
  VReg arg(unsigned n) { return s_.reg(i_.arg(n)); }
  Rm rm(unsigned n);  ///< An operand as the last source: folded when it may be.
  [[nodiscard]] bool foldable(unsigned n) const;
  [[nodiscard]] bool is_mask(V value) const;

  // Instructions. The result is in d, or in a new register.
  VReg insn(VecOp op, std::initializer_list<Rm> sources, unsigned imm = 0, VReg d = kNoVReg);
  VReg un(VecOp op, const Rm& a, VReg d = kNoVReg) { return insn(op, {a}, 0, d); }
  VReg un(VecOp op, const Rm& a, unsigned imm, VReg d = kNoVReg) { return insn(op, {a}, imm, d); }
  VReg bin(VecOp op, VReg a, const Rm& b, VReg d = kNoVReg) { return insn(op, {a, b}, 0, d); }
  VReg bin(VecOp op, VReg a, const Rm& b, unsigned imm, VReg d = kNoVReg) {
    return insn(op, {a, b}, imm, d);
  }
  void copy(VReg from) { s_.emit(kMove, 16, {Selector::def(out()), Selector::use(from)}); }
  Rm literal(const V128& bits);                       ///< In memory.
  VReg constant(const V128& bits, VReg d = kNoVReg);  ///< In a register.
  VReg zero() { return constant(V128{}); }
  VReg ones() { return constant(splat_of<std::uint8_t>(0xFF)); }
  VReg to_vec(VReg number, unsigned bytes);  ///< From an integer register; the rest is zero.

  // Families; false: not one of it.
  bool rotate();
  bool logic();
  bool widen_twice();
  bool test_fused(Selector::Flags& flags);
  bool simple();
  bool compare();
  bool integer();
  bool shift();
  bool floating();
  bool convert();
  bool lane();
  bool widen();
  bool relaxed();
  bool memory();

  // Sequences.
  void invert(VReg a);
  VReg greater64(VReg a, VReg b, VReg d = kNoVReg);
  void multiply64();
  void absolute64();
  void shift8(bool left, bool is_signed);
  void shift64_signed();
  VReg shift_count(unsigned mask, unsigned plus = 0);
  void popcnt();
  void select_bits(VReg a, VReg b, VReg c, VReg d);
  void min_max(bool is_double, bool is_max);
  void trunc_sat_s();
  void trunc_sat_u();
  void convert_u();
  void splat(unsigned bytes, VReg low);
  void shuffle();
  void shuffle_one(VReg a, const Lanes& lanes);
  void shuffle_zero(VReg a, const Lanes& lanes);
  bool shuffle_two(VReg a, VReg b, const Lanes& lanes);
  VReg extend(unsigned n, unsigned from_bytes, bool high, bool is_signed, VReg d = kNoVReg);
  VReg dot8(VReg a, VReg b, VReg d);

  Selector& s_;
};

}  // namespace wasmrt::jit::x64
