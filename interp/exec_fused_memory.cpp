// Loads whose address is computed on the way (LoadAt), and loads as operands of arithmetic
// (OpLoad).
//
// Guarded memories only; see exec_fused_access.h.
#include "interp/exec_fused_access.h"
#include "libwasmrt/wasm/semantics_float.h"
#include "libwasmrt/wasm/semantics_int.h"

namespace wasmrt::interp {
namespace {

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

template <std::uint32_t load, bool k_slot, bool to_slot>
TrapWord add_load(WASMRT_REGS) {
  constexpr Op op = kLoadAtOps[load];
  using T = typename LoadOf<op>::Value;
  const auto* wide = reinterpret_cast<const std::uint32_t*>(pc->wide());
  std::uint32_t k = pc->w;
  if constexpr (k_slot) k = slot<std::uint32_t>(sp, static_cast<std::uint16_t>(k));
  const std::uint32_t address = slot<std::uint32_t>(sp, pc->a) + k;
  const T x = fetch<op>(pc, mem + (std::uint64_t{address} + wide[0]));
  sp[wide[1]] = address;
  if constexpr (kIsVec<T>) r = address;
  result<T, to_slot>(pc, sp, r, v, x);
  WASMRT_NEXT(24);
}

template <std::uint32_t... i>
void put_add_loads(Handler* t, std::integer_sequence<std::uint32_t, i...>) {
  ((t[AddLoad + i] = add_load<i / 4, i / 2 % 2 != 0, i % 2 != 0>), ...);
}

template <std::uint32_t pair, AddressMode mode, bool other_slot, bool to_slot>
TrapWord op_load(WASMRT_REGS) {
  constexpr OpLoadPair kPair = kOpLoads[pair];
  using T = typename LoadOf<kPair.load>::Value;
  constexpr std::ptrdiff_t length = mode_length(mode);
  const auto b = fetch<kPair.load>(pc, mem + address_of<mode>(pc, sp, r));
  const auto other = static_cast<std::uint16_t>(pc->wide()[length / 8 - 2]);
  const T a = operand < T, other_slot ? K::S : K::R > (pc, sp, r, v, other);
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

// --- stores ---

template <Op op, AddressMode mode, std::uint32_t value>
TrapWord store_at(WASMRT_REGS) {
  using L = LoadOf<load_of_store(op)>;
  using M = typename L::Memory;
  using T = typename L::Value;
  constexpr std::ptrdiff_t length = mode_length(mode);
  // The address first: with the value in hand there would be a register too few.
  std::uint8_t* at = mem + address_of<mode>(pc, sp, r);
  __asm__("" : "+r"(at));
  M m;
  if constexpr (value == 0) {
    m = static_cast<M>(slot<T>(sp, pc->d));
  } else if constexpr (value == 1) {
    m = static_cast<M>(from_word<T>(pc->wide()[length / 8 - 2]));
  } else {
    m = static_cast<M>(operand<T, K::R>(pc, sp, r, v, 0));
  }
  put(pc, at, m);
  WASMRT_NEXT((length + (value == 1 ? 8 : 0)));
}

template <Op op, std::uint32_t... mode>
void put_store_at(Handler* t, std::integer_sequence<std::uint32_t, mode...>) {
  Handler* h = t + handler_id(StoreAt, store_at_variant(store_at_index(op), AddressMode{}, 0));
  ((h[3 * mode] = store_at<op, static_cast<AddressMode>(mode), 0>,
    h[3 * mode + 1] = store_at<op, static_cast<AddressMode>(mode), 1>),
   ...);
  if constexpr (op == Op::F32Store || op == Op::F64Store) {
    ((h[3 * mode + 2] = store_at<op, static_cast<AddressMode>(mode), 2>), ...);
  } else {
    // An integer in r needs its address from slots.
    h[3 * static_cast<std::uint32_t>(AddressMode::SI) + 2] = store_at<op, AddressMode::SI, 2>;
    h[3 * static_cast<std::uint32_t>(AddressMode::SS) + 2] = store_at<op, AddressMode::SS, 2>;
  }
}
template <std::uint32_t... i>
void put_all_stores(Handler* t, std::integer_sequence<std::uint32_t, i...>) {
  (put_store_at<kStoreAtOps[i]>(t, std::make_integer_sequence<std::uint32_t, kAddressModes>()),
   ...);
}

// --- load, compare, branch ---

template <Op op, auto fn, std::uint32_t variant>
TrapWord load_branch(WASMRT_REGS) {
  constexpr bool back = variant % 2 != 0;
  constexpr bool y_slot = variant / 2 % 2 != 0;
  constexpr bool to_slot = variant / 4 % 2 != 0;
  constexpr bool a_slot = variant / 8 != 0;
  const auto* wide = reinterpret_cast<const std::uint32_t*>(pc->wide());
  const auto address = static_cast<std::uint32_t>(a_slot ? sp[pc->a] : r);
  const std::uint32_t x = fetch<op>(pc, mem + (std::uint64_t{address} + wide[0]));
  r = x;
  if constexpr (to_slot) sp[pc->d] = x;
  // Only now: it may be the slot just written.
  std::uint32_t y = wide[1];
  if constexpr (y_slot) y = slot<std::uint32_t>(sp, static_cast<std::uint16_t>(y));
  WASMRT_BRANCH_IF(fn(x, y) != 0, 24);
}

template <Op op, auto fn, std::uint32_t... variant>
void put_load_branch(Handler* h, std::integer_sequence<std::uint32_t, variant...>) {
  ((h[variant] = load_branch<op, fn, variant>), ...);
}
template <std::uint32_t load>
void put_load_branches(Handler* t) {
  constexpr Op op = kLoadBranchOps[load];
  constexpr auto all = std::make_integer_sequence<std::uint32_t, 16>();
  Handler* h = t + LoadBranch + load * 160;
  put_load_branch<op, sem::i32_eq>(h, all);
  put_load_branch<op, sem::i32_ne>(h + 16, all);
  put_load_branch<op, sem::i32_lt_s>(h + 32, all);
  put_load_branch<op, sem::i32_lt_u>(h + 48, all);
  put_load_branch<op, sem::i32_gt_s>(h + 64, all);
  put_load_branch<op, sem::i32_gt_u>(h + 80, all);
  put_load_branch<op, sem::i32_le_s>(h + 96, all);
  put_load_branch<op, sem::i32_le_u>(h + 112, all);
  put_load_branch<op, sem::i32_ge_s>(h + 128, all);
  put_load_branch<op, sem::i32_ge_u>(h + 144, all);
}
static_assert(load_branch_variant(1, 0, false, false, false, false) == 160);

template <bool a_slot>
TrapWord br_table_load(WASMRT_REGS) {
  const auto address = static_cast<std::uint32_t>(a_slot ? sp[pc->a] : r);
  r = fetch<Op::I32Load8U>(pc, mem + (std::uint64_t{address} + pc->d));
  WASMRT_TABLE_JUMP(static_cast<std::uint32_t>(r));
}

}  // namespace

void fill_fused_memory(Handler* t) {
  put_all_loads(
      t, std::make_integer_sequence<std::uint32_t, sizeof kLoadAtOps / sizeof kLoadAtOps[0]>());
  put_all_stores(t, std::make_integer_sequence<std::uint32_t, kStoreAtCount>());
  put_load_branches<0>(t);
  put_load_branches<1>(t);
  put_load_branches<2>(t);
  t[BrTableLoad] = br_table_load<false>;
  t[BrTableLoad + 1] = br_table_load<true>;
  put_add_loads(t, std::make_integer_sequence<std::uint32_t, 40>());
  put_op_loads(t, std::make_integer_sequence<std::uint32_t, kOpLoadCount>());
}

}  // namespace wasmrt::interp
