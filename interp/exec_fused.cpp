// Superinstructions of floats, loops and copies; see fused.h for their numbers.
#include "interp/fused.h"
#include "interp/machine.h"
#include "interp/op_facts.h"
#include "libwasmrt/wasm/semantics_int.h"

namespace wasmrt::interp {
namespace {

// --- (x op1 p) op2 q on floats: each rounds, as the two instructions would ---

template <std::uint32_t op, class T>
inline T apply(T a, T b) {
  if constexpr (op == 0) return a + b;
  if constexpr (op == 1) return a - b;
  if constexpr (op == 2) return a * b;
  if constexpr (op == kFloatRSub) return b - a;
}

template <class T, std::uint32_t variant>
TrapWord float_pair(WASMRT_REGS) {
  constexpr bool to_slot = variant % 2 != 0;
  constexpr bool x_slot = (variant / 2) % 2 != 0;
  constexpr std::uint32_t outer = (variant / 4) % 4;
  constexpr std::uint32_t inner = variant / 16;
  const T x = operand<T, x_slot ? K::S : K::R>(pc, sp, r, v, pc->a);
  const T t = apply<inner>(x, slot<T>(sp, pc->b()));
  result<T, to_slot>(pc, sp, r, v, apply<outer>(t, slot<T>(sp, pc->c())));
  WASMRT_NEXT(16);
}

template <class T, std::uint32_t... variant>
void put_float_pairs(Handler* at, std::integer_sequence<std::uint32_t, variant...>) {
  ((at[variant] = float_pair<T, variant>), ...);
}

// --- counted loops ---

template <auto fn, bool y_slot, bool back>
TrapWord add_branch(WASMRT_REGS) {
  const auto* k = reinterpret_cast<const std::uint32_t*>(pc->wide());
  const std::uint32_t x = slot<std::uint32_t>(sp, pc->a) + k[0];
  r = x;
  sp[pc->d] = x;
  std::uint32_t y = k[1];
  if constexpr (y_slot) y = slot<std::uint32_t>(sp, static_cast<std::uint16_t>(y));
  if (fn(x, y) != 0) {
    pc = pc->target();
    if constexpr (back) {
      if (WASMRT_UNLIKELY(ctx->interrupt.load(std::memory_order_relaxed) != 0)) {
        WASMRT_JUMP(do_poll);
      }
    }
    WASMRT_DISPATCH();
  }
  WASMRT_NEXT(24);
}

template <Op op, auto fn>
void fill_add_branch(Handler* t) {
  if constexpr (is_compare2(op) && compare_index(op) < 10) {
    Handler* h = t + handler_id(AddBranch, add_branch_variant(compare_index(op), false, false));
    h[0] = add_branch<fn, false, false>;
    h[1] = add_branch<fn, false, true>;
    h[2] = add_branch<fn, true, false>;
    h[3] = add_branch<fn, true, true>;
  }
}

template <bool back>
TrapWord add_jump(WASMRT_REGS) {
  r = slot<std::uint32_t>(sp, pc->a) + static_cast<std::uint32_t>(*pc->wide());
  r = static_cast<std::uint32_t>(r);
  sp[pc->d] = r;
  pc = pc->target();
  if (back && WASMRT_UNLIKELY(ctx->interrupt.load(std::memory_order_relaxed) != 0)) {
    WASMRT_JUMP(do_poll);
  }
  WASMRT_DISPATCH();
}

template <bool back>
TrapWord copy_jump(WASMRT_REGS) {
  sp[pc->d] = sp[pc->a];
  pc = pc->target();
  if (back && WASMRT_UNLIKELY(ctx->interrupt.load(std::memory_order_relaxed) != 0)) {
    WASMRT_JUMP(do_poll);
  }
  WASMRT_DISPATCH();
}

TrapWord add2(WASMRT_REGS) {
  const auto* k = reinterpret_cast<const std::uint32_t*>(pc->wide());
  const std::uint32_t x = slot<std::uint32_t>(sp, pc->a) + k[0];
  sp[pc->d] = x;
  const std::uint32_t y = slot<std::uint32_t>(sp, pc->c()) + k[1];
  sp[pc->b()] = y;
  r = y;
  WASMRT_NEXT(24);
}

}  // namespace

void fill_fused(Handler* t) {
  put_float_pairs<float>(t + PairF32, std::make_integer_sequence<std::uint32_t, 48>());
  put_float_pairs<double>(t + PairF64, std::make_integer_sequence<std::uint32_t, 48>());
  t[AddJump] = add_jump<false>;
  t[AddJump + 1] = add_jump<true>;
  t[CopyJump] = copy_jump<false>;
  t[CopyJump + 1] = copy_jump<true>;
  t[Add2] = add2;
  fill_add_branch<Op::I32Eq, sem::i32_eq>(t);
  fill_add_branch<Op::I32Ne, sem::i32_ne>(t);
  fill_add_branch<Op::I32LtS, sem::i32_lt_s>(t);
  fill_add_branch<Op::I32LtU, sem::i32_lt_u>(t);
  fill_add_branch<Op::I32GtS, sem::i32_gt_s>(t);
  fill_add_branch<Op::I32GtU, sem::i32_gt_u>(t);
  fill_add_branch<Op::I32LeS, sem::i32_le_s>(t);
  fill_add_branch<Op::I32LeU, sem::i32_le_u>(t);
  fill_add_branch<Op::I32GeS, sem::i32_ge_s>(t);
  fill_add_branch<Op::I32GeU, sem::i32_ge_u>(t);
}

}  // namespace wasmrt::interp
