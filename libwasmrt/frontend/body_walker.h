// BodyWalker: decodes and validates one function body and tells a sink what it means.
//
// In: a decoded module, a function index, a Sink (sink.h says when which method is called). Out:
// success, or the first failure by position. The commonest instructions are handled here, inline,
// from a table made of opcodes.def; the rest goes through step() to the checks in body_*.cpp. With
// the null sink nothing but validation remains. One walker serves many functions, one at a time.
#pragma once

#include <array>

#include <wasmrt/result.hpp>

#include "libwasmrt/frontend/body_control.h"
#include "libwasmrt/frontend/fast_ops.h"
#include "libwasmrt/frontend/report.h"
#include "libwasmrt/frontend/sink.h"

namespace wasmrt {

template <Sink S>
class BodyWalker : private BodyState {
 public:
  BodyWalker(const DecodedModule& module, S& sink)
      : BodyState(module), sink_(sink), fast_(fast_table(module.features)) {
    if (!module.memories.empty()) memory0_ = memory_address(0);
  }

  /// Walks a function that the module defines.
  Result<void> walk(FuncIdx function) {
    if (walk_quietly(function)) return {};
    return make_error(failure(), &module_, function);
  }
  /// The same without making the text of an error.
  bool walk_quietly(FuncIdx function) {
    if (!enter(function)) return false;
    sink_.begin(static_cast<const BodyState&>(*this));
    if (!run()) return false;
    sink_.finish();
    return true;
  }
  [[nodiscard]] const Failure& failure() const { return reader_.failure(); }
  [[nodiscard]] const BodyState& state() const { return *this; }
  using BodyState::note_tables;

 private:
  bool run();
  bool step(std::uint8_t byte);
  bool step_control(Op op, const Imm& imm);
  bool step_call(Op op, const Imm& imm);
  void tell(Op op, OpKind kind, const Imm& imm);
  void not_executable_here(Op op) {
    if (!not_executable_.has_value()) not_executable_ = NotExecutable{op, offset()};
  }
  /// Whether the sink is to be told about the current instruction.
  [[nodiscard]] bool telling() const {
    if constexpr (S::kNull) return false;
    return live_;
  }

  S& sink_;
  const FastTable& fast_;
  ValType memory0_ = kBottom;  // address type of memory 0; kBottom when there is none
};

// The sink's method of a family whose instructions carry no more than an Imm.
template <Sink S>
void BodyWalker<S>::tell(Op op, OpKind kind, const Imm& imm) {
  switch (kind) {
    case OpKind::Const: return sink_.on_const(op, imm);
    case OpKind::Unary: return sink_.on_unary(op, imm);
    case OpKind::Binary: return sink_.on_binary(op, imm);
    case OpKind::Compare: return sink_.on_compare(op, imm);
    case OpKind::Convert: return sink_.on_convert(op, imm);
    case OpKind::Trapping: return sink_.on_trapping(op, imm);
    case OpKind::Simd: return sink_.on_simd(op, imm);
    case OpKind::SimdLane: return sink_.on_simd_lane(op, imm);
    case OpKind::WideArith: return sink_.on_wide_arith(op, imm);
    case OpKind::Load: return sink_.on_load(op, imm);
    case OpKind::Store: return sink_.on_store(op, imm);
    case OpKind::SimdLoad: return sink_.on_simd_load(op, imm);
    case OpKind::SimdStore: return sink_.on_simd_store(op, imm);
    case OpKind::Memory: return sink_.on_memory(op, imm);
    case OpKind::Table: return sink_.on_table(op, imm);
    case OpKind::Gc: return sink_.on_gc(op, imm);
    case OpKind::Exception: return sink_.on_exception(op, imm);
    case OpKind::Atomic: return sink_.on_atomic(op, imm);
    case OpKind::Control:
    case OpKind::Call:
    case OpKind::Parametric:
    case OpKind::Variable:
    case OpKind::Ref: return;  // have methods of their own
  }
}

}  // namespace wasmrt

#include "libwasmrt/frontend/body_walker_run.inc"
#include "libwasmrt/frontend/body_walker_step.inc"
