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
}

template <class T, std::uint32_t variant>
TrapWord pair(WASMRT_REGS) {
  constexpr bool to_slot = variant % 2 != 0;
  constexpr bool q_slot = (variant / 2) % 2 != 0;
  constexpr bool p_slot = (variant / 4) % 2 != 0;
  constexpr bool x_slot = (variant / 8) % 2 != 0;
  constexpr std::uint32_t outer = (variant / 16) % kPairOuter;
  constexpr auto inner = static_cast<PairOp>(variant / 16 / kPairOuter);
  T x;
  if constexpr (x_slot) {
    x = slot<T>(sp, pc->a);
  } else {
    x = from_word<T>(r);
  }
  const auto* k = reinterpret_cast<const std::int32_t*>(pc->wide());
  T p;
  T q;
  if constexpr (p_slot) {
    p = slot<T>(sp, pc->b());
  } else {
    p = static_cast<T>(k[0]);
  }
  if constexpr (q_slot) {
    q = slot<T>(sp, pc->c());
  } else {
    q = static_cast<T>(k[1]);
  }
  const T t = pair_apply<inner>(x, p);
  if constexpr (outer == kOuterRSub) {
    result<T, to_slot>(pc, sp, r, v, pair_apply<PairOp::Sub>(q, t));
  } else {
    result<T, to_slot>(pc, sp, r, v, pair_apply<static_cast<PairOp>(outer)>(t, q));
  }
  WASMRT_NEXT((p_slot && q_slot ? 16 : 24));
}

template <class T, std::uint32_t... variant>
void put_pairs(Handler* at, std::integer_sequence<std::uint32_t, variant...>) {
  static constexpr Handler kAll[] = {pair<T, variant>...};
  std::memcpy(at, kAll, sizeof kAll);
}

template <class T>
void fill_pairs(Handler* at) {
  put_pairs<T>(at, std::make_integer_sequence<std::uint32_t, 1296>());
}

}  // namespace wasmrt::interp
