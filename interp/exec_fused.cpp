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
  constexpr std::uint32_t form = variant / 2 % 8;
  constexpr bool p_slot = (form & 2) != 0;
  constexpr std::uint32_t outer = variant / 16 % 4;
  constexpr std::uint32_t inner = variant / 64;
  const T x = operand < T, (form & 4) != 0 ? K::S : K::R > (pc, sp, r, v, pc->a);
  T p;
  T q;
  if constexpr (p_slot) {
    p = slot<T>(sp, pc->b());
  } else {
    p = unaligned<T>(pc->wide());
  }
  if constexpr ((form & 1) != 0) {
    q = slot<T>(sp, pc->c());
  } else {
    q = unaligned<T>(pc->wide() + (p_slot ? 0 : 1));
  }
  const T t = apply<inner>(x, p);
  result<T, to_slot>(pc, sp, r, v, apply<outer>(t, q));
  WASMRT_NEXT((16 + 8 * static_cast<std::ptrdiff_t>(float_pair_imms(form))));
}

template <class T, std::uint32_t... variant>
void put_float_pairs(Handler* at, std::integer_sequence<std::uint32_t, variant...>) {
  ((at[variant] = float_pair<T, variant>), ...);
}

// --- counted loops ---

/// `near`: the distance back, where it is known.
template <auto fn, bool k_slot, bool y_slot, bool back, std::uint32_t near = 0>
TrapWord add_branch(WASMRT_REGS) {
  const auto* wide = reinterpret_cast<const std::uint32_t*>(pc->wide());
  std::uint32_t k = wide[0];
  if constexpr (k_slot) k = slot<std::uint32_t>(sp, static_cast<std::uint16_t>(k));
  const std::uint32_t x = slot<std::uint32_t>(sp, pc->a) + k;
  r = x;
  sp[pc->d] = x;
  std::uint32_t y = wide[1];
  if constexpr (y_slot) y = slot<std::uint32_t>(sp, static_cast<std::uint16_t>(y));
  if constexpr (near != 0) {
    if (fn(x, y) != 0) {
      pc = pc->at(-std::ptrdiff_t{near});
      WASMRT_ARRIVE(true);
    }
    WASMRT_NEXT(24);
  } else {
    WASMRT_BRANCH_IF(fn(x, y) != 0, 24);
  }
}

template <bool when, bool x_slot, bool back>
TrapWord and_branch(WASMRT_REGS) {
  const std::uint64_t x = x_slot ? sp[pc->a] : r;
  WASMRT_BRANCH_IF(((x & *pc->wide()) != 0) == when, 24);
}

template <auto fn, bool x_slot, bool y_slot, bool to_slot>
TrapWord select_cmp(WASMRT_REGS) {
  const auto* wide = reinterpret_cast<const std::uint32_t*>(pc->wide());
  const auto x = x_slot ? slot<std::uint32_t>(sp, pc->c()) : static_cast<std::uint32_t>(r);
  std::uint32_t y = wide[0];
  if constexpr (y_slot) y = slot<std::uint32_t>(sp, static_cast<std::uint16_t>(y));
  const std::uint64_t a = sp[pc->a];
  const std::uint64_t b = sp[pc->b()];
  r = fn(x, y) != 0 ? a : b;
  if constexpr (to_slot) sp[pc->d] = r;
  WASMRT_NEXT(24);
}

template <auto fn, std::uint32_t... near>
void fill_near(Handler* h, std::integer_sequence<std::uint32_t, near...>) {
  ((h[near] = add_branch<fn, false, false, true, near_distance(near)>), ...);
  ((h[kNearDistances + near] = add_branch<fn, false, true, true, near_distance(near)>), ...);
  ((h[2 * kNearDistances + near] = add_branch<fn, true, false, true, near_distance(near)>), ...);
  ((h[3 * kNearDistances + near] = add_branch<fn, true, true, true, near_distance(near)>), ...);
}
using NearDistances = std::make_integer_sequence<std::uint32_t, kNearDistances>;

