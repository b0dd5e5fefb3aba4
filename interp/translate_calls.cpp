// The translator's calls. Arguments are the topmost temporaries; see exec_calls.cpp for frames.
#include <algorithm>

#include "interp/translate.h"

namespace wasmrt::interp {
namespace {

// Room above a call's first argument for what the handlers write before the callee checks for
// space: link words, and the four words of a call into another instance.
constexpr std::uint32_t kCallSlack = 2 + 4 + 2;

}  // namespace

/// Slot of a function's link words.
std::uint64_t Translator::link_of(const FuncType& type) {
  return std::max(slots_of(type.params), slots_of(type.results));
}

std::uint16_t Translator::prepare_args(const FuncType& type) {
  const std::size_t n = type.params.size();
  materialize_from(stack_.size() - n);
  // Both accumulators are lost; what lies below as lazy locals and constants stays that way.
  for (const Acc acc : {kInt, kVecAcc}) {
    if (acc_[acc].entry >= 0) spill(acc);
  }
  truncate(stack_.size() - n);
  const std::uint16_t args = next_slot();
  touch_slots(args + static_cast<std::uint32_t>(link_of(type)) + kCallSlack);
  return args;
}

void Translator::push_results(const FuncType& type) {
  forget_accs();
  forget_last();
  if (type.results.size() == 1) {
    push_acc(type.results[0].kind(), kNone, kNoHandler);
  } else {
    for (ValType t : type.results) push_temp(t.kind());
  }
}

void Translator::on_call(FuncIdx func, const FuncType& type) {
  const std::uint16_t args = prepare_args(type);
  std::uint32_t at;
  if (raw(func) < module_.imported_funcs) {
    at = emit(CallImport, 0, args, raw(func));
    emit_wide(args + link_of(type));
    emit_wide(0);
  } else {
    const FuncCode& callee = funcs_[raw(func) - module_.imported_funcs];
    at = fuse_call(args, callee);
    if (at == kNone) {
      at = emit(Call, 0, args, std::uint32_t{args} + callee.link);
      emit_wide(reinterpret_cast<std::uint64_t>(&callee));
      emit_wide(0);
    }
  }
  note(at);
  push_results(type);
}

void Translator::on_call_indirect(TypeIdx type_index, TableIdx table, const FuncType& type) {
  const Operand o = pop();
  const Place index = place_no_imm(o);
  read_place(index);
  // Arguments that are still lazy need no accumulator to be put into their slots.
  const std::uint16_t args = prepare_args(type);
  const std::uint32_t at =
      emit(handler_id(CallIndirect, index.is_s() ? 1 : 0), 0, args, raw(type_index));
  emit_wide(raw(table) | std::uint64_t{index.slot} << 32 | (args + link_of(type)) << 48);
  emit_wide(0);
  note(at);
  push_results(type);
}

void Translator::on_call_ref(TypeIdx, const FuncType& type) {
  const Operand o = pop();
  const Place callee = place_no_imm(o);
  read_place(callee);
  const std::uint16_t args = prepare_args(type);
  const std::uint32_t at = emit(handler_id(CallRef, callee.is_s() ? 1 : 0), 0, args, 0);
  emit_wide(callee.slot | (args + link_of(type)) << 48);
  emit_wide(0);
  note(at);
  push_results(type);
}

// --- tail calls ---

void Translator::emit_leave_far() {
  if (far_slots_ != 0) emit(LeaveFar, static_cast<std::uint16_t>(max_slots_), 0, far_slots_);
}

void Translator::on_return_call(FuncIdx func, const FuncType& type) {
  const std::uint16_t args = prepare_args(type);
  emit_leave_far();
  std::uint32_t at;
  if (raw(func) < module_.imported_funcs) {
    at = emit(TailCallImport, link_, args, raw(func));
    emit_wide(0);
  } else {
    const FuncCode& callee = funcs_[raw(func) - module_.imported_funcs];
    at = emit(TailCall, link_, args, slots_of(type.params));
    emit_wide(reinterpret_cast<std::uint64_t>(&callee));
  }
  note(at);
}

void Translator::on_return_call_indirect(TypeIdx type_index, TableIdx table, const FuncType& type) {
  const Operand o = pop();
  const Place index = place_no_imm(o);
  read_place(index);
  const std::uint16_t args = prepare_args(type);
  emit_leave_far();
  const std::uint32_t at =
      emit(handler_id(TailCallIndirect, index.is_s() ? 1 : 0), link_, args, raw(type_index));
  emit_wide(raw(table) | std::uint64_t{index.slot} << 32);
  note(at);
}

void Translator::on_return_call_ref(TypeIdx, const FuncType& type) {
  const Operand o = pop();
  const Place callee = place_no_imm(o);
  read_place(callee);
  const std::uint16_t args = prepare_args(type);
  emit_leave_far();
  const std::uint32_t at = emit(handler_id(TailCallRef, callee.is_s() ? 1 : 0), link_, args, 0);
  emit_wide(callee.slot);
  note(at);
}

}  // namespace wasmrt::interp
