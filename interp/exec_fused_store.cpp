// Superinstructions of arithmetic and the store of its result: OpStore, and LoadOpStore, which
// changes memory in place.
//
// Guarded memories only; see exec_fused_access.h. LoadOpStore has one note for two accesses: they
// are to the same bytes, so the store cannot trap when the load has not.
#include "interp/exec_fused_access.h"

namespace wasmrt::interp {
namespace {

template <std::uint32_t pair>
using StoredValue = typename LoadOf<load_of_store(kOpStores[pair].store)>::Value;

template <std::uint32_t pair, Form form, bool address_in_r>
TrapWord op_store(WASMRT_REGS) {
  constexpr OpStorePair kPair = kOpStores[pair];
  using L = LoadOf<load_of_store(kPair.store)>;
  using T = StoredValue<pair>;
  constexpr bool x_in_r = form == Form::RS || form == Form::RI;
  const T x = operand < T, x_in_r ? K::R : K::S > (pc, sp, r, v, pc->a);
  T y;
  if constexpr (form == Form::RI || form == Form::SI) {
    y = from_word<T>(*pc->wide());
  } else if constexpr (form == Form::SS) {
    y = slot<T>(sp, static_cast<std::uint16_t>(*pc->wide()));
  } else {
    y = operand < T, form == Form::SR ? K::R : K::S > (pc, sp, r, v, pc->a);
  }
  const T z = apply<kPair.op, T>(x, y);
  const auto address = static_cast<std::uint32_t>(address_in_r ? r : sp[pc->d]);
  put(pc, mem + (std::uint64_t{address} + pc->w), static_cast<typename L::Memory>(z));
  if constexpr (kIsVec<T>) {
    v = to_vec(z);
  } else {
    r = to_word(z);
  }
  WASMRT_NEXT(op_store_length(op_store_variant(pair, form, address_in_r)));
}

template <std::uint32_t pair, bool address_in_r>
void put_op_store(Handler* t) {
  const auto set = [&](Form form, Handler h) {
    t[OpStore + op_store_variant(pair, form, address_in_r)] = h;
  };
  set(Form::RS, op_store<pair, Form::RS, address_in_r>);
  set(Form::SS, op_store<pair, Form::SS, address_in_r>);
  set(Form::RI, op_store<pair, Form::RI, address_in_r>);
  set(Form::SI, op_store<pair, Form::SI, address_in_r>);
  if constexpr (mirrored(kOpStores[pair].op) == kNoOp) {
    set(Form::SR, op_store<pair, Form::SR, address_in_r>);
  }
}

template <std::uint32_t pair, bool other_slot, bool to_slot>
TrapWord load_op_store(WASMRT_REGS) {
  constexpr OpLoadPair kPair = kOpLoads[pair];
  using L = LoadOf<kPair.load>;
  using T = typename L::Value;
  std::uint8_t* at = mem + address_of<AddressMode::PlainS>(pc, sp, r);
  const T y = fetch<kPair.load>(pc, at);
  T x;
  if constexpr (other_slot) {
    x = slot<T>(sp, static_cast<std::uint16_t>(*pc->wide()));
  } else {
    x = operand<T, K::R>(pc, sp, r, v, 0);
  }
  const T z = apply<kPair.op, T>(x, y);
  put(pc, at, static_cast<typename L::Memory>(z));
  result<T, to_slot>(pc, sp, r, v, z);
  WASMRT_NEXT(other_slot ? 24 : 16);
}

template <std::uint32_t pair>
void put_load_op_store(Handler* t) {
  if constexpr (kOpLoads[pair].load != Op::I32Load8U) {
    Handler* h = t + LoadOpStore + load_op_store_variant(pair, false, false);
    h[0] = load_op_store<pair, false, false>;
    h[1] = load_op_store<pair, false, true>;
    h[2] = load_op_store<pair, true, false>;
    h[3] = load_op_store<pair, true, true>;
  }
}

template <std::uint32_t... pair>
void put_op_stores(Handler* t, std::integer_sequence<std::uint32_t, pair...>) {
  (put_op_store<pair, false>(t), ...);
  auto with_r = [&](auto n) {
    if constexpr (kIsVec<StoredValue<n.value>>) put_op_store<n.value, true>(t);
  };
  (with_r(std::integral_constant<std::uint32_t, pair>()), ...);
}
template <std::uint32_t... pair>
void put_load_op_stores(Handler* t, std::integer_sequence<std::uint32_t, pair...>) {
  (put_load_op_store<pair>(t), ...);
}

}  // namespace

void fill_fused_store(Handler* t) {
  put_op_stores(t, std::make_integer_sequence<std::uint32_t, kOpStoreCount>());
  put_load_op_stores(t, std::make_integer_sequence<std::uint32_t, kOpLoadCount>());
}

}  // namespace wasmrt::interp