template <Op op, auto fn>
void fill_compare(Handler* t) {
  constexpr std::uint32_t index = compare_index(op);
  Handler* h = t + handler_id(AddBranch, add_branch_variant(index, false, false, false));
  h[0] = add_branch<fn, false, false, false>;
  h[1] = add_branch<fn, false, false, true>;
  h[2] = add_branch<fn, false, true, false>;
  h[3] = add_branch<fn, false, true, true>;
  h[4] = add_branch<fn, true, false, false>;
  h[5] = add_branch<fn, true, false, true>;
  h[6] = add_branch<fn, true, true, false>;
  h[7] = add_branch<fn, true, true, true>;
  fill_near<fn>(t + handler_id(AddBranchNear, add_branch_near_variant(index, false, false, 0)),
                NearDistances());
  h = t + handler_id(SelectCmp, select_cmp_variant(index, false, false));
  h[0] = select_cmp<fn, false, false, false>;
  h[1] = select_cmp<fn, false, false, true>;
  h[2] = select_cmp<fn, false, true, false>;
  h[3] = select_cmp<fn, false, true, true>;
  h[4] = select_cmp<fn, true, false, false>;
  h[5] = select_cmp<fn, true, false, true>;
  h[6] = select_cmp<fn, true, true, false>;
  h[7] = select_cmp<fn, true, true, true>;
}

TrapWord copy_add(WASMRT_REGS) {
  sp[pc->d] = sp[pc->a];
  const std::uint32_t x =
      slot<std::uint32_t>(sp, pc->c()) + static_cast<std::uint32_t>(*pc->wide());
  r = x;
  sp[pc->b()] = x;
  WASMRT_NEXT(24);
}

template <bool a_slot>
TrapWord br_table_add(WASMRT_REGS) {
  const auto x = a_slot ? slot<std::uint32_t>(sp, pc->a) : static_cast<std::uint32_t>(r);
  aux = x + static_cast<std::uint32_t>(static_cast<std::int16_t>(pc->d));
  WASMRT_TABLE_JUMP(static_cast<std::uint32_t>(aux));
}

template <bool back, std::uint32_t near = 0>
TrapWord add_jump(WASMRT_REGS) {
  r = slot<std::uint32_t>(sp, pc->a) + static_cast<std::uint32_t>(*pc->wide());
  r = static_cast<std::uint32_t>(r);
  sp[pc->d] = r;
  pc = near != 0 ? pc->at(-std::ptrdiff_t{near}) : pc->target();
  WASMRT_ARRIVE(back);
}
template <std::uint32_t... near>
void fill_near_jumps(Handler* h, std::integer_sequence<std::uint32_t, near...>) {
  ((h[near] = add_jump<true, near_distance(near)>), ...);
}

template <bool back>
TrapWord copy_jump(WASMRT_REGS) {
  sp[pc->d] = sp[pc->a];
  pc = pc->target();
  WASMRT_ARRIVE(back);
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
  put_float_pairs<float>(t + PairF32, std::make_integer_sequence<std::uint32_t, 192>());
  put_float_pairs<double>(t + PairF64, std::make_integer_sequence<std::uint32_t, 192>());
  t[AddJump] = add_jump<false>;
  t[AddJump + 1] = add_jump<true>;
  fill_near_jumps(t + AddJumpNear, NearDistances());
  t[CopyJump] = copy_jump<false>;
  t[CopyJump + 1] = copy_jump<true>;
  t[Add2] = add2;
  t[CopyAdd] = copy_add;
  t[BrTableAdd] = br_table_add<false>;
  t[BrTableAdd + 1] = br_table_add<true>;
  t[AndBranch] = and_branch<false, false, false>;
  t[AndBranch + 1] = and_branch<false, false, true>;
  t[AndBranch + 2] = and_branch<false, true, false>;
  t[AndBranch + 3] = and_branch<false, true, true>;
  t[AndBranch + 4] = and_branch<true, false, false>;
  t[AndBranch + 5] = and_branch<true, false, true>;
  t[AndBranch + 6] = and_branch<true, true, false>;
  t[AndBranch + 7] = and_branch<true, true, true>;
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
}

}  // namespace wasmrt::interp
