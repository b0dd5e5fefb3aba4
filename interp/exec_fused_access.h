// What handlers of fused accesses share: how their address is made, what they read, the guarded
// access itself.
//
// Guarded memories only. The address wraps to 32 bits before the offset is added, as the separate
// instructions do; the access is pinned like those of exec_access.h.
#pragma once

#include "interp/exec_access.h"
#include "interp/fused.h"

namespace wasmrt::interp {

/// What the instruction adds to the memory's base.
template <AddressMode mode>
inline std::uint64_t address_of(const Ins* pc, const std::uint64_t* sp, std::uint64_t r) {
  using M = AddressMode;
  const auto w32 = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  if constexpr (mode == M::RS) return std::uint64_t{w32(r + sp[pc->a])} + pc->w;
  if constexpr (mode == M::SS) return std::uint64_t{w32(sp[pc->a] + sp[pc->b()])} + pc->c();
  if constexpr (mode == M::RI) return std::uint64_t{w32(r + pc->w)} + *pc->wide();
  if constexpr (mode == M::SI) return std::uint64_t{w32(sp[pc->a] + pc->w)} + *pc->wide();
  if constexpr (mode == M::SSI) {
    const auto* wide = reinterpret_cast<const std::uint32_t*>(pc->wide());
    return std::uint64_t{w32(sp[pc->a] + sp[pc->b()] + wide[0])} + wide[1];
  }
  if constexpr (mode == M::PlainR) return std::uint64_t{w32(r)} + pc->w;
  if constexpr (mode == M::PlainS) return std::uint64_t{w32(sp[pc->a])} + pc->w;
  constexpr auto n = static_cast<std::uint32_t>(mode);
  constexpr auto first = static_cast<std::uint32_t>(M::RShl);
  constexpr std::uint32_t k = (n - first) % 3 + 1;
  if constexpr (mode >= M::RShl && mode < M::SShl) {
    return std::uint64_t{w32((r << k) + pc->w)} + *pc->wide();
  }
  if constexpr (mode >= M::SShl && mode < M::RShlS) {
    return std::uint64_t{w32((sp[pc->a] << k) + pc->w)} + *pc->wide();
  }
  if constexpr (mode >= M::RShlS && mode < M::SShlS) {
    return std::uint64_t{w32((r << k) + sp[pc->b()])} + pc->c();
  }
  if constexpr (mode >= M::SShlS && mode < M::SSI) {
    return std::uint64_t{w32((sp[pc->a] << k) + sp[pc->b()])} + pc->c();
  }
}

template <Op op>
struct LoadOf;
#define LOAD(Name, T, M)    \
  template <>               \
  struct LoadOf<Op::Name> { \
    using Value = T;        \
    using Memory = M;       \
  };
LOAD(I32Load, std::uint32_t, std::uint32_t)
LOAD(I64Load, std::uint64_t, std::uint64_t)
LOAD(F32Load, float, float)
LOAD(F64Load, double, double)
LOAD(I32Load8U, std::uint32_t, std::uint8_t)
LOAD(I32Load8S, std::uint32_t, std::int8_t)
LOAD(I32Load16U, std::uint32_t, std::uint16_t)
LOAD(I32Load16S, std::uint32_t, std::int16_t)
LOAD(I64Load8U, std::uint64_t, std::uint8_t)
LOAD(I64Load32U, std::uint64_t, std::uint32_t)
#undef LOAD

template <Op op>
inline typename LoadOf<op>::Value fetch(const Ins*& pc, const std::uint8_t* at) {
  using M = typename LoadOf<op>::Memory;
  const M m = reinterpret_cast<const volatile Unaligned<M>*>(at)->value;
  WASMRT_PIN_PC();
  return static_cast<typename LoadOf<op>::Value>(m);
}

/// The arithmetic that is fused with loads and stores.
template <Op op, class T>
inline T apply(T a, T b) {
  if constexpr (op == Op::F64Add || op == Op::F32Add || op == Op::I32Add || op == Op::I64Add)
    return a + b;
  if constexpr (op == Op::F64Sub || op == Op::F32Sub || op == Op::I32Sub || op == Op::I64Sub)
    return a - b;
  if constexpr (op == Op::F64Mul || op == Op::F32Mul || op == Op::I32Mul) return a * b;
  if constexpr (op == Op::I32And || op == Op::I64And) return a & b;
  if constexpr (op == Op::I32Or || op == Op::I64Or) return a | b;
  if constexpr (op == Op::I32Xor || op == Op::I64Xor) return a ^ b;
}

/// The load of what a store writes.
constexpr Op load_of_store(Op op) {
  switch (op) {
    case Op::I64Store: return Op::I64Load;
    case Op::F32Store: return Op::F32Load;
    case Op::F64Store: return Op::F64Load;
    case Op::I32Store8: return Op::I32Load8U;
    case Op::I32Store16: return Op::I32Load16U;
    default: return Op::I32Load;
  }
}

/// Writes a guarded memory.
template <class M>
inline void put(const Ins*& pc, std::uint8_t* at, M m) {
  reinterpret_cast<volatile Unaligned<M>*>(at)->value = m;
  WASMRT_PIN_PC();
}

}  // namespace wasmrt::interp
