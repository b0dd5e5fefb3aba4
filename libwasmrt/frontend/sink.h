// What a user of the body walker implements: a sink.
//
// The walker (body_walker.h) decodes and validates; a sink turns what it is told into code, text or
// nothing. A sink trusts: every index is in range, every operand has its type, and it is called
// for reachable instructions only. It holds no type error path.
//
// Order of calls for one function:
//   begin(state)              locals are known; nothing was decoded yet
//   one call per reachable instruction (none for nop); in front of it before_instruction(), where a
//   sink has that: nothing but the offset is known then, and false ends the walk
//   on_end(frame) of FrameKind::Function, then finish()
//
// State during a call. Operands were checked, popped, and results were pushed already: the
// walker's operand stack (state.height(), state.operand(d)) shows the stack *after* the
// instruction. The exceptions are the calls that end or split control, where the stack is shown
// with the values that travel along the branch still on it:
//   on_br, on_br_if, on_br_table, on_return     condition or index popped, label operands on top
//   on_end, on_else                             results on top if frame.fallthrough_live
//   on_return_call*                             arguments (and callee) popped, nothing pushed
//   on_br_on_null                               the reference popped, label operands on top
//   on_br_on_non_null                           the reference on top, as the label wants it
// Operand types a sink needs for sizes come as arguments (on_drop, on_select, ...).
//
// Reachability. After br, br_table, return, unreachable, throw and tail calls nothing is reachable
// until the `else` or `end` of the innermost frame that the sink was told about. (A `return` is not
// counted as a branch to the function's label; a `br` to it is.) Blocks that begin
// in unreachable code are not announced, nor are their else and end. A frame that was announced
// always gets its on_end, and on_else if it has an `else`, reachable or not:
//   on_else(f)   f.fallthrough_live: whether the then-part runs to its end. Afterwards the
//   else-part
//                is reachable; the operand stack is f.height plus the frame's parameters.
//   on_end(f)    f.fallthrough_live: as above for the last part. f.branched_to: a reachable branch
//                leads to the label, or the then-part of an `if` with `else` runs to its end.
//                f.end_live: what follows is reachable (fallthrough, or a branch to the end of a
//                block/if/function, or an `if` without `else`, whose parameters are then its
//                results on the untaken path). Afterwards the operand stack is f.height plus the
//                results, whatever stood on it: a translator drops its own stack to that. When
//                !f.end_live a translator stays quiet until the next announcement.
// Depths: a label depth counts announced frames only, since everything around reachable code is.
//
// Every method is called on the thread that walks; a sink is used by one walker at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include "libwasmrt/frontend/body_control.h"
#include "libwasmrt/frontend/imm.h"

namespace wasmrt {

/// The requirements; SinkBase supplies all of them with fallbacks, so derive from it.
template <class S>
concept Sink = requires(S s, const BodyState& state, const ControlFrame& frame, Op op,
                        const Imm& imm, std::uint32_t n, ValType t, const FuncType& ft) {
  // True for a sink that wants nothing at all: the walker then leaves out all calls.
  { S::kNull } -> std::convertible_to<bool>;

  s.begin(state);  // state stays valid and current until finish()
  s.finish();

  // Control. `frame` is state.frame(0).
  s.on_block(frame);  // just pushed; its parameters are on the stack, above frame.height
  s.on_loop(frame);   // the same
  s.on_if(frame);     // the same; the condition was popped
  s.on_else(frame);   // see above; frame.kind is still If
  s.on_end(frame);    // see above; frame is popped afterwards
  s.on_br(n);         // depth
  s.on_br_if(n);
  s.on_br_table(imm);  // imm.targets()
  s.on_return();
  s.on_unreachable();
  s.on_br_on_null(n, t);  // t: type of the reference
  s.on_br_on_non_null(n, t);

  // Calls. Arguments popped, results pushed. ft is the callee's type.
  s.on_call(FuncIdx{n}, ft);
  s.on_call_indirect(TypeIdx{n}, TableIdx{n}, ft);
  s.on_call_ref(TypeIdx{n}, ft);
  s.on_return_call(FuncIdx{n}, ft);
  s.on_return_call_indirect(TypeIdx{n}, TableIdx{n}, ft);
  s.on_return_call_ref(TypeIdx{n}, ft);

  // Variables and parametric.
  s.on_local_get(n, t);
  s.on_local_set(n, t);
  s.on_local_tee(n, t);
  s.on_global_get(GlobalIdx{n}, t);
  s.on_global_set(GlobalIdx{n}, t);
  s.on_drop(t);
  s.on_select(t);

  // Everything else by family (OpKind). The fields of imm: imm.h.
  s.on_const(op, imm);
  s.on_unary(op, imm);
  s.on_binary(op, imm);
  s.on_compare(op, imm);
  s.on_convert(op, imm);
  s.on_trapping(op, imm);
  s.on_simd(op, imm);
  s.on_simd_lane(op, imm);
  s.on_wide_arith(op, imm);
  s.on_load(op, imm);
  s.on_store(op, imm);
  s.on_simd_load(op, imm);
  s.on_simd_store(op, imm);
  s.on_memory(op, imm);  // size grow fill copy init, data.drop
  s.on_table(op, imm);   // get set size grow fill copy init, elem.drop
  s.on_ref(op, imm,
           t);  // null is_null func as_non_null; t: type of the operand, else of the result

  // Not executable yet (state.not_executable() is set by the walker when it meets one).
  s.on_gc(op, imm);
  s.on_exception(op, imm);     // throw, throw_ref
  s.on_try_table(frame, imm);  // opens a frame like on_block; imm.catches()
  s.on_atomic(op, imm);
};

/// Fallbacks: families fall back to broader ones and finally to nothing. CRTP, so that a sink that
/// overrides on_numeric gets all of arithmetic without a virtual call.
template <class Derived>
struct SinkBase {
  static constexpr bool kNull = false;

