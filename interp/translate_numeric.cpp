// The translator's constants, arithmetic and vectors.
#include "interp/translate.h"
#include "libwasmrt/wasm/nan.h"

namespace wasmrt::interp {
namespace {

constexpr ValKind kind_of(SigType type) {
  switch (type) {
    case SigType::I32: return ValKind::I32;
    case SigType::I64: return ValKind::I64;
    case SigType::F32: return ValKind::F32;
    case SigType::F64: return ValKind::F64;
    case SigType::V128: return ValKind::V128;
    default: return ValKind::I64;
  }
}

constexpr bool is_wide_imm(ValKind type) { return type == ValKind::I64 || type == ValKind::F64; }

}  // namespace

void Translator::on_const(Op op, const Imm& imm) {
  if (op == Op::V128Const) {
    take_acc(kVecAcc);
    const std::uint32_t at = emit(AccConstVec, 0, 0, 0);
    std::uint64_t words[2];
    __builtin_memcpy(words, imm.bytes, 16);
    emit_wide(words[0]);
    emit_wide(words[1]);
    push_acc(ValKind::V128, at, handler_id(AccConstVec, 1));
    return;
  }
  push(Operand::Kind::Const, kind_of(op_info(op).sig.results[0])).bits = imm.value;
}

void Translator::emit_unary(HandlerId base, ValKind type, const Operand& a, std::uint32_t w) {
  const Place p = place_no_imm(a);
  const Acc acc = acc_of(type);
  if (acc_[acc].entry >= 0) spill(acc);
  const AccState before = acc_[acc];
  take_acc(acc);
  read_place(p);
  const auto id = static_cast<HandlerId>(base + (p.is_s() ? 2 : 0));
  const std::uint32_t at = emit(id, 0, p.slot, w);
  push_acc(type, at, static_cast<HandlerId>(id + 1));
  remember(at, id, acc, before, p.slot, w, 0);
}

void Translator::unary(Op op) {
  const Operand a = pop();
  emit_unary(handler_id(op, 0u), kind_of(op_info(op).sig.results[0]), a, 0);
}

void Translator::emit_binary(Op op, ValKind type, Place a, Place b, ValKind imm_type) {
  const Acc acc = acc_of(type);
  if (acc_[acc].entry >= 0) spill(acc);
  const AccState before = acc_[acc];
  take_acc(acc);
  read_place(a);
  read_place(b);
  Form form;
  std::uint16_t slot_a = 0;
  std::uint32_t w = 0;
  std::uint64_t imm = 0;
  if (b.is_i() || a.is_i()) {
    const bool right = b.is_i();
    const Place& other = right ? a : b;
    form = right ? (a.is_r() ? Form::RI : Form::SI) : (b.is_r() ? Form::IR : Form::IS);
    slot_a = other.slot;
    imm = right ? b.bits : a.bits;
    if (!is_wide_imm(imm_type)) w = static_cast<std::uint32_t>(imm);
  } else if (a.is_r()) {
    form = b.is_r() ? kFormRR : Form::RS;
    slot_a = b.slot;
  } else if (b.is_r()) {
    form = Form::SR;
    slot_a = a.slot;
  } else {
    form = Form::SS;
    slot_a = a.slot;
    w = b.slot;
  }
  const HandlerId id = handler_id(op, form);
  const std::uint32_t at = emit(id, 0, slot_a, w);
  if ((a.is_i() || b.is_i()) && is_wide_imm(imm_type)) emit_wide(imm);
  push_acc(type, at, static_cast<HandlerId>(id + 1));
  remember(at, id, acc, before, slot_a, w, imm);
}

void Translator::binary(Op op) {
  Operand ob = pop();
  Operand oa = pop();
  const OpSig& sig = op_info(op).sig;
  const ValKind type = kind_of(sig.results[0]);
  const ValKind type_a = kind_of(sig.operands[0]);
  const ValKind type_b = kind_of(sig.operands[1]);
  const bool mixed = acc_of(type_a) != acc_of(type_b);
  if (oa.kind == Operand::Kind::Const && ob.kind == Operand::Kind::Const) {
    const_to_slot(oa.slot, oa.type, oa.bits);
    oa.kind = Operand::Kind::Temp;
  }
  const Op swapped = mirrored(op);
  if (swapped != kNoOp && (oa.kind == Operand::Kind::Const ||
                           (ob.kind == Operand::Kind::Acc && oa.kind != Operand::Kind::Acc))) {
    std::swap(oa, ob);
    op = swapped;
  }
  if (fuse_binary(op, type, oa, ob)) return;
  Place a = place(oa);
  Place b = place(ob);
  if (!mixed && a.is_r() && b.is_r()) {
    (ob.kind == Operand::Kind::Acc ? a : b).kind = Place::Kind::S;
  }
  if (swapped != kNoOp && b.is_r() && a.is_s()) {
    std::swap(a, b);
    op = mirrored(op);
  }
  // Immediates of mixed ops stand on the right (shift counts).
  if (mixed && a.is_i()) {
    const_to_slot(oa.slot, oa.type, oa.bits);
    a = {Place::Kind::S, oa.slot, 0};
  }
  emit_binary(op, type, a, b, a.is_i() ? type_a : type_b);
}

void Translator::on_compare(Op op, const Imm&) {
  if (op_info(op).sig.operand_count == 1) {
    unary(op);
  } else {
    binary(op);
  }
}

void Translator::on_trapping(Op op, const Imm&) {
  if (options_.fuse && divide(op)) return;
  if (op_info(op).sig.operand_count == 1) {
    unary(op);
  } else {
    binary(op);
  }
  note(acc_[acc_of(stack_.back().type)].def);
  forget_last();
}

void Translator::on_convert(Op op, const Imm&) {
  if (op == Op::I64ExtendI32U && options_.fuse) {
    // i32 is zero-extended in accumulators, slots and constants: it is the i64 already.
    stack_.back().type = ValKind::I64;
    return;
  }
  unary(op);
  canonicalize(op);
}

// --- vectors ---

void Translator::ternary(Op op) {
  const Operand oc = pop();
  const Operand ob = pop();
  const Operand oa = pop();
  Place a = place(oa);
  Place b = place(ob);
  Place c = place(oc);
  // One operand may come from the accumulator: the one that is nowhere else.
  Place* keep = oa.kind == Operand::Kind::Acc   ? &a
                : ob.kind == Operand::Kind::Acc ? &b
                : oc.kind == Operand::Kind::Acc ? &c
                : c.is_r()                      ? &c
                : a.is_r()                      ? &a
                                                : &b;
  for (Place* p : {&a, &b, &c}) {
    if (p != keep && p->is_r()) p->kind = Place::Kind::S;
    read_place(*p);
  }
  const Form3 form = a.is_r()   ? Form3::RSS
                     : b.is_r() ? Form3::SRS
                     : c.is_r() ? Form3::SSR
                                : Form3::SSS;
  take_acc(kVecAcc);
  const HandlerId id = handler_id(op, 2 * static_cast<std::uint32_t>(form));
  const std::uint32_t at = emit(id, 0, a.slot, two(b.slot, c.slot));
  push_acc(ValKind::V128, at, static_cast<HandlerId>(id + 1));
}

void Translator::on_simd(Op op, const Imm&) {
  switch (op_info(op).sig.operand_count) {
    case 1: unary(op); break;
    case 2: binary(op); break;
    default: ternary(op); break;
  }
  canonicalize(op);
}

void Translator::on_simd_lane(Op op, const Imm& imm) {
  if (op == Op::I8x16Shuffle) {
    const Operand ob = pop();
    const Operand oa = pop();
    const std::uint16_t b = in_slot(ob);
    const std::uint16_t a = in_slot(oa);
    take_acc(kVecAcc);
    const std::uint16_t d = next_slot();
    kill_mirror(d, 2);
    emit(Shuffle, d, a, b);
    std::uint64_t words[2];
    __builtin_memcpy(words, imm.bytes, 16);
    emit_wide(words[0]);
    emit_wide(words[1]);
    push_temp(ValKind::V128);
    acc_[kVecAcc].mirror = d;
    acc_[kVecAcc].mirror_vec = true;
    return;
  }
  const OpSig& sig = op_info(op).sig;
  if (sig.operand_count == 1) {
    const Operand a = pop();
    emit_unary(handler_id(op, 0u), kind_of(sig.results[0]), a, imm.lane);
    forget_last();
    return;
  }
  const Operand ox = pop();
  const Operand ov = pop();
  Place x = place_no_imm(ox);
  Place v = place(ov);
  if (ox.acc() == kVecAcc && x.is_r() && v.is_r()) {
    (ov.kind == Operand::Kind::Acc ? x : v).kind = Place::Kind::S;
  }
  read_place(x);
  read_place(v);
  take_acc(kVecAcc);
  const Form form = v.is_r() ? (x.is_r() ? kFormRR : Form::RS) : (x.is_r() ? Form::SR : Form::SS);
  const std::uint16_t a = v.is_s() ? v.slot : x.slot;
  const HandlerId id = handler_id(op, form);
  const std::uint32_t at = emit(id, 0, a, two(x.slot, imm.lane));
  push_acc(ValKind::V128, at, static_cast<HandlerId>(id + 1));
}

void Translator::on_wide_arith(Op op, const Imm&) {
  const std::size_t n = op_info(op).sig.operand_count;
  materialize_from(stack_.size() - n);
  truncate(stack_.size() - n);
  const std::uint16_t a = next_slot();
  kill_mirror(a, 4);
  const auto which = static_cast<std::uint32_t>(op) - static_cast<std::uint32_t>(Op::I64Add128);
  emit(handler_id(Wide128, which), 0, a, 0);
  push_temp(ValKind::I64);
  push_temp(ValKind::I64);
}

// --- determinism ---

void Translator::canonicalize(Op op) {
  if (!options_.deterministic) return;
  Family family;
  switch (nan_shape(op)) {
    case NanShape::F32: family = CanonF32; break;
    case NanShape::F64: family = CanonF64; break;
    case NanShape::F32x4: family = CanonF32x4; break;
    case NanShape::F64x2: family = CanonF64x2; break;
    default: return;
  }
  const Operand a = pop();
  emit_unary(family, a.type, a, 0);
  forget_last();
}

}  // namespace wasmrt::interp
