// Superinstructions around one guarded access: load, compare and branch; store and count on; the
// switch of a byte-code loop.
#include "interp/exec_fused_access.h"
#include "interp/op_facts.h"
#include "libwasmrt/wasm/semantics_int.h"

namespace wasmrt::interp {
namespace {

inline const std::uint32_t* halves(const Ins* pc) {
  return reinterpret_cast<const std::uint32_t*>(pc->wide());
}
inline std::uint32_t slot32(const std::uint64_t* sp, std::uint32_t index) {
  return slot<std::uint32_t>(sp, static_cast<std::uint16_t>(index));
}

// --- load, compare, branch ---

template <Op op, auto fn, std::uint32_t variant>
TrapWord load_at_branch(WASMRT_REGS) {
  constexpr bool back = variant % 2 != 0;
  constexpr bool y_slot = variant / 2 % 2 != 0;
  constexpr bool two_slots = variant / 4 != 0;
  const std::uint32_t* wide = halves(pc);
  const std::uint32_t b = two_slots ? slot32(sp, wide[2]) : wide[2];
  const std::uint32_t address = slot32(sp, pc->a) + b;
  const std::uint32_t x = fetch<op>(pc, mem + (std::uint64_t{address} + wide[0]));
  r = x;
  sp[pc->d] = x;
  // Only now: it may be the slot just written.
  const std::uint32_t y = y_slot ? slot32(sp, wide[1]) : wide[1];
  WASMRT_BRANCH_IF(fn(x, y) != 0, 32);
}

template <Op op, auto fn, std::uint32_t... variant>
void put_one(Handler* h, std::integer_sequence<std::uint32_t, variant...>) {
  ((h[variant] = load_at_branch<op, fn, variant>), ...);
}
template <std::uint32_t load>
void put_load_at_branches(Handler* t) {
  constexpr Op op = kLoadBranchOps[load];
  constexpr auto all = std::make_integer_sequence<std::uint32_t, 8>();
  Handler* h = t + LoadAtBranch + load * 80;
  put_one<op, sem::i32_eq>(h, all);
  put_one<op, sem::i32_ne>(h + 8, all);
  put_one<op, sem::i32_lt_s>(h + 16, all);
  put_one<op, sem::i32_lt_u>(h + 24, all);
  put_one<op, sem::i32_gt_s>(h + 32, all);
  put_one<op, sem::i32_gt_u>(h + 40, all);
  put_one<op, sem::i32_le_s>(h + 48, all);
  put_one<op, sem::i32_le_u>(h + 56, all);
  put_one<op, sem::i32_ge_s>(h + 64, all);
  put_one<op, sem::i32_ge_u>(h + 72, all);
}
static_assert(load_at_branch_variant(1, 0, false, false, false) == 80);
static_assert(load_at_branch_variant(0, compare_index(Op::I32GeU), false, false, false) == 72);

// --- store, add, branch ---

/// The store and the addition; the sum is left in r.
#define WASMRT_STORE_ADD(op, value)                                                  \
  using L = LoadOf<load_of_store(op)>;                                               \
  using M = typename L::Memory;                                                      \
  using T = typename L::Value;                                                       \
  const std::uint32_t* wide = halves(pc);                                            \
  std::uint8_t* at = mem + (std::uint64_t{slot32(sp, pc->a) + wide[2]} + pc->w);     \
  __asm__("" : "+r"(at));                                                            \
  M m;                                                                               \
  if constexpr ((value) == StoreValue::Slot) {                                       \
    m = static_cast<M>(slot<T>(sp, pc->d));                                          \
  } else if constexpr ((value) == StoreValue::Acc) {                                 \
    m = static_cast<M>(operand<T, K::R>(pc, sp, r, v, 0));                           \
  } else {                                                                           \
    m = static_cast<M>(                                                              \
        from_word<T>(static_cast<std::uint64_t>(static_cast<std::int16_t>(pc->d)))); \
  }                                                                                  \
  put(pc, at, m);                                                                    \
  const std::uint32_t sum = slot32(sp, wide[0] >> 16) + wide[1];                     \
  r = sum;                                                                           \
  sp[wide[0] & 0xFFFF] = sum

template <Op op, StoreValue value>
TrapWord store_add(WASMRT_REGS) {
  WASMRT_STORE_ADD(op, value);
  WASMRT_NEXT(32);
}

template <Op op, StoreValue value, bool below, bool y_slot>
TrapWord store_add_branch(WASMRT_REGS) {
  constexpr bool back = true;
  WASMRT_STORE_ADD(op, value);
  const std::uint32_t y = y_slot ? slot32(sp, wide[5]) : wide[5];
  if (below ? sum < y : sum != y) {
    pc = pc->at(static_cast<std::int32_t>(wide[4]));
    WASMRT_ARRIVE(back);
  }
  WASMRT_NEXT(40);
}

template <Op op, StoreValue value>
void put_store_add(Handler* t) {
  const std::uint32_t n = store_add_variant(store_at_index(op), value);
  t[StoreAdd + n] = store_add<op, value>;
  Handler* h = t + handler_id(StoreAddBranch, store_add_branch_variant(n, false, false));
  h[0] = store_add_branch<op, value, false, false>;
  h[1] = store_add_branch<op, value, false, true>;
  h[2] = store_add_branch<op, value, true, false>;
  h[3] = store_add_branch<op, value, true, true>;
}
template <std::uint32_t... i>
void put_store_adds(Handler* t, std::integer_sequence<std::uint32_t, i...>) {
  (put_store_add<kStoreAtOps[i], StoreValue::Acc>(t), ...);
  (put_store_add<kStoreAtOps[i], StoreValue::Slot>(t), ...);
  (put_store_add<kStoreAtOps[i], StoreValue::Short>(t), ...);
}

// --- the next byte of a byte code ---

/// Either with its table, or a jump back to such an instruction, which is carried out here.
template <bool again>
TrapWord br_table_next(WASMRT_REGS) {
  const std::uint32_t x = slot32(sp, pc->a);
  r = fetch<Op::I32Load8U>(pc, mem + (std::uint64_t{x} + halves(pc)[1]));
  sp[pc->d] = x;
  sp[pc->a] = static_cast<std::uint32_t>(x + halves(pc)[0]);
  const Ins* first = pc;
  if constexpr (again) first = pc->at(static_cast<std::int32_t>(halves(pc)[2]));
  WASMRT_TABLE_JUMP_AT(static_cast<std::uint32_t>(r), first, first->wide() + 1, again);
}

}  // namespace

void fill_fused_access(Handler* t) {
  put_load_at_branches<0>(t);
  put_load_at_branches<1>(t);
  put_load_at_branches<2>(t);
  put_store_adds(t, std::make_integer_sequence<std::uint32_t, kStoreAtCount>());
  t[BrTableNext] = br_table_next<false>;
  t[BrTableAgain] = br_table_next<true>;
}

}  // namespace wasmrt::interp
