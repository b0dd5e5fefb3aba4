// Superinstructions: a consumer takes the last instruction out again and emits both as one.
//
// Legal only while the last instruction's result is nowhere but in its accumulator (is_last), or, for
// counted loops, when what it wrote to a slot is written by the fused one too. i32 addresses wrap
// before an offset is added; floats round after each operation.
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
    case Op::I64Add: return {PairOp::Add, true};
    case Op::I64Sub: return {PairOp::Sub, true};
    case Op::I64Mul: return {PairOp::Mul, true};
    case Op::I64And: return {PairOp::And, true};
    case Op::I64Or: return {PairOp::Or, true};
    case Op::I64Xor: return {PairOp::Xor, true};
    case Op::I64Shl: return {PairOp::Shl, true};
    case Op::I64ShrU: return {PairOp::ShrU, true};
    case Op::I64ShrS: return {PairOp::ShrS, true};
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

constexpr bool is_op(HandlerId id) { return id < kOpCount * kForms; }
constexpr Op op_of(HandlerId id) { return static_cast<Op>(id / kForms); }
constexpr std::uint32_t form_of(HandlerId id) { return id % kForms; }
constexpr bool is_form(HandlerId id, Form form) {
  return form_of(id) == 2 * static_cast<std::uint32_t>(form);
}
constexpr bool fits32(std::uint64_t x) {
  return static_cast<std::int64_t>(x) == static_cast<std::int32_t>(x);
}
constexpr std::uint64_t halves(std::uint64_t low, std::uint64_t high) {
  return (low & 0xFFFFFFFF) | high << 32;
}

}  // namespace

void Translator::finish_fused(std::uint32_t at, HandlerId id, ValKind type, const AccState& before) {
  const Last old = last_;
  push_acc(type, at, static_cast<HandlerId>(id + 1));
  const std::uint64_t fields = code_[at / 8 + 1];
  remember(at, id, acc_of(type), before, static_cast<std::uint16_t>(fields >> 16),
           static_cast<std::uint32_t>(fields >> 32), pos_ - at > 16 ? code_[at / 8 + 2] : 0);
  (void)old;
}

bool Translator::fuse_binary(Op op, ValKind type, const Operand& a, const Operand& b) {
  const bool left = is_last(a);
  if (!left && !is_last(b)) return false;
  const Operand& other = left ? b : a;
  if (other.kind == Operand::Kind::Acc) return false;
  if (fuse_op_load(op, type, other, left)) return true;
  return acc_of(type) == kInt ? fuse_pair(op, type, other, left)
                              : fuse_float_pair(op, type, other, left);
}

bool Translator::fuse_pair(Op op, ValKind type, const Operand& other, bool left) {
  if (!is_op(last_.id)) return false;
  const PairOps inner = pair_op(op_of(last_.id));
  const PairOps outer = pair_op(op);
  if (inner.op == PairOp::None || outer.op == PairOp::None || inner.is_64 != outer.is_64) return false;
  auto outer_number = static_cast<std::uint32_t>(outer.op);
  if (outer.op == PairOp::ShrS) return false;
  if (!left) {
    if (outer.op != PairOp::Sub) return false;
    outer_number = kOuterRSub;
  }
  const bool x_slot = is_form(last_.id, Form::SS) || is_form(last_.id, Form::SI);
  const bool p_slot = is_form(last_.id, Form::RS) || is_form(last_.id, Form::SS);
  if (!x_slot && !p_slot && !is_form(last_.id, Form::RI)) return false;
  const std::uint64_t k = inner.is_64 ? last_.wide : static_cast<std::uint64_t>(static_cast<std::int32_t>(last_.w));
  if (!p_slot && !fits32(k)) return false;
  const bool q_slot = other.kind != Operand::Kind::Const;
  const std::uint64_t k2 = type == ValKind::I64 ? other.bits : static_cast<std::uint64_t>(static_cast<std::int32_t>(other.bits));
  if (!q_slot && !fits32(k2)) return false;

  const Last last = last_;
  undo_last();
  const AccState before = acc_[kInt];
  take_acc(kInt);
  const std::uint16_t x = x_slot ? last.a : 0;
  const std::uint16_t p = !p_slot ? 0 : x_slot ? static_cast<std::uint16_t>(last.w) : last.a;
  const std::uint16_t q = !q_slot ? 0 : other.kind == Operand::Kind::Local ? other.local : other.slot;
  if (x_slot) read_slot(x);
  if (p_slot) read_slot(p);
  if (q_slot) read_slot(q);
  const HandlerId id = handler_id(
      inner.is_64 ? Pair64 : Pair32,
      pair_variant(static_cast<std::uint32_t>(inner.op), outer_number, x_slot, p_slot, q_slot));
  const std::uint32_t at = emit(id, 0, x, two(p, q));
  if (!p_slot || !q_slot) emit_wide(halves(k, k2));
  finish_fused(at, id, type, before);
  return true;
}

