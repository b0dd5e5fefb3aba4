// Superinstructions of copies, counting and branches.
//
// What happens first in a fused instruction happened first before: copies and additions of the
// instruction before the last are read back from its record (`prev_`), which ends where `last_`
// begins.
#include <algorithm>

#include "interp/fuse_forms.h"
#include "interp/fused.h"
#include "interp/translate.h"

namespace wasmrt::interp {
namespace {

/// A 32-bit constant that fits a signed 16-bit field.
constexpr bool is_short(std::uint64_t bits) {
  const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
  return bits >> 32 == 0 && x == static_cast<std::int16_t>(x);
}

}  // namespace

// --- copies and constants ---

/// Joins `d <- a`, or `d <- constant a`, with the copy or constant just emitted.
bool Translator::fuse_move(bool constant, std::uint16_t d, std::uint16_t a) {
  if (!fusible()) return false;
  const Last& l = last_;
  HandlerId id = kNoHandler;
  std::uint16_t first_d = l.d;
  std::uint16_t first_a = l.a;
  std::uint32_t w = two(d, a);
  std::uint64_t wide = 0;
  if (constant) {
    if (l.id == CopySlot) id = CopyConst;
    if (l.id == SlotConst32 && is_short(l.w)) {
      id = Const2;
      first_a = static_cast<std::uint16_t>(l.w);
    }
  } else if (l.id == CopySlot) {
    id = Copy2;
  } else if (l.id == Copy2) {
    id = Copy4;
    w = l.w;
    wide = two(d, a) * 0x1'0000'0001u;  // the same copy twice
  } else if (l.id == Copy4 && l.wide >> 32 == (l.wide & 0xFFFFFFFF)) {
    id = Copy4;
    w = l.w;
    wide = (l.wide & 0xFFFFFFFF) | std::uint64_t{two(d, a)} << 32;
  } else if (l.id == SlotConst32 && is_short(l.w) && a != l.d && d != l.d) {
    id = CopyConst;
    w = two(l.d, static_cast<std::uint16_t>(l.w));
    first_d = d;
    first_a = a;
  }
  if (id == kNoHandler) return false;
  pos_ = last_.pos;
  last_.pos = emit(id, first_d, first_a, w);
  if (id == Copy4) emit_wide(wide);
  last_.end = pos_;
  last_.id = id;
  last_.d = first_d;
  last_.a = first_a;
  last_.w = w;
  last_.wide = wide;
  return true;
}

void Translator::remember_move(HandlerId id, std::uint32_t pos, std::uint16_t d, std::uint16_t a,
                               std::uint32_t w) {
  before_prev_ = prev_;
  prev_ = last_;
  if (prev_.end != pos) prev_.end = kNone;
  last_ = {};
  last_.pos = pos;
  last_.end = pos_;
  last_.id = id;
  last_.d = d;
  last_.a = a;
  last_.w = w;
}

// --- additions and branches ---

/// The addition that the last instruction ends with, as in AddBranch, and what comes before it.
FirstMove Translator::last_two(AddParts& first, AddParts& second, std::uint32_t& pos) const {
  if (!fusible()) return FirstMove::None;
  pos = last_.pos;
  if (last_.id == Add2 || last_.id == CopyAdd) {
    second.d = static_cast<std::uint16_t>(last_.w);
    second.a = static_cast<std::uint16_t>(last_.w >> 16);
    second.k = static_cast<std::uint32_t>(last_.id == Add2 ? last_.wide >> 32 : last_.wide);
    second.k_slot = false;
    first.d = last_.d;
    first.a = last_.a;
    first.k = static_cast<std::uint32_t>(last_.wide);
    return last_.id == Add2 ? FirstMove::Add : FirstMove::Copy;
  }
  if (prev_.end != last_.pos || !split_add(last_, second)) return FirstMove::None;
  pos = prev_.pos;
  if (prev_.id == CopySlot) {
    first.d = prev_.d;
    first.a = prev_.a;
    return FirstMove::Copy;
  }
  if (split_add(prev_, first) && !first.k_slot) return FirstMove::Add;
  if (prev_.id == handler_id(Op::I32Add, Form::RS) + 1) {
    first.d = prev_.d;
    first.a = prev_.a;
    return FirstMove::AddR;
  }
  return FirstMove::None;
}

/// Compare: as compare_index, or kAlways.
bool Translator::fuse_add2_branch(std::uint32_t compare, const Place& y, bool back, Label* target,
                                  std::uint32_t* chain) {
  AddParts first;
  AddParts second;
  std::uint32_t pos = 0;
  const FirstMove move = last_two(first, second, pos);
  if (move == FirstMove::None) return false;
  if (compare != kAlways && acc_[kInt].mirror != second.d) return false;
  pos_ = pos;
  read_slot(first.a);
  read_slot(second.a);
  if (second.k_slot) read_slot(static_cast<std::uint16_t>(second.k));
  for (const std::uint16_t d : {first.d, second.d}) {
    if (d < temps_) touched_[d] = pos_ + 1;
  }
  read_place(y);
  const std::uint32_t at = emit(
      handler_id(Add2Branch, add2_branch_variant(compare, move, second.k_slot, y.is_s(), back)),
      first.d, first.a, 0);
  const std::uint64_t value = y.is_s() ? y.slot : y.bits & 0xFFFFFFFF;
  emit_wide(std::uint64_t{move == FirstMove::Add ? first.k : 0} | std::uint64_t{second.k} << 32);
  emit_wide(std::uint64_t{two(second.d, second.a)} | value << 32);
  link_branch(at, target, chain);
  return true;
}

/// A copy or a constant in front of a comparison with a branch.
bool Translator::fuse_move_branch(std::uint32_t compare, const Place& x, const Place& y, bool back,
                                  Label* target, std::uint32_t* chain) {
  const bool constant = last_.id == SlotConst32;
  if (!fusible() || (last_.id != CopySlot && !(constant && is_short(last_.w)))) return false;
  const Last move = last_;
  pos_ = move.pos;
  const std::uint16_t a = constant ? static_cast<std::uint16_t>(move.w) : move.a;
  if (!constant) read_slot(a);
  if (move.d < temps_) touched_[move.d] = pos_ + 1;
  read_place(x);
  read_place(y);
  const std::uint32_t at =
      emit(handler_id(MoveBranch, move_branch_variant(compare, constant, x.is_s(), y.is_s(), back)),
           move.d, a, 0);
  const std::uint64_t value = y.is_s() ? y.slot : y.bits & 0xFFFFFFFF;
  emit_wide(value | std::uint64_t{x.is_s() ? x.slot : std::uint16_t{0}} << 32);
  link_branch(at, target, chain);
  return true;
}

/// Where the result of an instruction goes that a branch will test; nobody else reads it when it
/// was in the accumulator only: then a slot behind those of the comparison's operands.
std::uint16_t Translator::tested_slot(bool to_slot) {
  if (to_slot) return last_.d;
  const auto d = static_cast<std::uint16_t>(next_slot() + 2);
  touch_slots(d + 1u);
  return d;
}

/// ((x + k) & m) compared with a constant.
bool Translator::fuse_mask_branch(std::uint32_t compare, const Place& y, bool back, Label* target,
                                  std::uint32_t* chain) {
  if (!y.is_i()) return false;
  std::uint32_t k = 0;
  std::uint32_t mask = 0;
  bool x_slot = false;
  const auto even = static_cast<HandlerId>(last_.id - (writes_slot(last_.id) ? 1 : 0));
  const std::uint32_t add_and = Pair32 + pair_variant(static_cast<std::uint32_t>(PairOp::Add),
                                                      static_cast<std::uint32_t>(PairOp::And), 0);
  if (even == handler_id(Op::I32And, Form::RI) || even == handler_id(Op::I32And, Form::SI)) {
    mask = last_.w;
    x_slot = even == handler_id(Op::I32And, Form::SI);
  } else if (even == add_and || even == add_and + 2 * pair_form(true, false, false)) {
    k = static_cast<std::uint32_t>(last_.wide);
    mask = static_cast<std::uint32_t>(last_.wide >> 32);
    x_slot = even != add_and;
  } else {
    return false;
  }
  const Last last = last_;
  const std::uint16_t d = tested_slot(writes_slot(last.id));
  pos_ = last.pos;
  const std::uint16_t a = x_slot ? last.a : std::uint16_t{0};
  if (x_slot) read_slot(a);
  if (d < temps_) touched_[d] = pos_ + 1;
  const std::uint32_t at =
      emit(handler_id(MaskBranch, mask_branch_variant(compare, x_slot, back)), d, a, 0);
  emit_wide(std::uint64_t{k} | std::uint64_t{mask} << 32);
  emit_wide(y.bits & 0xFFFFFFFF);
  acc_[kInt].def = kNone;
  acc_[kInt].slot_form = kNoHandler;
  link_branch(at, target, chain);
  return true;
}

/// A load from the sum of two slots, or of a slot and a constant, compared.
bool Translator::fuse_load_at_branch(std::uint32_t compare, const Place& y, bool back,
                                     Label* target, std::uint32_t* chain) {
  if (last_.id < LoadAt || last_.id > LoadAtLast_) return false;
  const auto variant = static_cast<std::uint32_t>(last_.id - LoadAt) / 2;
  const Op op = kLoadAtOps[variant / kAddressModes];
  const auto mode = static_cast<AddressMode>(variant % kAddressModes);
  std::uint32_t load = 0;
  while (load < 3 && kLoadBranchOps[load] != op) ++load;
  const bool two_slots = mode == AddressMode::SS;
  if (load == 3 || (!two_slots && mode != AddressMode::SI)) return false;
  const Last last = last_;
  const std::uint16_t d = tested_slot(writes_slot(last.id));
  pos_ = last.pos;  // its note stays
  const auto b = static_cast<std::uint16_t>(last.w);
  read_slot(last.a);
  if (two_slots) read_slot(b);
  read_place(y);
  if (d < temps_) touched_[d] = pos_ + 1;
  const std::uint32_t at = emit(
      handler_id(LoadAtBranch, load_at_branch_variant(load, compare, two_slots, y.is_s(), back)), d,
      last.a, 0);
  const std::uint32_t offset = two_slots ? last.w >> 16 : static_cast<std::uint32_t>(last.wide);
  emit_wide(std::uint64_t{offset} | (y.is_s() ? y.slot : y.bits & 0xFFFFFFFF) << 32);
  emit_wide(two_slots ? b : last.w);
  acc_[kInt].def = kNone;
  acc_[kInt].slot_form = kNoHandler;
  link_branch(at, target, chain);
  return true;
}

// --- calls and returns ---

bool Translator::fuse_return(const Operand& result) {
  if (!is_last(result) || !is_op(last_.id) || op_of(last_.id) != Op::I32Add) return false;
  const bool first_slot = is_form(last_.id, Form::SI) || is_form(last_.id, Form::SS);
  const bool second_slot = is_form(last_.id, Form::RS) || is_form(last_.id, Form::SS);
  if (!first_slot && !second_slot && !is_form(last_.id, Form::RI)) return false;
  const Last last = last_;
  pos_ = last.pos;
  const bool from_r = !first_slot && second_slot;
  emit(return_id(RetAdd, (first_slot ? 2u : 0u) + (second_slot ? 1u : 0u)), link_,
       from_r ? std::uint16_t{0} : last.a, from_r ? std::uint32_t{last.a} : last.w);
  return true;
}

}  // namespace wasmrt::interp
