// Numbering of superinstructions: how their variants are found by the translator and filled by the
// handler files. The instructions themselves are described in ops.def.
#pragma once

#include <cstdint>

#include "interp/code.h"

namespace wasmrt::interp {

/// Integer functions that pair up. RSub is Sub with exchanged operands: only as the outer one.
enum class PairOp : std::uint8_t { Add, Sub, Mul, And, Or, Xor, Shl, ShrU, ShrS, Rotl, None };
inline constexpr std::uint32_t kPairInner = 10;
/// Outer functions by number: the first eight, RSub, Rotl.
inline constexpr std::uint32_t kPairOuter = 10;
inline constexpr std::uint32_t kOuterRSub = 8;
inline constexpr std::uint32_t kOuterRotl = 9;

/// Operands of Pair32 and Pair64: 4 when x is in a slot (else in r), 2 when p is (else immediate),
/// 1 when q is (else immediate). In the last two forms x is in a slot and q in r, p immediate or
/// not. Two immediates are the halves of the wide word, a single one is all of it.
inline constexpr std::uint32_t kPairForms = 10;
inline constexpr std::uint32_t kPairQInR = 8;
constexpr std::uint32_t pair_form(bool x, bool p, bool q) {
  return (x ? 4u : 0) + (p ? 2u : 0) + (q ? 1u : 0);
}
constexpr bool pair_has_imm(std::uint32_t form) {
  return form >= kPairQInR ? form == kPairQInR : form % 4 != 3;
}
constexpr std::uint32_t pair_variant(std::uint32_t inner, std::uint32_t outer, std::uint32_t form) {
  return ((inner * kPairOuter + outer) * kPairForms + form) * 2;
}
inline constexpr std::uint32_t kPairVariants = 2000;
static_assert(pair_variant(kPairInner - 1, kPairOuter - 1, kPairForms - 1) + 2 == kPairVariants);

/// Pair64Wide: x in r or slot a, p and q are wide words.
constexpr std::uint32_t pair_wide_variant(std::uint32_t inner, std::uint32_t outer, bool x_slot) {
  return (inner * kPairOuter + outer) * 4 + (x_slot ? 2 : 0);
}
static_assert(pair_wide_variant(kPairInner - 1, kPairOuter - 1, true) + 2 == 400);

/// Float functions: Add, Sub, Mul inside; Add, Sub, Mul, RSub outside. Operands as of Pair32, each
/// immediate with a wide word of its own.
constexpr std::uint32_t float_pair_variant(std::uint32_t inner, std::uint32_t outer,
                                           std::uint32_t form) {
  return ((inner * 4 + outer) * 8 + form) * 2;
}
constexpr std::uint32_t float_pair_imms(std::uint32_t form) {
  return (form & 2 ? 0u : 1u) + (form & 1 ? 0u : 1u);
}
inline constexpr std::uint32_t kFloatRSub = 3;

/// How the address of a LoadAt is made. Shifts are by 1, 2 or 3: three modes each.
enum class AddressMode : std::uint8_t {
  RS,    ///< r + a; offset w
  SS,    ///< a + b; offset c
  RI,    ///< r + w; offset in the wide word
  SI,    ///< a + w; offset in the wide word
  RShl,  ///< (r << k) + w; offset in the wide word
  SShl = RShl + 3,
  RShlS = SShl + 3,   ///< (r << k) + b; offset c
  SShlS = RShlS + 3,  ///< (a << k) + b; offset c
  SSI = SShlS + 3,    ///< a + b + low half of the wide word; offset in its high half
  Count,
  PlainR,  ///< Only in OpLoad: r; offset w. Not Count, which means no mode at all.
  PlainS,  ///< a; offset w
};
inline constexpr std::uint32_t kAddressModes = 17;
static_assert(static_cast<std::uint32_t>(AddressMode::Count) == kAddressModes);

constexpr AddressMode shifted(AddressMode first, std::uint32_t k) {
  return static_cast<AddressMode>(static_cast<std::uint32_t>(first) + k - 1);
}
/// Length of the part of an instruction that a mode needs.
constexpr std::ptrdiff_t mode_length(AddressMode mode) {
  const bool wide =
      (mode >= AddressMode::RI && mode < AddressMode::RShlS) || mode == AddressMode::SSI;
  return wide ? 24 : 16;
}

/// The loads that have LoadAt forms, by number.
constexpr std::uint32_t load_at_index(Op op) {
  switch (op) {
    case Op::I32Load: return 0;
    case Op::I64Load: return 1;
    case Op::F32Load: return 2;
    case Op::F64Load: return 3;
    case Op::I32Load8U: return 4;
    case Op::I32Load8S: return 5;
    case Op::I32Load16U: return 6;
    case Op::I32Load16S: return 7;
    case Op::I64Load8U: return 8;
    case Op::I64Load32U: return 9;
    default: return ~0u;
  }
}
inline constexpr Op kLoadAtOps[] = {Op::I32Load,   Op::I64Load,   Op::F32Load,    Op::F64Load,
                                    Op::I32Load8U, Op::I32Load8S, Op::I32Load16U, Op::I32Load16S,
                                    Op::I64Load8U, Op::I64Load32U};
constexpr std::uint32_t load_at_variant(std::uint32_t load, AddressMode mode) {
  return (load * kAddressModes + static_cast<std::uint32_t>(mode)) * 2;
}

/// AddLoad: the same loads; the second summand is a slot or immediate.
constexpr std::uint32_t add_load_variant(std::uint32_t load, bool k_slot) {
  return load * 4 + (k_slot ? 2 : 0);
}

/// The arithmetic that takes a load as right operand: op, the load that fits it.
struct OpLoadPair {
  Op op;
  Op load;
};
inline constexpr OpLoadPair kOpLoads[] = {
    {Op::F64Add, Op::F64Load},   {Op::F64Sub, Op::F64Load}, {Op::F64Mul, Op::F64Load},
    {Op::F32Add, Op::F32Load},   {Op::F32Sub, Op::F32Load}, {Op::F32Mul, Op::F32Load},
    {Op::I32Add, Op::I32Load},   {Op::I32Sub, Op::I32Load}, {Op::I32Mul, Op::I32Load},
    {Op::I32And, Op::I32Load},   {Op::I32Xor, Op::I32Load}, {Op::I32Xor, Op::I32Load8U},
    {Op::I32Add, Op::I32Load8U}, {Op::I64Add, Op::I64Load}, {Op::I64Xor, Op::I64Load},
};
inline constexpr std::uint32_t kOpLoadCount = sizeof kOpLoads / sizeof kOpLoads[0];
/// Modes of OpLoad: RS SS RI SI PlainR PlainS.
constexpr std::uint32_t op_load_mode(AddressMode mode) {
  switch (mode) {
    case AddressMode::RS: return 0;
    case AddressMode::SS: return 1;
    case AddressMode::RI: return 2;
    case AddressMode::SI: return 3;
    case AddressMode::PlainR: return 4;
    case AddressMode::PlainS: return 5;
    default: return ~0u;
  }
}
constexpr std::uint32_t op_load_variant(std::uint32_t pair, std::uint32_t mode, bool other_slot) {
  return ((pair * 6 + mode) * 2 + (other_slot ? 1 : 0)) * 2;
}
static_assert(op_load_variant(kOpLoadCount - 1, 5, true) + 2 <= 512);

/// AddBranch: the ten i32 comparisons; k and y in slots or immediate; forward or backward.
constexpr std::uint32_t add_branch_variant(std::uint32_t compare, bool k_slot, bool y_slot,
                                           bool back) {
  return compare * 8 + (k_slot ? 4 : 0) + (y_slot ? 2 : 0) + (back ? 1 : 0);
}

/// AddBranchNear and AddJumpNear: back by a distance that is part of the handler's number, so that
/// the next pc waits for nothing. 24, 32 ... 80 bytes.
inline constexpr std::uint32_t kNearDistances = 8;
constexpr std::uint32_t near_distance(std::uint32_t number) { return 24 + number * 8; }
/// The number of a distance back, or kNearDistances.
constexpr std::uint32_t near_number(std::uint32_t distance) {
  const std::uint32_t number = distance / 8 - 3;  // below 24: a large one
  return number < kNearDistances ? number : kNearDistances;
}
constexpr std::uint32_t add_branch_near_variant(std::uint32_t compare, bool k_slot, bool y_slot,
                                                std::uint32_t near) {
  return (compare * 4 + (k_slot ? 2 : 0) + (y_slot ? 1 : 0)) * kNearDistances + near;
}

/// The stores that have StoreAt forms, by number. Values: 0 slot, 1 immediate, 2 accumulator.
inline constexpr Op kStoreAtOps[] = {Op::I32Store, Op::I64Store,  Op::F32Store,
                                     Op::F64Store, Op::I32Store8, Op::I32Store16};
inline constexpr std::uint32_t kStoreAtCount = sizeof kStoreAtOps / sizeof kStoreAtOps[0];
constexpr std::uint32_t store_at_index(Op op) {
  for (std::uint32_t i = 0; i < kStoreAtCount; ++i) {
    if (kStoreAtOps[i] == op) return i;
  }
  return ~0u;
}
constexpr std::uint32_t store_at_variant(std::uint32_t store, AddressMode mode,
                                         std::uint32_t value) {
  return (store * kAddressModes + static_cast<std::uint32_t>(mode)) * 3 + value;
}
static_assert(store_at_variant(kStoreAtCount - 1, AddressMode::Count, 0) == 306);

/// LoadBranch: loads I32Load, I32Load8U, I32Load8S; address in slot; result to slot d.
inline constexpr Op kLoadBranchOps[] = {Op::I32Load, Op::I32Load8U, Op::I32Load8S};
constexpr std::uint32_t load_branch_variant(std::uint32_t load, std::uint32_t compare, bool a_slot,
                                            bool to_slot, bool y_slot, bool back) {
  return ((load * 10 + compare) * 16) + (a_slot ? 8 : 0) + (to_slot ? 4 : 0) + (y_slot ? 2 : 0) +
         (back ? 1 : 0);
}

/// AndBranch: whether it branches on non-zero; x in a slot.
constexpr std::uint32_t and_branch_variant(bool when, bool x_slot, bool back) {
  return (when ? 4u : 0u) + (x_slot ? 2 : 0) + (back ? 1 : 0);
}

/// SelectCmp: i32 comparisons; x in a slot (else r), y in a slot (else immediate).
constexpr std::uint32_t select_cmp_variant(std::uint32_t compare, bool x_slot, bool y_slot) {
  return compare * 8 + (x_slot ? 4 : 0) + (y_slot ? 2 : 0);
}

/// CompareAdd: the twenty integer comparisons; x in slot a (else r), y in slot b (else the wide
/// word).
constexpr std::uint32_t compare_add_variant(std::uint32_t compare, bool x_slot, bool y_slot) {
  return compare * 8 + (x_slot ? 4 : 0) + (y_slot ? 2 : 0);
}

/// MaskBranch: x in slot a (else r).
constexpr std::uint32_t mask_branch_variant(std::uint32_t compare, bool x_slot, bool back) {
  return compare * 4 + (x_slot ? 2 : 0) + (back ? 1 : 0);
}

/// What Add2Branch does before the addition that it tests.
enum class FirstMove : std::uint8_t {
  Add,   ///< d <- a + low half of the first wide word
  Copy,  ///< d <- a
  AddR,  ///< d <- a + r
  None,
};
/// Comparisons of Add2Branch are numbered as always, and then there is the unconditional branch.
inline constexpr std::uint32_t kAlways = 10;
constexpr std::uint32_t add2_branch_variant(std::uint32_t compare, FirstMove first, bool k_slot,
                                            bool y_slot, bool back) {
  return (compare * 3 + static_cast<std::uint32_t>(first)) * 8 + (k_slot ? 4 : 0) +
         (y_slot ? 2 : 0) + (back ? 1 : 0);
}
static_assert(add2_branch_variant(kAlways, FirstMove::AddR, true, true, true) + 1 == 264);

/// MoveBranch: a copy or a constant, then x in a slot (else r) against y in a slot (else
/// immediate).
constexpr std::uint32_t move_branch_variant(std::uint32_t compare, bool constant, bool x_slot,
                                            bool y_slot, bool back) {
  return compare * 16 + (constant ? 8 : 0) + (x_slot ? 4 : 0) + (y_slot ? 2 : 0) + (back ? 1 : 0);
}

/// LoadAtBranch: loads as LoadBranch; the address is a sum of two slots or of a slot and a
/// constant.
constexpr std::uint32_t load_at_branch_variant(std::uint32_t load, std::uint32_t compare,
                                               bool two_slots, bool y_slot, bool back) {
  return (load * 10 + compare) * 8 + (two_slots ? 4 : 0) + (y_slot ? 2 : 0) + (back ? 1 : 0);
}

/// StoreAdd: the stores of kStoreAtOps. Where the value is:
enum class StoreValue : std::uint8_t { Acc, Slot, Short };
constexpr std::uint32_t store_add_variant(std::uint32_t store, StoreValue value) {
  return store * 3 + static_cast<std::uint32_t>(value);
}
/// StoreAddBranch: not equal, or below; backwards.
constexpr std::uint32_t store_add_branch_variant(std::uint32_t store_add, bool below, bool y_slot) {
  return store_add * 4 + (below ? 2 : 0) + (y_slot ? 1 : 0);
}

/// Divisions by constants; + 2 when the operand is in a slot, + 1 for the result to a slot.
/// `longer`: the factor of a DivConst64 has a 65th bit (unsigned), or its 64th must not count as a
/// sign.
constexpr std::uint32_t div_const32_variant(bool is_signed, bool remainder) {
  return (is_signed ? 8u : 0) + (remainder ? 4u : 0);
}
constexpr std::uint32_t div_const64_variant(bool is_signed, bool remainder, bool longer) {
  return (is_signed ? 16u : 0) + (remainder ? 8u : 0) + (longer ? 4u : 0);
}
constexpr std::uint32_t div_pow_variant(bool wide, bool remainder) {
  return (wide ? 8u : 0) + (remainder ? 4u : 0);
}

/// OpStore: arithmetic and the store of its result.
struct OpStorePair {
  Op op;
  Op store;
};
inline constexpr OpStorePair kOpStores[] = {
    {Op::I32Add, Op::I32Store},  {Op::I32Sub, Op::I32Store},  {Op::I32Mul, Op::I32Store},
    {Op::I32And, Op::I32Store},  {Op::I32Or, Op::I32Store},   {Op::I32Xor, Op::I32Store},
    {Op::I32Add, Op::I32Store8}, {Op::I32And, Op::I32Store8}, {Op::I32Or, Op::I32Store8},
    {Op::I32Xor, Op::I32Store8}, {Op::I64Add, Op::I64Store},  {Op::I64Sub, Op::I64Store},
    {Op::I64And, Op::I64Store},  {Op::I64Or, Op::I64Store},   {Op::I64Xor, Op::I64Store},
    {Op::F32Add, Op::F32Store},  {Op::F32Sub, Op::F32Store},  {Op::F32Mul, Op::F32Store},
    {Op::F64Add, Op::F64Store},  {Op::F64Sub, Op::F64Store},  {Op::F64Mul, Op::F64Store},
};
inline constexpr std::uint32_t kOpStoreCount = sizeof kOpStores / sizeof kOpStores[0];
/// Forms: RS, SR, SS, RI, SI of code.h, by their number. The address is in slot d, for floats also
/// in r.
inline constexpr std::uint32_t kOpStoreForms = 5;
constexpr std::uint32_t op_store_variant(std::uint32_t pair, Form form, bool address_in_r) {
  return (pair * kOpStoreForms + static_cast<std::uint32_t>(form)) * 2 + (address_in_r ? 1 : 0);
}
static_assert(op_store_variant(kOpStoreCount - 1, Form::SI, true) + 1 == 210);
constexpr std::ptrdiff_t op_store_length(std::uint32_t variant) {
  return variant / 2 % kOpStoreForms <= static_cast<std::uint32_t>(Form::SR) ? 16 : 24;
}

/// LoadOpStore: the pairs of kOpLoads that read what a store of kStoreAtOps writes. The other
/// operand is in the wide word's slot or in the accumulator; the result to slot d as well or not.
constexpr std::uint32_t load_op_store_variant(std::uint32_t pair, bool other_slot, bool to_slot) {
  return pair * 4 + (other_slot ? 2 : 0) + (to_slot ? 1 : 0);
}
static_assert(load_op_store_variant(kOpLoadCount - 1, true, true) + 1 == 60);

}  // namespace wasmrt::interp