  void begin(const BodyState&) {}
  void finish() {}

  void on_block(const ControlFrame&) {}
  void on_loop(const ControlFrame&) {}
  void on_if(const ControlFrame&) {}
  void on_else(const ControlFrame&) {}
  void on_end(const ControlFrame&) {}
  void on_br(std::uint32_t) {}
  void on_br_if(std::uint32_t) {}
  void on_br_table(const Imm&) {}
  void on_return() {}
  void on_unreachable() {}
  void on_br_on_null(std::uint32_t, ValType) {}
  void on_br_on_non_null(std::uint32_t, ValType) {}

  void on_call(FuncIdx, const FuncType&) {}
  void on_call_indirect(TypeIdx, TableIdx, const FuncType&) {}
  void on_call_ref(TypeIdx, const FuncType&) {}
  void on_return_call(FuncIdx, const FuncType&) {}
  void on_return_call_indirect(TypeIdx, TableIdx, const FuncType&) {}
  void on_return_call_ref(TypeIdx, const FuncType&) {}

  void on_local_get(std::uint32_t, ValType) {}
  void on_local_set(std::uint32_t, ValType) {}
  void on_local_tee(std::uint32_t, ValType) {}
  void on_global_get(GlobalIdx, ValType) {}
  void on_global_set(GlobalIdx, ValType) {}
  void on_drop(ValType) {}
  void on_select(ValType) {}

  void on_numeric(Op, const Imm&) {}
  void on_const(Op op, const Imm& imm) { self().on_numeric(op, imm); }
  void on_unary(Op op, const Imm& imm) { self().on_numeric(op, imm); }
  void on_binary(Op op, const Imm& imm) { self().on_numeric(op, imm); }
  void on_compare(Op op, const Imm& imm) { self().on_numeric(op, imm); }
  void on_convert(Op op, const Imm& imm) { self().on_numeric(op, imm); }
  void on_trapping(Op op, const Imm& imm) { self().on_numeric(op, imm); }
  void on_simd(Op op, const Imm& imm) { self().on_numeric(op, imm); }
  void on_simd_lane(Op op, const Imm& imm) { self().on_simd(op, imm); }
  void on_wide_arith(Op op, const Imm& imm) { self().on_numeric(op, imm); }

  void on_load(Op, const Imm&) {}
  void on_store(Op, const Imm&) {}
  void on_simd_load(Op op, const Imm& imm) { self().on_load(op, imm); }
  void on_simd_store(Op op, const Imm& imm) { self().on_store(op, imm); }
  void on_memory(Op, const Imm&) {}
  void on_table(Op, const Imm&) {}
  void on_ref(Op, const Imm&, ValType) {}

  void on_gc(Op, const Imm&) {}
  void on_exception(Op, const Imm&) {}
  void on_try_table(const ControlFrame&, const Imm&) {}
  void on_atomic(Op, const Imm&) {}

 protected:
  Derived& self() { return static_cast<Derived&>(*this); }
};

/// The sink of the validator: wants nothing.
struct NullSink : SinkBase<NullSink> {
  static constexpr bool kNull = true;
};

static_assert(Sink<NullSink>);

}  // namespace wasmrt
