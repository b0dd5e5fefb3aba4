// Loads whose address is computed on the way (LoadAt), and loads as operands of arithmetic (OpLoad).
//
// Guarded memories only. The address wraps to 32 bits before the offset is added, as the separate
// instructions do; the access is pinned like those of exec_access.h.
#include "interp/exec_access.h"
#include "interp/fused.h"
#include "libwasmrt/wasm/semantics_float.h"
#include "libwasmrt/wasm/semantics_int.h"

namespace wasmrt::interp {
namespace {

/// What the instruction adds to the memory's base.
template <AddressMode mode>
inline std::uint64_t address_of(const Ins* pc, const std::uint64_t* sp, std::uint64_t r) {
  using M = AddressMode;
  const auto w32 = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  if constexpr (mode == M::RS) return std::uint64_t{w32(r + sp[pc->a])} + pc->w;
  if constexpr (mode == M::SS) return std::uint64_t{w32(sp[pc->a] + sp[pc->b()])} + pc->c();
  if constexpr (mode == M::RI) return std::uint64_t{w32(r + pc->w)} + *pc->wide();
  if constexpr (mode == M::SI) return std::uint64_t{w32(sp[pc->a] + pc->w)} + *pc->wide();
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
  if constexpr (mode >= M::SShlS && mode < M::Count) {
    return std::uint64_t{w32((sp[pc->a] << k) + sp[pc->b()])} + pc->c();
  }
}

template <Op op>
struct LoadOf;
#define LOAD(Name, T, M)        \
  template <>                   \
  struct LoadOf<Op::Name> {     \
    using Value = T;            \
    using Memory = M;           \
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

template <Op op, AddressMode mode, bool to_slot>
TrapWord load_at(WASMRT_REGS) {
  const auto x = fetch<op>(pc, mem + address_of<mode>(pc, sp, r));
  result<typename LoadOf<op>::Value, to_slot>(pc, sp, r, v, x);
  WASMRT_NEXT(mode_length(mode));
}

template <Op op, std::uint32_t... mode>
void put_load_at(Handler* t, std::integer_sequence<std::uint32_t, mode...>) {
  Handler* h = t + handler_id(LoadAt, load_at_variant(load_at_index(op), AddressMode{}));
  ((h[2 * mode] = load_at<op, static_cast<AddressMode>(mode), false>,
    h[2 * mode + 1] = load_at<op, static_cast<AddressMode>(mode), true>),
   ...);
}

template <std::uint32_t... i>
void put_all_loads(Handler* t, std::integer_sequence<std::uint32_t, i...>) {
  (put_load_at<kLoadAtOps[i]>(t, std::make_integer_sequence<std::uint32_t, kAddressModes>()), ...);
}

template <Op op, class T>
inline T apply(T a, T b) {
  if constexpr (op == Op::F64Add || op == Op::F32Add || op == Op::I32Add || op == Op::I64Add) return a + b;
  if constexpr (op == Op::F64Sub || op == Op::F32Sub || op == Op::I32Sub) return a - b;
  if constexpr (op == Op::F64Mul || op == Op::F32Mul || op == Op::I32Mul) return a * b;
  if constexpr (op == Op::I32And) return a & b;
  if constexpr (op == Op::I32Xor || op == Op::I64Xor) return a ^ b;
}

template <std::uint32_t pair, AddressMode mode, bool other_slot, bool to_slot>
TrapWord op_load(WASMRT_REGS) {
  constexpr OpLoadPair kPair = kOpLoads[pair];
  using T = typename LoadOf<kPair.load>::Value;
  constexpr std::ptrdiff_t length = mode_length(mode);
  const auto b = fetch<kPair.load>(pc, mem + address_of<mode>(pc, sp, r));
  const auto other = static_cast<std::uint16_t>(pc->wide()[length / 8 - 2]);
  const T a = operand<T, other_slot ? K::S : K::R>(pc, sp, r, v, other);
  result<T, to_slot>(pc, sp, r, v, apply<kPair.op>(a, b));
  WASMRT_NEXT((length + 8));
}

template <std::uint32_t pair, AddressMode mode>
void put_op_load(Handler* t) {
  Handler* h = t + handler_id(OpLoad, op_load_variant(pair, op_load_mode(mode), false));
  using T = typename LoadOf<kOpLoads[pair].load>::Value;
  // An integer in r and an address in r exclude each other.
  constexpr bool address_in_r =
      mode == AddressMode::RS || mode == AddressMode::RI || mode == AddressMode::PlainR;
  if constexpr (kIsVec<T> || !address_in_r) {
    h[0] = op_load<pair, mode, false, false>;
    h[1] = op_load<pair, mode, false, true>;
  }
  h[2] = op_load<pair, mode, true, false>;
  h[3] = op_load<pair, mode, true, true>;
}

template <std::uint32_t... pair>
void put_op_loads(Handler* t, std::integer_sequence<std::uint32_t, pair...>) {
  using M = AddressMode;
  ((put_op_load<pair, M::RS>(t), put_op_load<pair, M::SS>(t), put_op_load<pair, M::RI>(t),
    put_op_load<pair, M::SI>(t), put_op_load<pair, M::PlainR>(t), put_op_load<pair, M::PlainS>(t)),
   ...);
}

}  // namespace

void fill_fused_memory(Handler* t) {
  put_all_loads(t, std::make_integer_sequence<std::uint32_t, sizeof kLoadAtOps / sizeof kLoadAtOps[0]>());
  put_op_loads(t, std::make_integer_sequence<std::uint32_t, kOpLoadCount>());
}

}  // namespace wasmrt::interp
