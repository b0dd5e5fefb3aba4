// Superinstructions that move, compute and branch without memory; see fused.h for their numbers.
#include "interp/exec_forms.h"
#include "interp/fused.h"
#include "interp/op_facts.h"
#include "libwasmrt/wasm/semantics_int.h"

namespace wasmrt::interp {
namespace {

inline const std::uint32_t* halves(const Ins* pc) {
  return reinterpret_cast<const std::uint32_t*>(pc->wide());
}
inline std::uint32_t short_const(std::uint16_t x) {
  return static_cast<std::uint32_t>(static_cast<std::int16_t>(x));
}
inline std::uint32_t slot32(const std::uint64_t* sp, std::uint32_t index) {
  return slot<std::uint32_t>(sp, static_cast<std::uint16_t>(index));
}

// --- moves ---

TrapWord copy4(WASMRT_REGS) {
  const std::uint64_t more = *pc->wide();
  sp[pc->d] = sp[pc->a];
  sp[pc->b()] = sp[pc->c()];
  sp[more & 0xFFFF] = sp[more >> 16 & 0xFFFF];
  sp[more >> 32 & 0xFFFF] = sp[more >> 48];
  WASMRT_NEXT(24);
}
TrapWord copy_const(WASMRT_REGS) {
  sp[pc->d] = sp[pc->a];
  sp[pc->b()] = short_const(pc->c());
  WASMRT_NEXT(16);
}
TrapWord const2(WASMRT_REGS) {
  sp[pc->d] = short_const(pc->a);
  sp[pc->b()] = short_const(pc->c());
  WASMRT_NEXT(16);
}

// --- values ---

template <auto fn, bool x_slot, bool y_slot, bool to_slot>
TrapWord compare_add(WASMRT_REGS) {
  using T = typename SigOf<fn>::Arg0;
  const T x = operand < T, x_slot ? K::S : K::R > (pc, sp, r, v, pc->a);
  T y;
  if constexpr (y_slot) {
    y = slot<T>(sp, pc->b());
  } else {
    y = unaligned<T>(pc->wide());
  }
  const T sum = static_cast<T>(slot<T>(sp, pc->c()) + (fn(x, y) != 0 ? 1 : 0));
  result<T, to_slot>(pc, sp, r, v, sum);
  WASMRT_NEXT(24);
}

// --- branches ---

template <auto fn, bool x_slot, bool back>
TrapWord mask_branch(WASMRT_REGS) {
  const auto x = x_slot ? slot<std::uint32_t>(sp, pc->a) : static_cast<std::uint32_t>(r);
  const std::uint32_t masked = (x + halves(pc)[0]) & halves(pc)[1];
  r = masked;
  sp[pc->d] = masked;
  WASMRT_BRANCH_IF(fn(masked, halves(pc)[2]) != 0, 32);
}

constexpr std::uint32_t always(std::uint32_t, std::uint32_t) { return 1; }

template <auto fn, std::uint32_t variant>
TrapWord add2_branch(WASMRT_REGS) {
  constexpr bool back = variant % 2 != 0;
  constexpr bool y_slot = variant / 2 % 2 != 0;
  constexpr bool k_slot = variant / 4 % 2 != 0;
  constexpr auto first = static_cast<FirstMove>(variant / 8);
  const std::uint32_t* wide = halves(pc);
  if constexpr (first == FirstMove::Add) {
    sp[pc->d] = static_cast<std::uint32_t>(slot32(sp, pc->a) + wide[0]);
  } else if constexpr (first == FirstMove::AddR) {
    sp[pc->d] = static_cast<std::uint32_t>(slot32(sp, pc->a) + static_cast<std::uint32_t>(r));
  } else {
    sp[pc->d] = sp[pc->a];
  }
  const std::uint32_t l = k_slot ? slot32(sp, wide[1]) : wide[1];
  const std::uint32_t x = slot32(sp, wide[2] >> 16) + l;
  r = x;
  sp[wide[2] & 0xFFFF] = x;
  const std::uint32_t y = y_slot ? slot32(sp, wide[3]) : wide[3];
  WASMRT_BRANCH_IF(fn(x, y) != 0, 32);
}

template <auto fn, std::uint32_t variant>
TrapWord move_branch(WASMRT_REGS) {
  constexpr bool back = variant % 2 != 0;
  constexpr bool y_slot = variant / 2 % 2 != 0;
  constexpr bool x_slot = variant / 4 % 2 != 0;
  constexpr bool constant = variant / 8 != 0;
  if constexpr (constant) {
    sp[pc->d] = short_const(pc->a);
  } else {
    sp[pc->d] = sp[pc->a];
  }
  const std::uint32_t x = x_slot ? slot32(sp, halves(pc)[1]) : static_cast<std::uint32_t>(r);
  const std::uint32_t y = y_slot ? slot32(sp, halves(pc)[0]) : halves(pc)[0];
  WASMRT_BRANCH_IF(fn(x, y) != 0, 24);
}

// --- tables ---

template <auto fn, std::uint32_t... variant>
void put_add2(Handler* h, std::integer_sequence<std::uint32_t, variant...>) {
  ((h[variant] = add2_branch<fn, variant>), ...);
}
template <auto fn, std::uint32_t... variant>
void put_move(Handler* h, std::integer_sequence<std::uint32_t, variant...>) {
  ((h[variant] = move_branch<fn, variant>), ...);
}

template <Op op, auto fn>
void fill_compare(Handler* t) {
  constexpr std::uint32_t index = compare_index(op);
  Handler* h = t + handler_id(CompareAdd, compare_add_variant(index, false, false));
  h[0] = compare_add<fn, false, false, false>;
  h[1] = compare_add<fn, false, false, true>;
  h[2] = compare_add<fn, false, true, false>;
  h[3] = compare_add<fn, false, true, true>;
  h[4] = compare_add<fn, true, false, false>;
  h[5] = compare_add<fn, true, false, true>;
  h[6] = compare_add<fn, true, true, false>;
  h[7] = compare_add<fn, true, true, true>;
  if constexpr (op <= Op::I32GeU) {
    h = t + handler_id(MaskBranch, mask_branch_variant(index, false, false));
    h[0] = mask_branch<fn, false, false>;
    h[1] = mask_branch<fn, false, true>;
    h[2] = mask_branch<fn, true, false>;
    h[3] = mask_branch<fn, true, true>;
    put_add2<fn>(t + Add2Branch + index * 24, std::make_integer_sequence<std::uint32_t, 24>());
    put_move<fn>(t + MoveBranch + index * 16, std::make_integer_sequence<std::uint32_t, 16>());
  }
}

}  // namespace

void fill_fused_branch(Handler* t) {
  t[Copy4] = copy4;
  t[CopyConst] = copy_const;
  t[Const2] = const2;
  fill_compare<Op::I32Eq, sem::i32_eq>(t);
  fill_compare<Op::I32Ne, sem::i32_ne>(t);
  fill_compare<Op::I32LtS, sem::i32_lt_s>(t);
  fill_compare<Op::I32LtU, sem::i32_lt_u>(t);
  fill_compare<Op::I32GtS, sem::i32_gt_s>(t);
  fill_compare<Op::I32GtU, sem::i32_gt_u>(t);
  fill_compare<Op::I32LeS, sem::i32_le_s>(t);
  fill_compare<Op::I32LeU, sem::i32_le_u>(t);
  fill_compare<Op::I32GeS, sem::i32_ge_s>(t);
  fill_compare<Op::I32GeU, sem::i32_ge_u>(t);
  fill_compare<Op::I64Eq, sem::i64_eq>(t);
  fill_compare<Op::I64Ne, sem::i64_ne>(t);
  fill_compare<Op::I64LtS, sem::i64_lt_s>(t);
  fill_compare<Op::I64LtU, sem::i64_lt_u>(t);
  fill_compare<Op::I64GtS, sem::i64_gt_s>(t);
  fill_compare<Op::I64GtU, sem::i64_gt_u>(t);
  fill_compare<Op::I64LeS, sem::i64_le_s>(t);
  fill_compare<Op::I64LeU, sem::i64_le_u>(t);
  fill_compare<Op::I64GeS, sem::i64_ge_s>(t);
  fill_compare<Op::I64GeU, sem::i64_ge_u>(t);
  put_add2<always>(t + Add2Branch + kAlways * 24, std::make_integer_sequence<std::uint32_t, 24>());
}

}  // namespace wasmrt::interp
