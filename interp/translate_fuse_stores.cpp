// Superinstructions around stores: addresses taken out of earlier code, arithmetic whose result is
// stored, pointers that are counted on behind a store.
//
// The legality rules of translate_fuse.cpp hold. An instruction with two accesses to the same bytes
// keeps the note of its load: the store cannot trap when the load has not.
#include <algorithm>

#include "interp/fuse_forms.h"
#include "interp/fused.h"
#include "interp/translate.h"

namespace wasmrt::interp {
bool Translator::fuse_store(Op op, std::uint64_t offset, const Operand& address,
                            const Operand& value) {
  const std::uint32_t number = store_at_index(op);
  FusedAddress f;
  if (number == ~0u) return false;
  if (fuse_load_op_store(op, offset, address, value)) return true;
  if (value.kind != Operand::Kind::Acc && is_last(address) && last_address(offset, f)) {
    undo_last();
  } else if (!take_address(address, f, offset)) {
    return fuse_op_store(op, offset, address, value);
  }
  const Place v = place(value);
  const auto mode = static_cast<AddressMode>(f.mode);
  const bool from_r =
      v.is_r() && (value.acc() == kVecAcc || mode == AddressMode::SI || mode == AddressMode::SS);
  const std::uint32_t form = v.is_i() ? 1 : from_r ? 2 : 0;
  if (form == 0) read_slot(v.slot);
  read_slot(f.a);
  if (f.reads_b) read_slot(static_cast<std::uint16_t>(f.w));
  const HandlerId id = handler_id(StoreAt, store_at_variant(number, mode, form));
  const std::uint32_t at = emit(id, form == 0 ? v.slot : std::uint16_t{0}, f.a, f.w);
  if (mode_length(mode) == 24) emit_wide(f.wide);
  if (form == 1) emit_wide(v.bits);
  note(at);
  remember_store(at, id);
  return true;
}

/// (x op y), stored. Addresses that are sums are left to StoreAt.
bool Translator::fuse_op_store(Op op, std::uint64_t offset, const Operand& address,
                               const Operand& value) {
  if (address.kind == Operand::Kind::Const || !is_last(value) || !is_op(last_.id)) return false;
  const Op made_by = op_of(last_.id);
  std::uint32_t pair = 0;
  while (pair < kOpStoreCount && (kOpStores[pair].op != made_by || kOpStores[pair].store != op))
    ++pair;
  const auto form = static_cast<Form>(form_of(last_.id) / 2);
  if (pair == kOpStoreCount || form > Form::SI) return false;
  const bool in_r = value.acc() == kVecAcc && place(address).is_r();
  if (address.kind == Operand::Kind::Acc && !in_r) return false;

  const Last last = last_;
  undo_last();
  acc_[value.acc()] = {};
  const std::uint16_t d = address.kind == Operand::Kind::Local ? address.local : address.slot;
  const bool y_imm = form == Form::RI || form == Form::SI;
  if (form != Form::RI) read_slot(last.a);
  if (form == Form::SS) read_slot(static_cast<std::uint16_t>(last.w));
  read_slot(d);
  const std::uint32_t variant = op_store_variant(pair, form, in_r);
  const std::uint32_t at =
      emit(handler_id(OpStore, variant), d, form == Form::RI ? std::uint16_t{0} : last.a,
           static_cast<std::uint32_t>(offset));
  if (y_imm)
    emit_wide(value.type == ValKind::I64 || value.type == ValKind::F64 ? last.wide : last.w);
  if (form == Form::SS) emit_wide(last.w);
  note(at);
  return true;
}

/// Memory changed in place: the last instruction is arithmetic with a load from where its result
/// goes. The note of the load stays.
bool Translator::fuse_load_op_store(Op op, std::uint64_t offset, const Operand& address,
                                    const Operand& value) {
  if (!fusible() || last_.id < OpLoad || last_.id > OpLoadLast_) return false;
  const auto variant = static_cast<std::uint32_t>(last_.id - OpLoad) / 2;
  const bool other_slot = variant % 2 != 0;
  const std::uint32_t pair = variant / 12;
  const Op load = kOpLoads[pair].load;
  const bool same_size =
      (op == Op::I32Store && load == Op::I32Load) || (op == Op::I64Store && load == Op::I64Load) ||
      (op == Op::F32Store && load == Op::F32Load) || (op == Op::F64Store && load == Op::F64Load);
  const bool same_slot = (address.kind == Operand::Kind::Local && address.local == last_.a) ||
                         (address.kind == Operand::Kind::Temp && address.slot == last_.a);
  if (!same_size || !same_slot || offset != last_.w ||
      variant / 2 % 6 != op_load_mode(AddressMode::PlainS))
    return false;
  // The sum is in the accumulator only, or in a local as well.
  const bool to_slot = value.kind == Operand::Kind::Local;
  AccState& s = acc_[value.acc()];
  if (to_slot ? s.def != last_.pos || s.mirror != value.local || !writes_slot(last_.id) ||
                    last_.d != value.local
              : !is_last(value))
    return false;
  const Last last = last_;
  const auto other = static_cast<std::uint16_t>(code_[last.pos / 8 + 2]);
  pos_ = last.pos;
  s.def = kNone;
  s.slot_form = kNoHandler;
  read_slot(last.a);
  if (other_slot) read_slot(other);
  if (to_slot) touched_[last.d] = pos_ + 1;
  emit(handler_id(LoadOpStore, load_op_store_variant(pair, other_slot, to_slot)),
       to_slot ? last.d : std::uint16_t{0}, last.a, last.w);
  if (other_slot) emit_wide(other);
  forget_last();
  return true;
}

/// Remembers a guarded store for an addition that may follow.
void Translator::remember_store(std::uint32_t at, HandlerId id) {
  const std::uint64_t fields = code_[at / 8 + 1];
  remember_move(id, at, Place::kNoSlot, static_cast<std::uint16_t>(fields >> 16),
                static_cast<std::uint32_t>(fields >> 32));
}

/// A store, then e <- f + k, as one.
bool Translator::fuse_store_add(const AddParts& add) {
  if (prev_.end != last_.pos || add.k_slot) return false;
  const std::uint64_t* code = code_.data() + prev_.pos / 8;
  const auto d = static_cast<std::uint16_t>(code[1]);
  std::uint32_t store = 0;
  std::uint32_t k = 0;
  std::uint32_t offset = prev_.w;
  StoreValue value;
  std::uint64_t imm = 0;
  Op op;
  if (is_op(prev_.id) && op_info(op_of(prev_.id)).kind == OpKind::Store) {
    op = op_of(prev_.id);
    const auto form = static_cast<StoreForm>(form_of(prev_.id));
    if (form == StoreForm::SR) {
      value = StoreValue::Acc;
    } else if (form == StoreForm::SS) {
      value = StoreValue::Slot;
    } else if (form == StoreForm::SI) {
      value = StoreValue::Short;
      imm = code[2];
    } else {
      return false;
    }
  } else if (prev_.id >= StoreAt && prev_.id <= StoreAtLast_) {
    const auto variant = static_cast<std::uint32_t>(prev_.id - StoreAt);
    if (static_cast<AddressMode>(variant / 3 % kAddressModes) != AddressMode::SI) return false;
    op = kStoreAtOps[variant / 3 / kAddressModes];
    constexpr StoreValue kValues[] = {StoreValue::Slot, StoreValue::Short, StoreValue::Acc};
    value = kValues[variant % 3];
    if (code[2] > 0xFFFFFFFF) return false;
    k = prev_.w;
    offset = static_cast<std::uint32_t>(code[2]);
    imm = code[3];
  } else {
    return false;
  }
  store = store_at_index(op);
  if (store == ~0u) return false;
  std::uint16_t source = d;
  if (value == StoreValue::Short) {
    const bool is_64 = op == Op::I64Store || op == Op::F64Store;
    const auto x = is_64 ? static_cast<std::int64_t>(imm)
                         : static_cast<std::int32_t>(static_cast<std::uint32_t>(imm));
    if (x != static_cast<std::int16_t>(x)) return false;
    source = static_cast<std::uint16_t>(x);
  }
  pos_ = prev_.pos;  // the store's note stays
  const HandlerId id = handler_id(StoreAdd, store_add_variant(store, value));
  const std::uint64_t fields = std::uint64_t{two(add.d, add.a)} | std::uint64_t{add.k} << 32;
  const std::uint32_t at = emit(id, source, prev_.a, offset);
  emit_wide(fields);
  emit_wide(k);
  last_ = {};
  last_.pos = at;
  last_.end = pos_;
  last_.id = id;
  last_.d = add.d;
  last_.wide = fields;
  prev_ = {};
  AccState& s = acc_[kInt];
  s.def = kNone;
  s.slot_form = kNoHandler;
  return true;
}

/// Such a pair at the end of a loop.
bool Translator::fuse_store_add_branch(std::uint32_t compare, const Place& y, Label& target) {
  constexpr std::uint32_t kNotEqual = compare_index(Op::I32Ne);
  constexpr std::uint32_t kBelow = compare_index(Op::I32LtU);
  if (last_.id < StoreAdd || last_.id > StoreAddLast_ || acc_[kInt].mirror != last_.d ||
      (compare != kNotEqual && compare != kBelow)) {
    return false;
  }
  const std::uint32_t at = last_.pos;
  read_place(y);
  code_[at / 8] = reinterpret_cast<std::uint64_t>(
      handlers_[StoreAddBranch +
                store_add_branch_variant(last_.id - StoreAdd, compare == kBelow, y.is_s())]);
  emit_reserve();
  const std::uint32_t distance = target.target - at;
  emit_wide(std::uint64_t{distance} | (y.is_s() ? y.slot : y.bits & 0xFFFFFFFF) << 32);
  forget_last();
  mark_branch();
  return true;
}

// --- addresses ---

/// An address in its own slot that an addition made since the last label: takes the addition out
/// and gives its operands. Nothing else reads a temporary's slot.
bool Translator::take_address(const Operand& address, FusedAddress& out, std::uint64_t offset) {
  if (!options_.fuse || address.kind != Operand::Kind::Temp || address.def == kNone ||
      address.def < barrier_ || address.def + 16 > pos_ || pos_ - address.def > 512) {
    return false;
  }
  const std::uint32_t at = address.def;
  const std::uint64_t handler = code_[at / 8];
  const auto is = [&](Form form) {
    return handler == reinterpret_cast<std::uint64_t>(handlers_[handler_id(Op::I32Add, form) + 1]);
  };
  const bool two_slots = is(Form::SS);
  if (!two_slots && !is(Form::SI)) return false;
  const std::uint64_t fields = code_[at / 8 + 1];
  if (static_cast<std::uint16_t>(fields) != address.slot || (two_slots && offset > 0xFFFF)) {
    return false;
  }
  const auto a = static_cast<std::uint16_t>(fields >> 16);
  const auto w = static_cast<std::uint32_t>(fields >> 32);
  const auto changed = [&](std::uint16_t slot) { return slot >= temps_ || written_[slot] > at; };
  if (changed(a) || (two_slots && changed(static_cast<std::uint16_t>(w)))) return false;
  out.a = a;
  out.w = two_slots ? two(static_cast<std::uint16_t>(w), static_cast<std::uint16_t>(offset)) : w;
  out.reads_b = two_slots;
  out.wide = offset;
  out.mode = static_cast<std::uint32_t>(two_slots ? AddressMode::SS : AddressMode::SI);
  if (acc_[kInt].mirror == address.slot) acc_[kInt].mirror = kNoSlot;
  remove_code(at, 16);
  return true;
}

/// Takes `bytes` of code without labels or branches behind them out.
void Translator::remove_code(std::uint32_t at, std::uint32_t bytes) {
  std::copy(code_.begin() + (at + bytes) / 8, code_.begin() + pos_ / 8, code_.begin() + at / 8);
  pos_ -= bytes;
  const auto shift = [&](std::uint32_t& x) {
    if (x != kNone && x > at) x -= bytes;
  };
  for (AccState& s : acc_) shift(s.def);
  for (Last* l : {&last_, &prev_, &before_prev_}) {
    if (l->pos == at) l->end = kNone;
    shift(l->pos);
    shift(l->end);
    shift(l->before.def);
  }
  for (std::size_t i = notes_.size(); i != 0 && notes_[i - 1].first > at; --i) {
    notes_[i - 1].first -= bytes;
  }
  for (Operand& o : stack_) shift(o.def);
}

}  // namespace wasmrt::interp
