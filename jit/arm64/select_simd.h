// Selection of vector instructions: one Wasm op becomes one or more instructions of vec_ops.def.
//
// In: a Simd*, SimdLoad*, SimdStoreLane or ConstV128 instruction. Out: its sequence, on virtual
// registers. Guaranteed: results equal those of semantics_simd*.h in every bit but a NaN's payload;
// relaxed ops make their deterministic choice, with rounding after each step, so that all engines
// and machines agree.
#pragma once

#include <initializer_list>

#include "jit/arm64/select.h"
#include "jit/arm64/vec_ops.h"
#include "jit/lower/vector_selection.h"

namespace wasmrt::jit::arm64 {

class VectorSelector : private VectorSelection {
 public:
  using V = ir::ValueId;

  VectorSelector(Selector& selector, V v);
  bool run();
  /// v128.any_true and iNxM.all_true as a number that is not zero; nobody needs the result itself.
  Selector::Flags test();

 private:
  // Operands.
  VReg out();  ///< The result's register.
  VReg vec() { return s_.temp(RegClass::Vec, 16); }
  VReg arg(unsigned n) { return s_.reg(i_.arg(n)); }

  // Instructions. The result is in d, or in a new register.
  VReg insn(VecOp op, std::initializer_list<VReg> sources, unsigned imm = 0, VReg d = kNoVReg);
  VReg un(VecOp op, VReg a, VReg d = kNoVReg) { return insn(op, {a}, 0, d); }
  VReg bin(VecOp op, VReg a, VReg b, VReg d = kNoVReg) { return insn(op, {a, b}, 0, d); }
  void copy(VReg from) { s_.emit(kMove, 16, {Selector::def(out()), Selector::use(from)}); }
  VReg constant(const V128& bits, VReg d = kNoVReg);
  VReg number();  ///< A new integer register.
  VReg from_vec(VReg a, unsigned bytes, VReg d);

  // Families; false: not one of it.
  bool rotate();
  bool accumulate();
  bool logic();
  bool simple();
  bool compare();
  bool integer();
  bool shift();
  bool floating();
  bool convert();
  bool lane();
  bool relaxed();
  bool memory();

  // Sequences.
  void multiply64();
  void select_bits(V a, V b, V c);
  VReg nonzero_test(VReg d);
  void bitmask(unsigned bytes);
  void shuffle();
  void shuffle_one(VReg a, const Lanes& lanes);
  bool shuffle_two(VReg a, VReg b, const Lanes& lanes);
  VReg dot8(VReg a, VReg b, VReg d);

  Selector& s_;
};

}  // namespace wasmrt::jit::arm64
