// Handlers of Pair32 and Pair64 from one template; see fused.h.
#pragma once

#include <utility>

#include "interp/fused.h"
#include "interp/machine.h"

namespace wasmrt::interp {

template <PairOp op, class T>
inline T pair_apply(T a, T b) {
  using S = std::make_signed_t<T>;
  constexpr T kMask = sizeof(T) * 8 - 1;
  if constexpr (op == PairOp::Add) return a + b;
  if constexpr (op == PairOp::Sub) return a - b;
  if constexpr (op == PairOp::Mul) return a * b;
  if constexpr (op == PairOp::And) return a & b;
  if constexpr (op == PairOp::Or) return a | b;
  if constexpr (op == PairOp::Xor) return a ^ b;
  if constexpr (op == PairOp::Shl) return a << (b & kMask);
  if constexpr (op == PairOp::ShrU) return a >> (b & kMask);
  if constexpr (op == PairOp::ShrS) return static_cast<T>(static_cast<S>(a) >> (b & kMask));
  if constexpr (op == PairOp::Rotl) return std::rotl(a, static_cast<int>(b & kMask));
}

template <std::uint32_t outer, class T>
inline T pair_outer(T t, T q) {
  if constexpr (outer == kOuterRSub) return pair_apply<PairOp::Sub>(q, t);
  if constexpr (outer == kOuterRotl) return pair_apply<PairOp::Rotl>(t, q);
  if constexpr (outer < kOuterRSub) return pair_apply<static_cast<PairOp>(outer)>(t, q);
}

/// Two immediates that do not fit half a word each.
template <std::uint32_t variant>
TrapWord pair_wide(WASMRT_REGS) {
  constexpr bool to_slot = variant % 2 != 0;
  constexpr K kx = variant / 2 % 2 != 0 ? K::S : K::R;
  constexpr std::uint32_t outer = variant / 4 % kPairOuter;
  constexpr auto inner = static_cast<PairOp>(variant / 4 / kPairOuter);
  const auto x = operand<std::uint64_t, kx>(pc, sp, r, v, pc->a);
  const std::uint64_t t = pair_apply<inner>(x, pc->wide()[0]);
  result<std::uint64_t, to_slot>(pc, sp, r, v, pair_outer<outer>(t, pc->wide()[1]));
  WASMRT_NEXT(32);
}

template <class T, std::uint32_t variant>
TrapWord pair(WASMRT_REGS) {
  constexpr bool to_slot = variant % 2 != 0;
  constexpr std::uint32_t form = variant / 2 % kPairForms;
  constexpr bool q_in_r = form >= kPairQInR;
  constexpr bool q_slot = !q_in_r && form % 2 != 0;
  constexpr bool p_slot = q_in_r ? form != kPairQInR : form / 2 % 2 != 0;
  constexpr bool x_slot = q_in_r || form / 4 != 0;
  constexpr std::uint32_t outer = variant / 2 / kPairForms % kPairOuter;
  constexpr auto inner = static_cast<PairOp>(variant / 2 / kPairForms / kPairOuter);
  const auto acc = from_word<T>(r);
  T x = acc;
  if constexpr (x_slot) x = slot<T>(sp, pc->a);
  T p;
  T q = acc;
  if constexpr (p_slot) {
    p = slot<T>(sp, pc->b());
  } else if constexpr (q_slot || q_in_r) {
    p = unaligned<T>(pc->wide());
  } else {
    p = static_cast<T>(unaligned<std::int32_t>(pc->wide()));
  }
  if constexpr (q_slot) {
    q = slot<T>(sp, pc->c());
  } else if constexpr (!q_in_r && p_slot) {
    q = unaligned<T>(pc->wide());
  } else if constexpr (!q_in_r) {
    q = static_cast<T>(reinterpret_cast<const std::int32_t*>(pc->wide())[1]);
  }
  const T t = pair_apply<inner>(x, p);
  result<T, to_slot>(pc, sp, r, v, pair_outer<outer>(t, q));
  WASMRT_NEXT((pair_has_imm(form) ? 24 : 16));
}

template <class T, std::uint32_t... variant>
void put_pairs(Handler* at, std::integer_sequence<std::uint32_t, variant...>) {
  static constexpr Handler kAll[] = {pair<T, variant>...};
  std::memcpy(at, kAll, sizeof kAll);
}

template <class T>
void fill_pairs(Handler* at) {
  put_pairs<T>(at, std::make_integer_sequence<std::uint32_t, kPairVariants>());
}

}  // namespace wasmrt::interp
