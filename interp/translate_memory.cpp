// The translator's loads, stores, bulk operations, tables and references.
#include "interp/translate.h"

namespace wasmrt::interp {
namespace {

ValKind load_type(Op op) {
  switch (op_info(op).sig.results[0]) {
    case SigType::I32: return ValKind::I32;
    case SigType::I64: return ValKind::I64;
    case SigType::F32: return ValKind::F32;
    case SigType::F64: return ValKind::F64;
    default: return ValKind::V128;
  }
}

ValKind address_kind(AddressType type) {
  return type == AddressType::I64 ? ValKind::I64 : ValKind::I32;
}

}  // namespace

MemMode Translator::mem_mode(const Imm& imm, std::uint32_t size) const {
  if (imm.index != 0 || imm.offset() > 0xFFFFFFFF) return MemMode::General;
  const MemoryType& memory = module_.memories[0];
  if (memory.address == AddressType::I32 && memory.page_size_log2 == 16 &&
      imm.offset() + size <= options_.guarded_bytes) {
    return MemMode::Guarded;
  }
  return MemMode::Checked;
}

void Translator::load(Op op, const Imm& imm, ValKind type) {
  const Operand address = pop();
  const MemMode mode = mem_mode(imm, 1u << op_info(op).align);
  const Acc acc = acc_of(type);
  if (mode == MemMode::Guarded && fuse_load(op, type, imm.offset(), address)) return;
  Place a = place(address);
  std::uint32_t form;
  auto w = static_cast<std::uint32_t>(imm.offset());
  const bool absolute = a.is_i() && mode != MemMode::General && a.bits <= 0xFFFFFFFF - imm.offset();
  if (absolute) {
    form = load_abs_form(mode);
    w += static_cast<std::uint32_t>(a.bits);
  } else {
    a = place_no_imm(address);
    form = load_form(mode, a.is_s(), false);
  }
  if (acc_[acc].entry >= 0) spill(acc);
  const AccState before = acc_[acc];
  take_acc(acc);
  read_place(a);
  if (mode == MemMode::General) w = imm.index;
  const HandlerId id = handler_id(op, form);
  const std::uint32_t at = emit(id, 0, a.slot, w);
  if (mode == MemMode::General) emit_wide(imm.offset());
  note(at);
  push_acc(type, at, static_cast<HandlerId>(id + 1));
  if (mode == MemMode::Guarded) remember(at, id, acc, before, a.slot, w, 0);
}

void Translator::on_load(Op op, const Imm& imm) { load(op, imm, load_type(op)); }

void Translator::store(Op op, const Imm& imm, ValKind type) {
  const Operand value = pop();
  const Operand address = pop();
  const MemMode mode = mem_mode(imm, 1u << op_info(op).align);
  if (mode == MemMode::Guarded && fuse_store(op, imm.offset(), address, value)) return;
  Place a = place_no_imm(address);
  Place v = mode == MemMode::General ? place_no_imm(value) : place(value);
  if (acc_of(type) == kInt && a.is_r() && v.is_r()) {
    (value.kind == Operand::Kind::Acc ? a : v).kind = Place::Kind::S;
  }
  read_place(a);
  read_place(v);
  StoreForm form;
  if (v.is_i()) {
    form = a.is_r() ? StoreForm::RI : StoreForm::SI;
  } else if (a.is_r()) {
    form = v.is_r() ? StoreForm::RR : StoreForm::RS;
  } else {
    form = v.is_r() ? StoreForm::SR : StoreForm::SS;
  }
  const std::uint32_t w =
      mode == MemMode::General ? imm.index : static_cast<std::uint32_t>(imm.offset());
  const HandlerId id = handler_id(op, store_form(mode, form));
  const std::uint32_t at = emit(id, v.slot, a.slot, w);
  if (mode == MemMode::General) emit_wide(imm.offset());
  if (v.is_i()) emit_wide(v.bits);
  note(at);
  if (mode == MemMode::Guarded) remember_store(at, id);
}

void Translator::on_store(Op op, const Imm& imm) { store(op, imm, stack_.back().type); }

void Translator::on_simd_load(Op op, const Imm& imm) {
  if (op_info(op).imm != ImmKind::MemArgLane) {
    load(op, imm, ValKind::V128);
    return;
  }
  const Operand value = pop();
  const Operand address = pop();
  const std::uint16_t v = in_slot(value);
  const std::uint16_t a = in_slot(address);
  take_acc(kVecAcc);
  const std::uint16_t d = next_slot();
  kill_mirror(d, 2);
  const std::uint32_t at = emit(handler_id(LaneLoad, op_info(op).align), d, a, imm.index);
  emit_wide(imm.offset());
  emit_wide(v | std::uint64_t{imm.lane} << 16);
  note(at);
  push_temp(ValKind::V128);
  acc_[kVecAcc].mirror = d;
  acc_[kVecAcc].mirror_vec = true;
}

void Translator::on_simd_store(Op op, const Imm& imm) {
  if (op_info(op).imm != ImmKind::MemArgLane) {
    store(op, imm, ValKind::V128);
    return;
  }
  const Operand value = pop();
  const Operand address = pop();
  const std::uint16_t v = in_slot(value);
  const std::uint16_t a = in_slot(address);
  const std::uint32_t at = emit(handler_id(LaneStore, op_info(op).align), 0, a, imm.index);
  emit_wide(imm.offset());
  emit_wide(v | std::uint64_t{imm.lane} << 16);
  note(at);
}

// --- bulk operations, tables: operands in consecutive slots, done by the runtime ---

std::uint16_t Translator::consecutive(std::size_t n) {
  materialize_from(stack_.size() - n);
  truncate(stack_.size() - n);
  return next_slot();
}

void Translator::push_both(ValKind type) {
  const std::uint16_t d = next_slot();
  push_temp(type);
  acc_[kInt].mirror = d;
}

void Translator::on_memory(Op op, const Imm& imm) {
  const ValKind address =
      op == Op::DataDrop
          ? ValKind::I32
          : address_kind(module_.memories[op == Op::MemoryInit ? imm.index2 : imm.index].address);
  switch (op) {
    case Op::MemorySize: {
      take_acc(kInt);
      const std::uint16_t d = next_slot();
      kill_mirror(d, 1);
      emit(MemorySize, d, 0, imm.index);
      push_both(address);
      break;
    }
    case Op::MemoryGrow: {
      const std::uint16_t a = consecutive(1);
      take_acc(kInt);
      kill_mirror(a, 1);
      note(emit(MemoryGrow, a, a, imm.index));
      push_both(address);
      break;
    }
    case Op::MemoryFill: {
      const std::uint16_t a = consecutive(3);
      note(emit(MemoryFill, 0, a, imm.index));
      break;
    }
    case Op::MemoryCopy: {
      if (imm.index == 0 && imm.index2 == 0 && address == ValKind::I32) {
        const Operand n = pop();
        const Operand from = pop();
        const Operand to = pop();
        const std::uint16_t d = in_slot(to);
        const std::uint16_t s = in_slot(from);
        const bool constant = n.kind == Operand::Kind::Const;
        const std::uint32_t w = constant ? static_cast<std::uint32_t>(n.bits) : in_slot(n);
        note(emit(handler_id(MemoryCopyAt, constant ? 0 : 1), d, s, w));
        break;
      }
      const std::uint16_t a = consecutive(3);
      note(
          emit(MemoryCopy, 0, a,
               two(static_cast<std::uint16_t>(imm.index), static_cast<std::uint16_t>(imm.index2))));
      break;
    }
    case Op::MemoryInit: {
      const std::uint16_t a = consecutive(3);
      note(emit(MemoryInit, 0, a, imm.index));
      emit_wide(imm.index2);
      break;
    }
    default: emit(DataDrop, 0, 0, imm.index); break;
  }
}

void Translator::on_table(Op op, const Imm& imm) {
  switch (op) {
    case Op::TableGet: {
      const std::uint16_t a = consecutive(1);
      take_acc(kInt);
      kill_mirror(a, 1);
      note(emit(TableGet, a, a, imm.index));
      push_both(ValKind::Ref);
      break;
    }
    case Op::TableSet: {
      const std::uint16_t a = consecutive(2);
      note(emit(TableSet, 0, a, imm.index));
      break;
    }
    case Op::TableSize: {
      take_acc(kInt);
      const std::uint16_t d = next_slot();
      kill_mirror(d, 1);
      emit(TableSize, d, 0, imm.index);
      push_both(address_kind(module_.tables[imm.index].type.address));
      break;
    }
    case Op::TableGrow: {
      // The runtime takes the initial value first, as the operands stand: value, then count.
      const std::uint16_t a = consecutive(2);
      take_acc(kInt);
      kill_mirror(a, 2);
      note(emit(TableGrow, a, a, imm.index));
      push_both(address_kind(module_.tables[imm.index].type.address));
      break;
    }
    case Op::TableFill: {
      const std::uint16_t a = consecutive(3);
      note(emit(TableFill, 0, a, imm.index));
      break;
    }
    case Op::TableCopy: {
      const std::uint16_t a = consecutive(3);
      note(emit(TableCopy, 0, a, imm.index));
      emit_wide(imm.index2);
      break;
    }
    case Op::TableInit: {
      const std::uint16_t a = consecutive(3);
      note(emit(TableInit, 0, a, imm.index));
      emit_wide(imm.index2);
      break;
    }
    default: emit(ElemDrop, 0, 0, imm.index); break;
  }
}

void Translator::on_ref(Op op, const Imm& imm, ValType) {
  switch (op) {
    case Op::RefNull: push(Operand::Kind::Const, ValKind::Ref).bits = 0; break;
    case Op::RefFunc: {
      take_acc(kInt);
      const std::uint32_t at = emit(RefFunc, 0, 0, imm.index);
      push_acc(ValKind::Ref, at, handler_id(RefFunc, 1));
      break;
    }
    case Op::RefIsNull: {
      const Operand a = pop();
      emit_unary(handler_id(Op::I64Eqz, 0u), ValKind::I32, a, 0);
      break;
    }
    default: {
      const Operand a = pop();
      emit_unary(RefAsNonNull, ValKind::Ref, a, 0);
      note(acc_[kInt].def);
      forget_last();
      break;
    }
  }
}

}  // namespace wasmrt::interp
