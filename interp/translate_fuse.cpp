// Superinstructions: a consumer takes the last instruction out again and emits both as one.
//
// Legal only while the last instruction's result is nowhere but in its accumulator (is_last), or,
// for counted loops, when what it wrote to a slot is written by the fused one too. i32 addresses
// wrap before an offset is added; floats round after each operation.
#include <algorithm>

#include "interp/fuse_forms.h"
#include "interp/fused.h"
#include "interp/translate.h"

namespace wasmrt::interp {
namespace {

struct PairOps {
  PairOp op = PairOp::None;
  bool is_64 = false;
};

constexpr PairOps pair_op(Op op) {
  switch (op) {
    case Op::I32Add: return {PairOp::Add, false};
    case Op::I32Sub: return {PairOp::Sub, false};
    case Op::I32Mul: return {PairOp::Mul, false};
    case Op::I32And: return {PairOp::And, false};
    case Op::I32Or: return {PairOp::Or, false};
    case Op::I32Xor: return {PairOp::Xor, false};
    case Op::I32Shl: return {PairOp::Shl, false};
    case Op::I32ShrU: return {PairOp::ShrU, false};
    case Op::I32ShrS: return {PairOp::ShrS, false};
    case Op::I32Rotl: return {PairOp::Rotl, false};
    case Op::I64Add: return {PairOp::Add, true};
    case Op::I64Sub: return {PairOp::Sub, true};
    case Op::I64Mul: return {PairOp::Mul, true};
    case Op::I64And: return {PairOp::And, true};
    case Op::I64Or: return {PairOp::Or, true};
    case Op::I64Xor: return {PairOp::Xor, true};
    case Op::I64Shl: return {PairOp::Shl, true};
    case Op::I64ShrU: return {PairOp::ShrU, true};
    case Op::I64ShrS: return {PairOp::ShrS, true};
    case Op::I64Rotl: return {PairOp::Rotl, true};
    default: return {};
  }
}

/// 0 add, 1 sub, 2 mul; else 3.
constexpr std::uint32_t float_op(Op op, bool is_64) {
  if (op == (is_64 ? Op::F64Add : Op::F32Add)) return 0;
  if (op == (is_64 ? Op::F64Sub : Op::F32Sub)) return 1;
  if (op == (is_64 ? Op::F64Mul : Op::F32Mul)) return 2;
  return 3;
}

constexpr bool fits32(std::uint64_t x) {
  return static_cast<std::int64_t>(x) == static_cast<std::int32_t>(x);
}
constexpr std::uint64_t halves(std::uint64_t low, std::uint64_t high) {
  return (low & 0xFFFFFFFF) | high << 32;
}

}  // namespace

void Translator::finish_fused(std::uint32_t at, HandlerId id, ValKind type,
                              const AccState& before) {
  push_acc(type, at, static_cast<HandlerId>(id + 1));
  const std::uint64_t fields = code_[at / 8 + 1];
  remember(at, id, acc_of(type), before, static_cast<std::uint16_t>(fields >> 16),
           static_cast<std::uint32_t>(fields >> 32), pos_ - at > 16 ? code_[at / 8 + 2] : 0);
}

bool Translator::fuse_binary(Op op, ValKind type, const Operand& a, const Operand& b) {
  const bool left = is_last(a);
  if (!left && !is_last(b)) return false;
  const Operand& other = left ? b : a;
  if (other.kind == Operand::Kind::Acc) return false;
  if (fuse_op_load(op, type, other, left) || fuse_compare_add(op, type, other)) return true;
  return acc_of(type) == kInt ? fuse_pair(op, type, other, left)
                              : fuse_float_pair(op, type, other, left);
}

bool Translator::fuse_pair(Op op, ValKind type, const Operand& other, bool left) {
  if (!is_op(last_.id)) return false;
  const PairOps inner = pair_op(op_of(last_.id));
  const PairOps outer = pair_op(op);
  if (inner.op == PairOp::None || outer.op == PairOp::None || inner.is_64 != outer.is_64)
    return false;
  auto outer_number = static_cast<std::uint32_t>(outer.op);
  if (outer.op == PairOp::ShrS) return false;
  if (outer.op == PairOp::Rotl) outer_number = kOuterRotl;
  if (!left) {
    if (outer.op != PairOp::Sub) return false;
    outer_number = kOuterRSub;
  }
  const bool x_slot = is_form(last_.id, Form::SS) || is_form(last_.id, Form::SI);
  const bool p_slot = is_form(last_.id, Form::RS) || is_form(last_.id, Form::SS);
  if (!x_slot && !p_slot && !is_form(last_.id, Form::RI)) return false;
  const std::uint64_t k =
      inner.is_64 ? last_.wide : static_cast<std::uint64_t>(static_cast<std::int32_t>(last_.w));
  const bool q_imm = other.kind == Operand::Kind::Const;
  const std::uint64_t k2 = type == ValKind::I64
                               ? other.bits
                               : static_cast<std::uint64_t>(static_cast<std::int32_t>(other.bits));
  const bool wide = q_imm && !p_slot && (!fits32(k2) || !fits32(k));

  const Last last = last_;
  undo_last();
  // The other operand may have been in the accumulator before the inner function took it.
  const bool q_in_r = !q_imm && x_slot && place(other).is_r();
  const AccState before = acc_[kInt];
  take_acc(kInt);
  const std::uint16_t x = x_slot ? last.a : 0;
  const std::uint16_t p = !p_slot ? 0 : x_slot ? static_cast<std::uint16_t>(last.w) : last.a;
  const std::uint16_t q = q_imm || q_in_r                      ? 0
                          : other.kind == Operand::Kind::Local ? other.local
                                                               : other.slot;
  if (x_slot) read_slot(x);
  if (p_slot) read_slot(p);
  if (!q_imm && !q_in_r) read_slot(q);
  const std::uint32_t form =
      q_in_r ? kPairQInR + (p_slot ? 1 : 0) : pair_form(x_slot, p_slot, !q_imm);
  const auto inner_number = static_cast<std::uint32_t>(inner.op);
  const HandlerId id =
      wide ? handler_id(Pair64Wide, pair_wide_variant(inner_number, outer_number, x_slot))
           : handler_id(inner.is_64 ? Pair64 : Pair32,
                        pair_variant(inner_number, outer_number, form));
  const std::uint32_t at = emit(id, 0, x, two(p, q));
  if (wide) {
    emit_wide(k);
    emit_wide(k2);
  } else if (pair_has_imm(form)) {
    emit_wide(p_slot ? k2 : q_imm ? halves(k, k2) : k);
  }
  finish_fused(at, id, type, before);
  return true;
}

/// An integer comparison whose result is added to something.
bool Translator::fuse_compare_add(Op op, ValKind type, const Operand& other) {
  if (!is_op(last_.id) || other.kind == Operand::Kind::Const) return false;
  const bool is_64 = op == Op::I64Add;
  if (!is_64 && op != Op::I32Add) return false;
  Op compare = op_of(last_.id);
  bool x_slot = is_form(last_.id, Form::SS) || is_form(last_.id, Form::SI);
  bool y_slot = is_form(last_.id, Form::SS) || is_form(last_.id, Form::RS);
  std::uint64_t y = is_64 ? last_.wide : last_.w;
  if (compare == (is_64 ? Op::I64Eqz : Op::I32Eqz) && form_of(last_.id) % 2 == 0) {
    compare = is_64 ? Op::I64Eq : Op::I32Eq;
    x_slot = form_of(last_.id) == 2;
    y_slot = false;
    y = 0;
  } else if (is_64 ? compare < Op::I64Eq || compare > Op::I64GeU
                   : compare < Op::I32Eq || compare > Op::I32GeU) {
    return false;
  } else if (!x_slot && !y_slot && !is_form(last_.id, Form::RI)) {
    return false;
  }
  const Last last = last_;
  undo_last();
  const AccState before = acc_[kInt];
  take_acc(kInt);
  const std::uint16_t x = x_slot ? last.a : 0;
  const std::uint16_t b = !y_slot ? 0 : x_slot ? static_cast<std::uint16_t>(last.w) : last.a;
  const std::uint16_t c = other.kind == Operand::Kind::Local ? other.local : other.slot;
  if (x_slot) read_slot(x);
  if (y_slot) read_slot(b);
  read_slot(c);
  const HandlerId id =
      handler_id(CompareAdd, compare_add_variant(compare_index(compare), x_slot, y_slot));
  const std::uint32_t at = emit(id, 0, x, two(b, c));
  emit_wide(y_slot ? 0 : y);
  finish_fused(at, id, type, before);
  return true;
}

bool Translator::fuse_float_pair(Op op, ValKind type, const Operand& other, bool left) {
  if (!is_op(last_.id) || type == ValKind::V128) return false;
  const bool is_64 = type == ValKind::F64;
  const std::uint32_t inner = float_op(op_of(last_.id), is_64);
  std::uint32_t outer = float_op(op, is_64);
  if (inner == 3 || outer == 3) return false;
  if (!left) {
    if (outer != 1) return false;
    outer = kFloatRSub;
  }
  const bool x_slot = is_form(last_.id, Form::SS) || is_form(last_.id, Form::SI);
  const bool p_slot = is_form(last_.id, Form::SS) || is_form(last_.id, Form::RS);
  if (!x_slot && !p_slot && !is_form(last_.id, Form::RI)) return false;
  const bool q_slot = other.kind != Operand::Kind::Const;
  const Last last = last_;
  undo_last();
  const AccState before = acc_[kVecAcc];
  take_acc(kVecAcc);
  const std::uint16_t x = x_slot ? last.a : 0;
  const std::uint16_t p = !p_slot ? 0 : x_slot ? static_cast<std::uint16_t>(last.w) : last.a;
  const std::uint16_t q = !q_slot                              ? 0
                          : other.kind == Operand::Kind::Local ? other.local
                                                               : other.slot;
  if (x_slot) read_slot(x);
  if (p_slot) read_slot(p);
  if (q_slot) read_slot(q);
  const HandlerId id =
      handler_id(is_64 ? PairF64 : PairF32,
                 float_pair_variant(inner, outer, pair_form(x_slot, p_slot, q_slot)));
  const std::uint32_t at = emit(id, 0, x, two(p, q));
  if (!p_slot) emit_wide(is_64 ? last.wide : last.w);
  if (!q_slot) emit_wide(other.bits);
  finish_fused(at, id, type, before);
  return true;
}

bool Translator::fuse_op_load(Op op, ValKind type, const Operand& other, bool left) {
  // Which load, and how is its address made?
  Op load = kNoOp;
  AddressMode mode = AddressMode::Count;
  if (is_op(last_.id)) {
    load = op_of(last_.id);
    if (form_of(last_.id) == load_form(MemMode::Guarded, false, false)) mode = AddressMode::PlainR;
    if (form_of(last_.id) == load_form(MemMode::Guarded, true, false)) mode = AddressMode::PlainS;
  } else if (last_.id >= LoadAt && last_.id <= LoadAtLast_) {
    const auto variant = static_cast<std::uint32_t>(last_.id - LoadAt) / 2;
    load = kLoadAtOps[variant / kAddressModes];
    mode = static_cast<AddressMode>(variant % kAddressModes);
  }
  const std::uint32_t m = op_load_mode(mode);
  if (load == kNoOp || m == ~0u || other.kind == Operand::Kind::Const) return false;
  std::uint32_t pair = 0;
  while (pair < kOpLoadCount && (kOpLoads[pair].op != op || kOpLoads[pair].load != load)) ++pair;
  if (pair == kOpLoadCount || (left && mirrored(op) != op)) return false;

  const Last last = last_;
  undo_last();
  const Acc acc = acc_of(type);
  Place p = place(other);
  const bool address_in_r =
      mode == AddressMode::RS || mode == AddressMode::RI || mode == AddressMode::PlainR;
  if (p.is_r() && acc == kInt && address_in_r) p.kind = Place::Kind::S;
  const AccState before = acc_[acc];
  take_acc(acc);
  read_place(p);
  // What the load reads itself.
  read_slot(last.a);
  if (mode == AddressMode::SS) read_slot(static_cast<std::uint16_t>(last.w));
  const HandlerId id = handler_id(OpLoad, op_load_variant(pair, m, p.is_s()));
  const std::uint32_t at = emit(id, 0, last.a, last.w);
  if (mode_length(mode) == 24) emit_wide(last.wide);
  emit_wide(p.slot);  // the note of the load stands at the same position
  finish_fused(at, id, type, before);
  return true;
}

bool Translator::last_address(std::uint64_t offset, FusedAddress& out) const {
  const bool short_offset = offset <= 0xFFFF;
  out.wide = offset;
  const HandlerId last = last_.id;
  const auto lo = static_cast<std::uint16_t>(last_.w);
  const auto c = static_cast<std::uint16_t>(offset);
  AddressMode mode = AddressMode::Count;
  if (is_op(last) && op_of(last) == Op::I32Add) {
    if (is_form(last, Form::RS))
      mode = AddressMode::RS, out.a = last_.a, out.w = static_cast<std::uint32_t>(offset);
    if (is_form(last, Form::SS) && short_offset)
      mode = AddressMode::SS, out.a = last_.a, out.w = two(lo, c);
    if (is_form(last, Form::RI)) mode = AddressMode::RI, out.w = last_.w;
    if (is_form(last, Form::SI)) mode = AddressMode::SI, out.a = last_.a, out.w = last_.w;
  } else if (is_op(last) && op_of(last) == Op::I32Shl && last_.w >= 1 && last_.w <= 3) {
    if (is_form(last, Form::RI)) mode = shifted(AddressMode::RShl, last_.w);
    if (is_form(last, Form::SI)) mode = shifted(AddressMode::SShl, last_.w), out.a = last_.a;
  } else if (last >= Pair32 && last <= Pair32Last_) {
    const auto variant = static_cast<std::uint32_t>(last - Pair32);
    const auto k = static_cast<std::uint32_t>(last_.wide);
    const auto pair = [](PairOp inner, std::uint32_t form) {
      return pair_variant(static_cast<std::uint32_t>(inner),
                          static_cast<std::uint32_t>(PairOp::Add), form);
    };
    const auto lo16 = static_cast<std::uint16_t>(last_.w);
    const auto hi = static_cast<std::uint16_t>(last_.w >> 16);
    const auto q = static_cast<std::uint32_t>(last_.wide >> 32);
    if (k >= 1 && k <= 3) {
      const std::uint32_t r_slot = pair(PairOp::Shl, pair_form(false, false, true));
      const std::uint32_t s_slot = pair(PairOp::Shl, pair_form(true, false, true));
      if (variant == pair(PairOp::Shl, pair_form(false, false, false)))
        mode = shifted(AddressMode::RShl, k), out.w = q;
      if (variant == pair(PairOp::Shl, pair_form(true, false, false)))
        mode = shifted(AddressMode::SShl, k), out.a = last_.a, out.w = q;
      if (short_offset && variant == r_slot)
        mode = shifted(AddressMode::RShlS, k), out.w = two(hi, c);
      if (short_offset && variant == s_slot)
        mode = shifted(AddressMode::SShlS, k), out.a = last_.a, out.w = two(hi, c);
    }
    if (variant == pair(PairOp::Add, pair_form(true, true, false))) {
      mode = AddressMode::SSI;
      out.a = last_.a;
      out.w = lo16;
      out.wide = halves(last_.wide, offset);
    }
  }
  out.mode = static_cast<std::uint32_t>(mode);
  out.reads_b = mode == AddressMode::SS || mode >= AddressMode::RShlS;
  return mode != AddressMode::Count;
}

bool Translator::fuse_load(Op op, ValKind type, std::uint64_t offset, const Operand& address) {
  const std::uint32_t number = load_at_index(op);
  FusedAddress f;
  if (number == ~0u) return false;
  if (!is_last(address) || !last_address(offset, f)) {
    return fuse_add_load(number, type, offset, address);
  }
  undo_last();
  const Acc acc = acc_of(type);
  if (acc_[acc].entry >= 0) spill(acc);
  const AccState before = acc_[acc];
  take_acc(acc);
  read_slot(f.a);
  if (f.reads_b) read_slot(static_cast<std::uint16_t>(f.w));
  const auto mode = static_cast<AddressMode>(f.mode);
  const HandlerId id = handler_id(LoadAt, load_at_variant(number, mode));
  const std::uint32_t at = emit(id, 0, f.a, f.w);
  if (mode_length(mode) == 24) emit_wide(f.wide);
  note(at);
  finish_fused(at, id, type, before);
  return true;
}

/// A load from a local that was just made by an addition.
bool Translator::fuse_add_load(std::uint32_t load, ValKind type, std::uint64_t offset,
                               const Operand& address) {
  AddParts add;
  if (!fusible() || address.kind != Operand::Kind::Local || acc_[kInt].mirror != address.local ||
      acc_[kInt].def != last_.pos || !split_add(last_, add) || add.d != address.local) {
    return false;
  }
  undo_last();
  const Acc acc = acc_of(type);
  if (acc_[acc].entry >= 0) spill(acc);
  take_acc(acc);
  if (acc == kVecAcc) {
    // The sum stays in the other accumulator.
    take_acc(kInt);
    acc_[kInt].mirror = add.d;
  }
  read_slot(add.a);
  if (add.k_slot) read_slot(static_cast<std::uint16_t>(add.k));
  const HandlerId id = handler_id(AddLoad, add_load_variant(load, add.k_slot));
  const std::uint32_t at = emit(id, 0, add.a, add.k);
  emit_wide(halves(offset, add.d));
  touched_[add.d] = at + 1;
  written_[add.d] = pos_;
  note(at);
  push_acc(type, at, static_cast<HandlerId>(id + 1));
  forget_last();
  return true;
}

// --- counted loops ---

bool Translator::split_add(const Last& last, AddParts& out) const {
  if (!is_op(last.id) || op_of(last.id) != Op::I32Add || last.id % 2 == 0) return false;
  const auto form = static_cast<Form>(form_of(last.id) / 2);
  // What was in the accumulator may also have been in a slot: then it still is.
  const std::int32_t mirror = last.before.mirror_vec ? kNoSlot : last.before.mirror;
  out.d = last.d;
  out.k_slot = form == Form::SS || form == Form::RS;
  if (form == Form::SI || form == Form::SS) {
    out.a = last.a;
    out.k = form == Form::SS ? last.w & 0xFFFF : last.w;
    return true;
  }
  if (mirror == kNoSlot || (form != Form::RI && form != Form::RS)) return false;
  out.a = static_cast<std::uint16_t>(mirror);
  out.k = form == Form::RS ? last.a : last.w;
  return true;
}

/// d <- a + k or d <- a, then b <- c + l, as one.
void Translator::fuse_adds() {
  AddParts second;
  AddParts first;
  if (prev_.end != last_.pos || !split_add(last_, second) || second.k_slot) return;
  if (fuse_store_add(second)) return;
  const bool copies = prev_.id == CopySlot;
  if (copies) {
    const std::uint64_t fields = code_[prev_.pos / 8 + 1];
    first.d = static_cast<std::uint16_t>(fields);
    first.a = static_cast<std::uint16_t>(fields >> 16);
  } else if (!split_add(prev_, first) || first.k_slot) {
    return;
  }
  pos_ = prev_.pos;
  const std::uint64_t wide = copies ? second.k : halves(first.k, second.k);
  const std::uint32_t at = emit(copies ? CopyAdd : Add2, first.d, first.a, two(second.d, second.a));
  emit_wide(wide);
  last_ = {};
  last_.pos = at;
  last_.end = pos_;
  last_.id = copies ? CopyAdd : Add2;
  last_.d = first.d;
  last_.a = first.a;
  last_.w = two(second.d, second.a);
  last_.wide = wide;
  prev_ = {};
}

/// A sum that went to one slot goes to another one as well: computed twice in one instruction.
bool Translator::fuse_sum_again(std::uint16_t d, ValKind type) {
  AddParts add;
  if (type != ValKind::I32 || !fusible() || acc_[kInt].def != last_.pos || !split_add(last_, add) ||
      add.k_slot || add.a == add.d || acc_[kInt].mirror != add.d) {
    return false;
  }
  kill_mirror(d, 1);
  const std::uint32_t at = last_.pos;
  pos_ = at;
  read_slot(add.a);
  if (d < temps_) touched_[d] = at + 1;
  emit(Add2, add.d, add.a, two(d, add.a));
  emit_wide(halves(add.k, add.k));
  last_.end = pos_;
  last_.id = Add2;
  last_.d = add.d;
  last_.a = add.a;
  last_.w = two(d, add.a);
  last_.wide = halves(add.k, add.k);
  prev_ = {};
  take_acc(kInt);
  acc_[kInt].mirror = d;
  return true;
}

/// Finds the addition the last instruction ends with, as fuse_add_branch wants it.
bool Translator::last_addition(AddParts& add) const {
  if (!fusible()) return false;
  if (last_.id == Add2 || last_.id == CopyAdd) {
    add.d = static_cast<std::uint16_t>(last_.w);
    add.a = static_cast<std::uint16_t>(last_.w >> 16);
    add.k = static_cast<std::uint32_t>(last_.id == Add2 ? last_.wide >> 32 : last_.wide);
    add.k_slot = false;
    return true;
  }
  return split_add(last_, add);
}

/// Takes that addition out, leaving what else the last instruction did.
void Translator::remove_addition() {
  const Last both = last_;
  pos_ = both.pos;
  if (both.id == Add2) {
    emit(handler_id(Op::I32Add, 2 * static_cast<std::uint32_t>(Form::SI) + 1), both.d, both.a,
         static_cast<std::uint32_t>(both.wide));
  } else if (both.id == CopyAdd) {
    emit(CopySlot, both.d, both.a, 0);
  }
}

bool Translator::fuse_branch(const Condition& condition, bool taken_if, Label* target,
                             std::uint32_t* chain) {
  // What is fused with a branch compares 32 bits.
  if (!fusible() || condition.a.is_i() || condition.wide) return false;
  Place a = condition.a;
  Place b = condition.b;
  Op op = condition.compare;
  const bool plain = op == kNoOp;
  if (plain) {
    b = {Place::Kind::I, 0, 0};
    op = Op::I32Ne;
  } else if (op > Op::I32GeU) {
    return false;
  }
  if (!taken_if) op = negated(op);
  if (!a.is_r()) {
    std::swap(a, b);
    op = mirrored(op);
  }
  if (!a.is_r() && !b.is_r() && a.is_i()) {
    std::swap(a, b);
    op = mirrored(op);
  }
  const bool back = target != nullptr && target->kind == FrameKind::Loop;
  const std::uint32_t compare = compare_index(op);
  if (!b.is_r() && fuse_move_branch(compare, a, b, back, target, chain)) return true;
  if (!a.is_r() || b.is_r()) return false;
  if (fuse_add2_branch(compare, b, back, target, chain)) return true;
  if (back && fuse_store_add_branch(compare, b, *target)) return true;
  const std::uint64_t y = b.is_s() ? b.slot : b.bits;

  AddParts add;
  bool adds = last_addition(add) && acc_[kInt].mirror == add.d;
  if (!adds && acc_[kInt].def == last_.pos && acc_[kInt].slot_form != kNoHandler) {
    // The sum is needed by nobody else: it goes to a slot that nobody reads, behind those of the
    // comparison's two operands.
    Last with_slot = last_;
    with_slot.id = static_cast<HandlerId>(last_.id | 1);
    with_slot.d = static_cast<std::uint16_t>(next_slot() + 2);
    adds = last_.id % 2 == 0 && split_add(with_slot, add);
    if (adds) {
      undo_last();
      take_acc(kInt);
      touch_slots(add.d + 1u);
    }
  } else if (adds) {
    remove_addition();
  }
  if (adds) {
    read_slot(add.a);
    if (add.k_slot) read_slot(static_cast<std::uint16_t>(add.k));
    if (add.d < temps_) touched_[add.d] = pos_ + 1;
    read_place(b);
    const std::uint32_t at =
        emit(handler_id(AddBranch, add_branch_variant(compare, add.k_slot, b.is_s(), back)), add.d,
             add.a, 0);
    emit_wide(halves(add.k, y));
    link_branch(at, target, chain);
    if (const std::uint32_t near = back ? near_number(at - target->target) : kNearDistances;
        near != kNearDistances) {
      code_[at / 8] = reinterpret_cast<std::uint64_t>(
          handlers_[AddBranchNear + add_branch_near_variant(compare, add.k_slot, b.is_s(), near)]);
    }
    return true;
  }
  // The condition must be what that instruction made, and if it also went to a slot, that is a
  // local's.
  const bool to_slot = writes_slot(last_.id);
  if (to_slot ? acc_[kInt].mirror != last_.d : acc_[kInt].def != last_.pos) return false;
  if (fuse_load_at_branch(compare, b, back, target, chain)) return true;
  const Op last_op = is_op(last_.id) ? op_of(last_.id) : kNoOp;
  const std::uint32_t form = form_of(last_.id);
  std::uint32_t load = 0;
  while (load < 3 && kLoadBranchOps[load] != last_op) ++load;
  if (load < 3 && form < 4) {
    const Last last = last_;
    pos_ = last.pos;  // its note stays
    read_slot(last.a);
    read_place(b);
    const std::uint32_t at =
        emit(handler_id(LoadBranch,
                        load_branch_variant(load, compare, form >= 2, to_slot, b.is_s(), back)),
             to_slot ? last.d : std::uint16_t{0}, last.a, 0);
    emit_wide(halves(last.w, y));
    acc_[kInt].def = kNone;
    acc_[kInt].slot_form = kNoHandler;
    link_branch(at, target, chain);
    return true;
  }
  const bool tests_zero = b.is_i() && b.bits == 0 && (op == Op::I32Eq || op == Op::I32Ne);
  if (tests_zero && !to_slot && (last_op == Op::I32And || (plain && last_op == Op::I64And)) &&
      (is_form(last_.id, Form::RI) || is_form(last_.id, Form::SI))) {
    const Last last = last_;
    const bool x_slot = is_form(last.id, Form::SI);
    undo_last();
    if (x_slot) read_slot(last.a);
    const std::uint32_t at =
        emit(handler_id(AndBranch, and_branch_variant(op == Op::I32Ne, x_slot, back)), 0,
             x_slot ? last.a : std::uint16_t{0}, 0);
    emit_wide(last_op == Op::I32And ? last.w : last.wide);
    link_branch(at, target, chain);
    return true;
  }
  return fuse_mask_branch(compare, b, back, target, chain);
}

bool Translator::fuse_jump(Label& target) {
  if (!fusible()) return false;
  const bool back = target.kind == FrameKind::Loop;
  if (fuse_add2_branch(kAlways, {Place::Kind::I, 0, 0}, back, &target, nullptr)) return true;
  if (last_.id == CopySlot) {
    pos_ = last_.pos;
    const auto d = static_cast<std::uint16_t>(code_[pos_ / 8 + 1]);
    const auto a = static_cast<std::uint16_t>(code_[pos_ / 8 + 1] >> 16);
    link_branch(emit(handler_id(CopyJump, back ? 1 : 0), d, a, 0), &target, nullptr);
    return true;
  }
  AddParts add;
  if (last_addition(add) && !add.k_slot) {
    remove_addition();
    const std::uint32_t at = emit(handler_id(AddJump, back ? 1 : 0), add.d, add.a, 0);
    emit_wide(add.k);
    link_branch(at, &target, nullptr);
    if (const std::uint32_t near = back ? near_number(at - target.target) : kNearDistances;
        near != kNearDistances) {
      code_[at / 8] = reinterpret_cast<std::uint64_t>(handlers_[AddJumpNear + near]);
    }
    return true;
  }
  return false;
}

// --- tables, select, calls ---

bool Translator::fuse_table_index(const Operand& index, HandlerId& id, std::uint16_t& d,
                                  std::uint16_t& a) {
  if (!is_last(index) || !is_op(last_.id)) return false;
  const Op op = op_of(last_.id);
  bool slot;
  if (op == Op::I32Add && (is_form(last_.id, Form::RI) || is_form(last_.id, Form::SI))) {
    const auto k = static_cast<std::int32_t>(last_.w);
    if (k != static_cast<std::int16_t>(k)) return false;
    slot = is_form(last_.id, Form::SI);
    id = handler_id(BrTableAdd, slot ? 1 : 0);
  } else if (op == Op::I32Load8U && form_of(last_.id) < 4 && last_.w <= 0xFFFF) {
    slot = form_of(last_.id) >= 2;
    id = handler_id(BrTableLoad, slot ? 1 : 0);
  } else {
    return false;
  }
  d = static_cast<std::uint16_t>(last_.w);
  a = slot ? last_.a : std::uint16_t{0};
  const Last last = last_;
  undo_last();
  // A load's note moves along with it.
  if (op == Op::I32Load8U && !notes_.empty() && notes_.back().first == last.pos)
    table_note_ = notes_.back().second;
  return true;
}

/// d <- p; p <- p + k in front of a switch on the byte at d + offset: as one. Changes a and d, the
/// fields of the switch, to those of BrTableNext.
bool Translator::fuse_table_next(std::uint16_t& a, std::uint16_t& d, std::uint64_t& wide) {
  if (!fusible() || last_.id != CopyAdd) return false;
  const auto second_d = static_cast<std::uint16_t>(last_.w);
  const auto second_a = static_cast<std::uint16_t>(last_.w >> 16);
  if (last_.d != a || second_d != last_.a || second_a != last_.a || last_.d == last_.a)
    return false;
  pos_ = last_.pos;
  wide = halves(last_.wide, d);
  d = last_.d;
  a = last_.a;
  if (d < temps_) touched_[d] = pos_ + 1;
  touched_[a] = pos_ + 1;
  acc_[kInt] = {};
  return true;
}

/// A jump back to a loop that begins with BrTableNext: the switch is carried out here, which spares
/// the pc one load.
bool Translator::fuse_table_again(const Label& target) {
  if (!options_.fuse || target.kind != FrameKind::Loop || target.target == pos_) return false;
  const std::uint64_t* first = code_.data() + target.target / 8;
  if (first[0] != reinterpret_cast<std::uint64_t>(handlers_[BrTableNext])) return false;
  const auto noted = std::lower_bound(notes_.begin(), notes_.end(), target.target,
                                      [](const std::pair<std::uint32_t, std::uint32_t>& x,
                                         std::uint32_t p) { return x.first < p; });
  if (noted == notes_.end() || noted->first != target.target) return false;
  const std::uint64_t fields = first[1];
  const std::uint64_t wide = first[2];
  const std::uint32_t offset = noted->second;
  const std::uint32_t at =
      emit(BrTableAgain, static_cast<std::uint16_t>(fields),
           static_cast<std::uint16_t>(fields >> 16), static_cast<std::uint32_t>(fields >> 32));
  emit_wide(wide);
  emit_wide(std::uint64_t{target.target - at});
  note(at);
  notes_.back().second = offset;
  forget_last();
  mark_branch();
  barrier_ = pos_;
  return true;
}

bool Translator::fuse_select(const Operand& oa, const Operand& ob, const Operand& oc,
                             ValKind kind) {
  if (acc_of(kind) != kInt || !is_last(oc) || !is_op(last_.id)) return false;
  const Op op = op_of(last_.id);
  if (op < Op::I32Eq || op > Op::I32GeU || oa.kind == Operand::Kind::Acc ||
      ob.kind == Operand::Kind::Acc)
    return false;
  const bool x_slot = is_form(last_.id, Form::SS) || is_form(last_.id, Form::SI);
  const bool y_slot = is_form(last_.id, Form::SS) || is_form(last_.id, Form::RS);
  if (!x_slot && !y_slot && !is_form(last_.id, Form::RI)) return false;
  const Last last = last_;
  undo_last();
  const std::uint16_t a = in_slot(oa);
  const std::uint16_t b = in_slot(ob);
  const std::uint16_t x = x_slot ? last.a : 0;
  const std::uint32_t y = !y_slot ? last.w : x_slot ? last.w & 0xFFFF : last.a;
  if (x_slot) read_slot(x);
  if (y_slot) read_slot(static_cast<std::uint16_t>(y));
  take_acc(kInt);
  const HandlerId id = handler_id(SelectCmp, select_cmp_variant(compare_index(op), x_slot, y_slot));
  const std::uint32_t at = emit(id, 0, a, two(b, x));
  emit_wide(y);
  push_acc(kind, at, static_cast<HandlerId>(id + 1));
  return true;
}

std::uint32_t Translator::fuse_call(std::uint16_t args, const FuncCode& callee) {
  if (!fusible()) return kNone;
  const std::uint32_t link = std::uint32_t{args} + callee.link;
  const auto link16 = static_cast<std::uint16_t>(link);
  const auto call_with_sum = [&](std::uint32_t pos, const AddParts& add, std::uint32_t variant,
                                 std::uint32_t copy) {
    pos_ = pos;
    read_slot(add.a);
    const std::uint32_t at = emit(handler_id(CallAdd, variant), add.a, args, two(link16, add.d));
    emit_wide(reinterpret_cast<std::uint64_t>(&callee));
    emit_wide(std::uint64_t{add.k} | std::uint64_t{copy} << 32);
    emit_wide(0);
    return at;
  };
  AddParts add;
  if (last_.id == CopySlot && last_.d >= args) {
    if (prev_.end == last_.pos && split_add(prev_, add) && !add.k_slot && add.d >= args) {
      return call_with_sum(prev_.pos, add, 1, two(last_.d, last_.a));
    }
    const Last last = last_;
    pos_ = last.pos;
    const std::uint32_t at = emit(CallCopy, last.a, args, two(link16, last.d));
    emit_wide(reinterpret_cast<std::uint64_t>(&callee));
    emit_wide(0);
    return at;
  }
  if (split_add(last_, add) && !add.k_slot && add.d >= args) {
    return call_with_sum(last_.pos, add, 0, 0);
  }
  return kNone;
}

}  // namespace wasmrt::interp