bool Translator::fuse_float_pair(Op op, ValKind type, const Operand& other, bool left) {
  if (!is_op(last_.id) || type == ValKind::V128 || other.kind == Operand::Kind::Const) return false;
  const bool is_64 = type == ValKind::F64;
  const std::uint32_t inner = float_op(op_of(last_.id), is_64);
  std::uint32_t outer = float_op(op, is_64);
  if (inner == 3 || outer == 3) return false;
  if (!left) {
    if (outer != 1) return false;
    outer = kFloatRSub;
  }
  const bool x_slot = is_form(last_.id, Form::SS);
  if (!x_slot && !is_form(last_.id, Form::RS)) return false;
  const Last last = last_;
  undo_last();
  const AccState before = acc_[kVecAcc];
  take_acc(kVecAcc);
  const std::uint16_t x = x_slot ? last.a : 0;
  const std::uint16_t p = x_slot ? static_cast<std::uint16_t>(last.w) : last.a;
  const std::uint16_t q = other.kind == Operand::Kind::Local ? other.local : other.slot;
  if (x_slot) read_slot(x);
  read_slot(p);
  read_slot(q);
  const HandlerId id = handler_id(is_64 ? PairF64 : PairF32, float_pair_variant(inner, outer, x_slot));
  finish_fused(emit(id, 0, x, two(p, q)), id, type, before);
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
  if (p.is_r() && acc == kInt) p.kind = Place::Kind::S;
  const AccState before = acc_[acc];
  take_acc(acc);
  read_place(p);
  // What the load reads itself.
  read_slot(last.a);
  if (mode == AddressMode::SS) read_slot(static_cast<std::uint16_t>(last.w));
  const HandlerId id = handler_id(OpLoad, op_load_variant(pair, m, p.is_s()));
  const std::uint32_t at = emit(id, 0, last.a, last.w);
  if (mode_length(mode) == 24) emit_wide(last.wide);
  emit_wide(p.slot);
  note(at);
  finish_fused(at, id, type, before);
  forget_last();
  return true;
}

bool Translator::fuse_load(Op op, ValKind type, std::uint64_t offset, const Operand& address) {
  const std::uint32_t number = load_at_index(op);
  if (number == ~0u || !is_last(address)) return false;
  const bool short_offset = offset <= 0xFFFF;
  AddressMode mode = AddressMode::Count;
  std::uint16_t a = 0;
  std::uint32_t w = 0;
  bool reads_b = false;
  const HandlerId last = last_.id;
  const auto lo = static_cast<std::uint16_t>(last_.w);
  const auto c = static_cast<std::uint16_t>(offset);
  if (is_op(last) && op_of(last) == Op::I32Add) {
    if (is_form(last, Form::RS)) mode = AddressMode::RS, a = last_.a, w = static_cast<std::uint32_t>(offset);
    if (is_form(last, Form::SS) && short_offset) mode = AddressMode::SS, a = last_.a, w = two(lo, c), reads_b = true;
    if (is_form(last, Form::RI)) mode = AddressMode::RI, w = last_.w;
    if (is_form(last, Form::SI)) mode = AddressMode::SI, a = last_.a, w = last_.w;
  } else if (is_op(last) && op_of(last) == Op::I32Shl && last_.w >= 1 && last_.w <= 3) {
    if (is_form(last, Form::RI)) mode = shifted(AddressMode::RShl, last_.w);
    if (is_form(last, Form::SI)) mode = shifted(AddressMode::SShl, last_.w), a = last_.a;
  } else if (last >= Pair32 && last <= Pair32Last_) {
    const auto variant = static_cast<std::uint32_t>(last - Pair32);
    const auto k = static_cast<std::uint32_t>(last_.wide);
    const std::uint32_t shl_add = pair_variant(static_cast<std::uint32_t>(PairOp::Shl),
                                               static_cast<std::uint32_t>(PairOp::Add), false, false, false);
    if (k >= 1 && k <= 3) {
      const auto hi = static_cast<std::uint16_t>(last_.w >> 16);
      const auto q = static_cast<std::uint32_t>(last_.wide >> 32);
      if (variant == shl_add) mode = shifted(AddressMode::RShl, k), w = q;
      if (variant == shl_add + 8) mode = shifted(AddressMode::SShl, k), a = last_.a, w = q;
      if (short_offset && variant == shl_add + 2) mode = shifted(AddressMode::RShlS, k), w = two(hi, c), reads_b = true;
      if (short_offset && variant == shl_add + 10) mode = shifted(AddressMode::SShlS, k), a = last_.a, w = two(hi, c), reads_b = true;
    }
  }
  if (mode == AddressMode::Count) return false;
  undo_last();
  const Acc acc = acc_of(type);
  if (acc_[acc].entry >= 0) spill(acc);
  const AccState before = acc_[acc];
  take_acc(acc);
  read_slot(a);
  if (reads_b) read_slot(static_cast<std::uint16_t>(w));
  const HandlerId id = handler_id(LoadAt, load_at_variant(number, mode));
  const std::uint32_t at = emit(id, 0, a, w);
  if (mode_length(mode) == 24) emit_wide(offset);
  note(at);
  finish_fused(at, id, type, before);
  return true;
}

