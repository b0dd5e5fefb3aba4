// Handlers of pure functions, in every operand form, from one template per number of operands.
//
// In: a function of wasm/semantics*.h as a template argument; its C++ signature says which
// accumulators and slots it uses. Out: `Row`s: the kForms handlers of an op, null where a form is
// normalised away (op_facts.h) or impossible.
#pragma once

#include <array>
#include <cstddef>

#include "interp/machine.h"
#include "interp/op_facts.h"
#include "libwasmrt/wasm/semantics_types.h"

namespace wasmrt::interp {

struct Row {
  Op op;
  std::array<Handler, kForms> handlers;
};

template <std::size_t N>
void fill_rows(Handler* table, const Row (&rows)[N]) {
  for (const Row& row : rows) {
    if (row.op == kNoOp) continue;
    std::memcpy(table + handler_id(row.op, 0u), row.handlers.data(), sizeof row.handlers);
  }
}

template <class T, class A>
struct Sig1 {
  using Res = T;
  using Arg = A;
  static constexpr int kArity = 1;
};
template <class T, class A, class B>
struct Sig2 {
  using Res = T;
  using Arg0 = A;
  using Arg1 = B;
  static constexpr int kArity = 2;
};
template <class T>
struct Sig3 {
  static constexpr int kArity = 3;
};
template <class T>
using Plain = std::remove_cvref_t<T>;
template <class T, class A>
Sig1<T, Plain<A>> sig_of(T (*)(A));
template <class T, class A, class B>
Sig2<T, Plain<A>, Plain<B>> sig_of(T (*)(A, B));
template <class T>
Sig3<T> sig_of(T (*)(const V128&, const V128&, const V128&));
template <class T>
Sig3<T> sig_of(T (*)(V128, V128, V128));
template <auto fn>
using SigOf = decltype(sig_of(fn));

template <class T>
struct Unchecked {
  using Type = T;
  static constexpr bool kTraps = false;
};
template <class T>
struct Unchecked<sem::Checked<T>> {
  using Type = T;
  static constexpr bool kTraps = true;
};

/// Ends a handler with the result of a semantics function, or its trap.
#define WASMRT_FINISH(x, bytes)                                         \
  do {                                                                  \
    using Out = Unchecked<Plain<decltype(x)>>;                          \
    if constexpr (Out::kTraps) {                                        \
      const auto checked = (x);                                         \
      if (WASMRT_UNLIKELY(!checked.ok())) {                             \
        aux = static_cast<std::uint64_t>(checked.trap);                 \
        WASMRT_JUMP(do_trap);                                           \
      }                                                                 \
      result<typename Out::Type, to_slot>(pc, sp, r, v, checked.value); \
    } else {                                                            \
      result<typename Out::Type, to_slot>(pc, sp, r, v, (x));           \
    }                                                                   \
    WASMRT_NEXT(bytes);                                                 \
  } while (0)

template <auto fn, K ka, bool to_slot>
TrapWord unary(WASMRT_REGS) {
  using Sig = SigOf<fn>;
  const auto a = operand<typename Sig::Arg, ka>(pc, sp, r, v, pc->a);
  WASMRT_FINISH(fn(a), 16);
}

template <auto fn, K ka, K kb, bool to_slot>
TrapWord binary(WASMRT_REGS) {
  using Sig = SigOf<fn>;
  using A = typename Sig::Arg0;
  using B = typename Sig::Arg1;
  const A a = operand<A, ka>(pc, sp, r, v, pc->a);
  const B b = operand<B, kb>(pc, sp, r, v, ka == K::S ? pc->b() : pc->a);
  WASMRT_FINISH(fn(a, b), (ka == K::I ? kLength<A, ka> : kLength<B, kb>));
}

template <auto fn, K ka, K kb, K kc, bool to_slot>
TrapWord ternary(WASMRT_REGS) {
  const V128 a = operand<V128, ka>(pc, sp, r, v, pc->a);
  const V128 b = operand<V128, kb>(pc, sp, r, v, pc->b());
  const V128 c = operand<V128, kc>(pc, sp, r, v, pc->c());
  result<V128, to_slot>(pc, sp, r, v, fn(a, b, c));
  WASMRT_NEXT(16);
}

template <Op op, auto fn>
constexpr Row row_of() {
  using Sig = SigOf<fn>;
  if constexpr (Sig::kArity == 1) {
    return {op,
            {unary<fn, K::R, false>, unary<fn, K::R, true>, unary<fn, K::S, false>,
             unary<fn, K::S, true>}};
  } else if constexpr (Sig::kArity == 3) {
    return {op,
            {ternary<fn, K::S, K::S, K::S, false>, ternary<fn, K::S, K::S, K::S, true>,
             ternary<fn, K::S, K::S, K::R, false>, ternary<fn, K::S, K::S, K::R, true>,
             ternary<fn, K::R, K::S, K::S, false>, ternary<fn, K::R, K::S, K::S, true>,
             ternary<fn, K::S, K::R, K::S, false>, ternary<fn, K::S, K::R, K::S, true>}};
  } else {
    using A = typename Sig::Arg0;
    using B = typename Sig::Arg1;
    Row row = {op,
               {binary<fn, K::R, K::S, false>, binary<fn, K::R, K::S, true>, nullptr, nullptr,
                binary<fn, K::S, K::S, false>, binary<fn, K::S, K::S, true>}};
    auto& h = row.handlers;
    if constexpr (mirrored(op) == kNoOp) {
      h[2] = binary<fn, K::S, K::R, false>;
      h[3] = binary<fn, K::S, K::R, true>;
    }
    if constexpr (kIsVec<A> != kIsVec<B>) {
      h[10] = binary<fn, K::R, K::R, false>;
      h[11] = binary<fn, K::R, K::R, true>;
    }
    if constexpr (!std::is_same_v<B, V128>) {
      h[6] = binary<fn, K::R, K::I, false>;
      h[7] = binary<fn, K::R, K::I, true>;
      h[8] = binary<fn, K::S, K::I, false>;
      h[9] = binary<fn, K::S, K::I, true>;
      if constexpr (mirrored(op) == kNoOp && kIsVec<A> == kIsVec<B>) {
        h[10] = binary<fn, K::I, K::R, false>;
        h[11] = binary<fn, K::I, K::R, true>;
        h[12] = binary<fn, K::I, K::S, false>;
        h[13] = binary<fn, K::I, K::S, true>;
      }
    }
    return row;
  }
}

}  // namespace wasmrt::interp
