// Copies, constants, globals, select, branches without comparison, references.
//
// Families of ops.def, in its order; the number of the variant is what ops.def says.
#include "interp/exec_forms.h"

namespace wasmrt::interp {
namespace {

// --- copies and constants ---

TrapWord copy_slot(WASMRT_REGS) {
  sp[pc->d] = sp[pc->a];
  WASMRT_NEXT(16);
}
TrapWord copy_vec(WASMRT_REGS) {
  const Vec x = slot<Vec>(sp, pc->a);
  std::memcpy(sp + pc->d, &x, 16);
  WASMRT_NEXT(16);
}
TrapWord copy_many(WASMRT_REGS) {
  std::uint64_t* const to = sp + pc->d;
  const std::uint64_t* const from = sp + pc->a;
  for (std::uint32_t i = 0; i < pc->w; ++i) to[i] = from[i];
  WASMRT_NEXT(16);
}
TrapWord copy2(WASMRT_REGS) {
  sp[pc->d] = sp[pc->a];
  sp[pc->b()] = sp[pc->c()];
  WASMRT_NEXT(16);
}
TrapWord slot_const32(WASMRT_REGS) {
  sp[pc->d] = pc->w;
  WASMRT_NEXT(16);
}
TrapWord slot_const64(WASMRT_REGS) {
  sp[pc->d] = *pc->wide();
  WASMRT_NEXT(24);
}
TrapWord store_acc(WASMRT_REGS) {
  sp[pc->d] = r;
  WASMRT_NEXT(16);
}
TrapWord store_acc_v(WASMRT_REGS) {
  sp[pc->d] = std::bit_cast<std::uint64_t>(v[0]);
  WASMRT_NEXT(16);
}
TrapWord store_acc_f32(WASMRT_REGS) {
  sp[pc->d] = std::bit_cast<std::uint32_t>(from_vec<float>(v));
  WASMRT_NEXT(16);
}
TrapWord store_acc_vec(WASMRT_REGS) {
  std::memcpy(sp + pc->d, &v, 16);
  WASMRT_NEXT(16);
}
TrapWord load_acc(WASMRT_REGS) {
  r = sp[pc->a];
  WASMRT_NEXT(16);
}
TrapWord load_acc_v(WASMRT_REGS) {
  v = to_vec(slot<double>(sp, pc->a));
  WASMRT_NEXT(16);
}
TrapWord load_acc_vec(WASMRT_REGS) {
  v = slot<Vec>(sp, pc->a);
  WASMRT_NEXT(16);
}
TrapWord acc_const(WASMRT_REGS) {
  r = *pc->wide();
  WASMRT_NEXT(24);
}
TrapWord acc_const_v(WASMRT_REGS) {
  v = to_vec(unaligned<double>(pc->wide()));
  WASMRT_NEXT(24);
}
template <bool to_slot>
TrapWord acc_const_vec(WASMRT_REGS) {
  v = unaligned<Vec>(pc->wide());
  if constexpr (to_slot) std::memcpy(sp + pc->d, &v, 16);
  WASMRT_NEXT(32);
}

// --- globals ---

template <bool to_slot>
TrapWord global_get(WASMRT_REGS) {
  r = ctx->globals[pc->w]->words[0];
  if constexpr (to_slot) sp[pc->d] = r;
  WASMRT_NEXT(16);
}
template <bool to_slot>
TrapWord global_get_v(WASMRT_REGS) {
  v = to_vec(unaligned<double>(ctx->globals[pc->w]->words));
  if constexpr (to_slot) sp[pc->d] = std::bit_cast<std::uint64_t>(v[0]);
  WASMRT_NEXT(16);
}
template <bool to_slot>
TrapWord global_get_vec(WASMRT_REGS) {
  v = unaligned<Vec>(ctx->globals[pc->w]->words);
  if constexpr (to_slot) std::memcpy(sp + pc->d, &v, 16);
  WASMRT_NEXT(16);
}
template <K k>
TrapWord global_set(WASMRT_REGS) {
  ctx->globals[pc->w]->words[0] = operand<std::uint64_t, k>(pc, sp, r, v, pc->a);
  WASMRT_NEXT(16);
}
template <K k>
TrapWord global_set_v(WASMRT_REGS) {
  ctx->globals[pc->w]->words[0] =
      std::bit_cast<std::uint64_t>(operand<double, k>(pc, sp, r, v, pc->a));
  WASMRT_NEXT(16);
}
template <K k>
TrapWord global_set_f32(WASMRT_REGS) {
  ctx->globals[pc->w]->words[0] =
      std::bit_cast<std::uint32_t>(operand<float, k>(pc, sp, r, v, pc->a));
  WASMRT_NEXT(16);
}
template <K k>
TrapWord global_set_vec(WASMRT_REGS) {
  Vec x = v;
  if constexpr (k == K::S) x = slot<Vec>(sp, pc->a);
  std::memcpy(ctx->globals[pc->w]->words, &x, 16);
  WASMRT_NEXT(16);
}

// --- select ---

template <class T, K ka, K kb, K kc, bool to_slot>
TrapWord select(WASMRT_REGS) {
  const T a = operand<T, ka>(pc, sp, r, v, pc->a);
  const T b = operand<T, kb>(pc, sp, r, v, pc->b());
  const auto c = operand<std::uint32_t, kc>(pc, sp, r, v, pc->c());
  result<T, to_slot>(pc, sp, r, v, c != 0 ? a : b);
  WASMRT_NEXT(16);
}

template <class T>
void fill_select(Handler* h) {
  h[0] = select<T, K::S, K::S, K::S, false>;
  h[1] = select<T, K::S, K::S, K::S, true>;
  h[2] = select<T, K::S, K::S, K::R, false>;
  h[3] = select<T, K::S, K::S, K::R, true>;
  h[4] = select<T, K::R, K::S, K::S, false>;
  h[5] = select<T, K::R, K::S, K::S, true>;
  h[6] = select<T, K::S, K::R, K::S, false>;
  h[7] = select<T, K::S, K::R, K::S, true>;
  if constexpr (kIsVec<T>) {
    h[8] = select<T, K::R, K::S, K::R, false>;
    h[9] = select<T, K::R, K::S, K::R, true>;
    h[10] = select<T, K::S, K::R, K::R, false>;
    h[11] = select<T, K::S, K::R, K::R, true>;
  }
}

// --- branches ---

template <bool back>
TrapWord br(WASMRT_REGS) {
  pc = pc->target();
  WASMRT_ARRIVE(back);
}
template <bool when, K k, bool back>
TrapWord br_if(WASMRT_REGS) {
  WASMRT_BRANCH_IF((operand<std::uint64_t, k>(pc, sp, r, v, pc->a) != 0) == when, 16);
}
template <K k>
TrapWord br_table(WASMRT_REGS) {
  WASMRT_TABLE_JUMP((operand<std::uint32_t, k>(pc, sp, r, v, pc->a)));
}

// --- references ---

template <bool to_slot>
TrapWord ref_func(WASMRT_REGS) {
  result<std::uint64_t, to_slot>(pc, sp, r, v, reinterpret_cast<std::uint64_t>(ctx->funcs[pc->w]));
  WASMRT_NEXT(16);
}
template <K k, bool to_slot>
TrapWord ref_as_non_null(WASMRT_REGS) {
  const auto x = operand<std::uint64_t, k>(pc, sp, r, v, pc->a);
  if (WASMRT_UNLIKELY(x == 0)) WASMRT_TRAP(NullReference);
  result<std::uint64_t, to_slot>(pc, sp, r, v, x);
  WASMRT_NEXT(16);
}

}  // namespace

void fill_control(Handler* t) {
  t[CopySlot] = copy_slot;
  t[CopyVec] = copy_vec;
  t[CopyMany] = copy_many;
  t[Copy2] = copy2;
  t[SlotConst32] = slot_const32;
  t[SlotConst64] = slot_const64;
  t[StoreAcc] = store_acc;
  t[StoreAccV] = store_acc_v;
  t[StoreAccV + 1] = store_acc_f32;
  t[StoreAccVec] = store_acc_vec;
  t[LoadAcc] = load_acc;
  t[LoadAccV] = load_acc_v;
  t[LoadAccVec] = load_acc_vec;
  t[AccConst] = acc_const;
  t[AccConstV] = acc_const_v;
  t[AccConstVec] = acc_const_vec<false>;
  t[AccConstVec + 1] = acc_const_vec<true>;
  t[GlobalGet] = global_get<false>;
  t[GlobalGet + 1] = global_get<true>;
  t[GlobalGetV] = global_get_v<false>;
  t[GlobalGetV + 1] = global_get_v<true>;
  t[GlobalGetVec] = global_get_vec<false>;
  t[GlobalGetVec + 1] = global_get_vec<true>;
  t[GlobalSet] = global_set<K::R>;
  t[GlobalSet + 1] = global_set<K::S>;
  t[GlobalSetV] = global_set_v<K::R>;
  t[GlobalSetV + 1] = global_set_v<K::S>;
  t[GlobalSetV + 2] = global_set_f32<K::R>;
  t[GlobalSetV + 3] = global_set_f32<K::S>;
  t[GlobalSetVec] = global_set_vec<K::R>;
  t[GlobalSetVec + 1] = global_set_vec<K::S>;
  fill_select<std::uint64_t>(t + Select);
  fill_select<double>(t + SelectV);
  fill_select<float>(t + SelectF32);
  fill_select<V128>(t + SelectVec);
  t[Br] = br<false>;
  t[Br + 1] = br<true>;
  t[BrIf] = br_if<true, K::R, false>;
  t[BrIf + 1] = br_if<true, K::R, true>;
  t[BrIf + 2] = br_if<true, K::S, false>;
  t[BrIf + 3] = br_if<true, K::S, true>;
  t[BrIfNot] = br_if<false, K::R, false>;
  t[BrIfNot + 1] = br_if<false, K::R, true>;
  t[BrIfNot + 2] = br_if<false, K::S, false>;
  t[BrIfNot + 3] = br_if<false, K::S, true>;
  t[BrTable] = br_table<K::R>;
  t[BrTable + 1] = br_table<K::S>;
  t[RefFunc] = ref_func<false>;
  t[RefFunc + 1] = ref_func<true>;
  t[RefAsNonNull] = ref_as_non_null<K::R, false>;
  t[RefAsNonNull + 1] = ref_as_non_null<K::R, true>;
  t[RefAsNonNull + 2] = ref_as_non_null<K::S, false>;
  t[RefAsNonNull + 3] = ref_as_non_null<K::S, true>;
}

}  // namespace wasmrt::interp