// --- counted loops ---

bool Translator::last_is_add(const Last& last) const {
  if (!is_op(last.id) || op_of(last.id) != Op::I32Add) return false;
  const std::uint32_t form = form_of(last.id);
  return form == 2 * static_cast<std::uint32_t>(Form::SI) + 1 ||
         (form == 2 * static_cast<std::uint32_t>(Form::RI) + 1 && last.a != Place::kNoSlot);
}

/// d <- a + k; b <- c + l, as one.
void Translator::fuse_adds() {
  if (!last_is_add(last_) || prev_.end != last_.pos || !last_is_add(prev_)) return;
  const Last second = last_;
  const Last first = prev_;
  pos_ = first.pos;
  // In its accumulator form the second read the first one's result: its slot has it as well.
  const std::uint32_t at = emit(Add2, first.d, first.a, two(second.d, second.a));
  emit_wide(halves(first.w, second.w));
  last_ = {};
  last_.pos = at;
  last_.end = pos_;
  last_.id = Add2;
  last_.d = first.d;
  last_.a = first.a;
  last_.w = two(second.d, second.a);
  last_.wide = halves(first.w, second.w);
  prev_ = {};
}

bool Translator::fuse_add_branch(const Condition& condition, bool taken_if, Label* target,
                                 std::uint32_t* chain) {
  if (!fusible()) return false;
  const bool is_add = last_is_add(last_);
  if (!is_add && last_.id != Add2) return false;
  const std::uint16_t d = is_add ? last_.d : static_cast<std::uint16_t>(last_.w);
  if (acc_[kInt].mirror != d) return false;
  Place a = condition.a;
  Place b = condition.b;
  Op op = condition.compare;
  if (op == kNoOp) {
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
  if (!a.is_r() || b.is_r()) return false;
  Last add = last_;
  if (!is_add) {
    // Take the second one out of the pair.
    const Last both = last_;
    pos_ = both.pos;
    emit(handler_id(Op::I32Add, 2 * static_cast<std::uint32_t>(Form::SI) + 1), both.d, both.a,
         static_cast<std::uint32_t>(both.wide));
    add.d = d;
    add.a = static_cast<std::uint16_t>(both.w >> 16);
    add.w = static_cast<std::uint32_t>(both.wide >> 32);
  } else {
    pos_ = last_.pos;
  }
  read_slot(add.a);
  if (d < temps_) touched_[d] = pos_ + 1;
  read_place(b);
  const bool back = target != nullptr && target->kind == FrameKind::Loop;
  const std::uint32_t at =
      emit(handler_id(AddBranch, add_branch_variant(compare_index(op), b.is_s(), back)), d, add.a, 0);
  emit_wide(halves(add.w, b.is_s() ? b.slot : b.bits));
  link_branch(at, target, chain);
  return true;
}

bool Translator::fuse_jump(Label& target) {
  if (!fusible()) return false;
  const bool back = target.kind == FrameKind::Loop;
  if (last_.id == CopySlot) {
    pos_ = last_.pos;
    const auto d = static_cast<std::uint16_t>(code_[pos_ / 8 + 1]);
    const auto a = static_cast<std::uint16_t>(code_[pos_ / 8 + 1] >> 16);
    link_branch(emit(handler_id(CopyJump, back ? 1 : 0), d, a, 0), &target, nullptr);
    return true;
  }
  if (last_is_add(last_)) {
    const Last add = last_;
    pos_ = last_.pos;
    const std::uint32_t at = emit(handler_id(AddJump, back ? 1 : 0), add.d, add.a, 0);
    emit_wide(add.w);
    link_branch(at, &target, nullptr);
    return true;
  }
  return false;
}

}  // namespace wasmrt::interp
