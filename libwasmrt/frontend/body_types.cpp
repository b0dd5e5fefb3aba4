// BodyState: typing of calls, memory, table and reference instructions, and of fixed signatures.
#include <algorithm>
#include <array>

#include "libwasmrt/frontend/body_control.h"
#include "libwasmrt/frontend/type_reader.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

ValType BodyState::sig_type(SigType type, ImmKind kind, const Imm& imm) const {
  switch (type) {
    case SigType::I32: return kI32;
    case SigType::I64: return kI64;
    case SigType::F32: return kF32;
    case SigType::F64: return kF64;
    case SigType::V128: return kV128;
    case SigType::MemAddr:
      return memory_address(kind == ImmKind::MemoryInit ? imm.index2 : imm.index);
    case SigType::TableAddr:
      return table_address(kind == ImmKind::TableInit ? imm.index2 : imm.index);
  }
  return kBottom;
}

bool BodyState::type_fixed(const OpInfo& info, const Imm& imm) {
  std::array<ValType, OpSig::kMaxOperands> operands;
  for (std::size_t i = 0; i < info.sig.operand_count; ++i) {
    operands[i] = sig_type(info.sig.operands[i], info.imm, imm);
  }
  if (!pop_all({operands.data(), info.sig.operand_count})) return false;
  for (std::size_t i = 0; i < info.sig.result_count; ++i) {
    push(sig_type(info.sig.results[i], info.imm, imm));
  }
  return true;
}

bool BodyState::type_select(Op op, const Imm& imm, ValType& type) {
  if (op == Op::SelectT) {
    type = imm.type();
    const std::array<ValType, 3> operands = {type, type, kI32};
    if (!pop_all(operands)) return false;
    push(type);
    return true;
  }
  ValType a;
  ValType b;
  if (!pop(kI32) || !pop_any(b) || !pop_any(a)) return false;
  if (a.is_ref() || b.is_ref()) {
    return fail(Err::TypeMismatch, ": select without a type cannot choose between references");
  }
  if (!a.is_bottom() && !b.is_bottom() && a != b) {
    return fail(Err::TypeMismatch, ": select operands differ: " + type_text(module_, a) + " and " +
                                       type_text(module_, b));
  }
  type = a.is_bottom() ? b : a;
  push(type);
  return true;
}

bool BodyState::type_call(const FuncType& callee) {
  if (!pop_all(callee.params)) return false;
  if (callee.results.size() == 1) [[likely]] {
    push(callee.results[0]);  // within the slack
  } else if (!callee.results.empty()) {
    push_all(callee.results);
    if (height() > kMaxOperands) return fail(Err::LimitOperands);
  }
  return true;
}

bool BodyState::type_return_call(const FuncType& callee) {
  const std::vector<ValType>& wanted = function_type_->results;
  bool fits = callee.results.size() == wanted.size();
  for (std::size_t i = 0; fits && i < wanted.size(); ++i)
    fits = is_subtype(callee.results[i], wanted[i]);
  if (!fits) {
    return fail(Err::TypeMismatch, ": current function requires result type " +
                                       types_text(module_, wanted) + " but callee returns " +
                                       types_text(module_, callee.results));
  }
  return pop_all(callee.params);
}

bool BodyState::func_type_at(std::uint32_t index, const FuncType*& type) {
  if (index >= module_.types.size()) return fail_index(Err::UnknownType, index);
  const CanonType& canon = *module_.types[index];
  if (canon.composite.kind != CompositeKind::Func) {
    return fail(Err::UnknownType, " " + std::to_string(index) + ": not a function type");
  }
  type = &canon.composite.func;
  return true;
}

bool BodyState::call_indirect_type(const Imm& imm, const FuncType*& type) {
  // The table is named second in the binary, but its address type is on top of the stack.
  if (!check_table(imm.index2)) return false;
  if (!matches(module_, module_.tables[imm.index2].type.element, kFuncref)) {
    return fail(Err::TypeMismatch,
                ": indirect calls must go through a table of functions, not of " +
                    type_text(module_, module_.tables[imm.index2].type.element));
  }
  if (!func_type_at(imm.index, type)) return false;
  if (table_uses_ != nullptr) ++table_uses_->indirect_calls[imm.index];
  return pop(table_address(imm.index2));
}

bool BodyState::call_ref_type(const Imm& imm, const FuncType*& type) {
  return func_type_at(imm.index, type) && pop(ValType::ref(concrete(imm.index), true));
}

HeapType BodyState::concrete(std::uint32_t type_index) const {
  const CanonType& type = *module_.types[type_index];
  switch (type.composite.kind) {
    case CompositeKind::Func: return {HeapKind::ConcreteFunc, type.id};
    case CompositeKind::Struct: return {HeapKind::ConcreteStruct, type.id};
    case CompositeKind::Array: return {HeapKind::ConcreteArray, type.id};
  }
  return {};
}

bool BodyState::check_memory(std::uint32_t index) {
  return index < module_.memories.size() || fail_index(Err::UnknownMemory, index);
}

bool BodyState::check_table(std::uint32_t index) {
  return index < module_.tables.size() || fail_index(Err::UnknownTable, index);
}

bool BodyState::check_elem(std::uint32_t index) {
  return index < module_.elems.size() || fail_index(Err::UnknownElemSegment, index);
}

bool BodyState::check_data(std::uint32_t index) {
  if (!module_.data_count.has_value()) return fail(Err::DataCountRequired);
  return index < *module_.data_count || fail_index(Err::UnknownDataSegment, index);
}

bool BodyState::type_memarg(Op op, const Imm& imm) {
  const OpInfo& info = op_info(op);
  unsigned lanes = 0;
  switch (info.imm) {
    case ImmKind::MemArg:
    case ImmKind::MemArgLane:
      if (!check_memory(imm.index)) return false;
      if (imm.align > info.align) {
        return fail(Err::AlignmentTooLarge);
      }
      if (info.kind == OpKind::Atomic && imm.align != info.align) {
        return fail(Err::AlignmentTooLarge, ": atomic accesses must be naturally aligned");
      }
      if (imm.value > UINT32_MAX && memory_address(imm.index) == kI32)
        return fail(Err::OffsetOutOfRange);
      if (info.imm == ImmKind::MemArg) return true;
      lanes = 16u >> info.align;
      break;
    case ImmKind::Lane:
      // i8x16, i16x8, i32x4, i64x2: the second character of the name tells.
      switch (op_name(op)[1]) {
        case '8': lanes = 16; break;
        case '1': lanes = 8; break;
        case '3': lanes = 4; break;
        default: lanes = 2; break;
      }
      break;
    case ImmKind::Shuffle:
      for (const std::uint8_t lane : imm.bytes) {
        if (lane >= 32) return fail_index(Err::InvalidLaneIndex, lane);
      }
      return true;
    default: return true;  // atomic.fence
  }
  return imm.lane < lanes || fail_index(Err::InvalidLaneIndex, imm.lane);
}

bool BodyState::type_memory(Op op, const Imm& imm) {
  switch (op) {
    case Op::MemoryCopy: {
      if (!check_memory(imm.index) || !check_memory(imm.index2)) return false;
      const ValType to = memory_address(imm.index);
      const ValType from = memory_address(imm.index2);
      const std::array<ValType, 3> operands = {to, from, to == kI64 && from == kI64 ? kI64 : kI32};
      return pop_all(operands);
    }
    case Op::MemoryInit:
      if (!check_memory(imm.index2) || !check_data(imm.index)) return false;
      break;
    case Op::DataDrop:
      if (!check_data(imm.index)) return false;
      break;
    default:
      if (!check_memory(imm.index)) return false;
      break;
  }
  return type_fixed(op_info(op), imm);
}

bool BodyState::type_table(Op op, const Imm& imm) {
  if (op == Op::ElemDrop) return check_elem(imm.index);
  if (op == Op::TableInit) {
    if (!check_table(imm.index2) || !check_elem(imm.index)) return false;
    if (!matches(module_, module_.elems[imm.index].type, module_.tables[imm.index2].type.element)) {
      return fail(Err::TypeMismatch,
                  ": segment of " + type_text(module_, module_.elems[imm.index].type) +
                      " in a table of " +
                      type_text(module_, module_.tables[imm.index2].type.element));
    }
    if (table_uses_ != nullptr) table_uses_->written[imm.index2] = true;
    return type_fixed(op_info(op), imm);
  }
  if (!check_table(imm.index)) return false;
  const ValType element = module_.tables[imm.index].type.element;
  const ValType address = table_address(imm.index);
  const bool reads = op == Op::TableGet || op == Op::TableSize;
  if (table_uses_ != nullptr && !reads) table_uses_->written[imm.index] = true;
  switch (op) {
    case Op::TableGet:
      if (!pop(address)) return false;
      push(element);
      return true;
    case Op::TableSet: {
      const std::array<ValType, 2> operands = {address, element};
      return pop_all(operands);
    }
    case Op::TableGrow: {
      const std::array<ValType, 2> operands = {element, address};
      if (!pop_all(operands)) return false;
      push(address);
      return true;
    }
    case Op::TableFill: {
      const std::array<ValType, 3> operands = {address, element, address};
      return pop_all(operands);
    }
    case Op::TableCopy: {
      if (!check_table(imm.index2)) return false;
      const ValType source = module_.tables[imm.index2].type.element;
      if (!matches(module_, source, element)) {
        return fail(Err::TypeMismatch, ": copy from a table of " + type_text(module_, source) +
                                           " to one of " + type_text(module_, element));
      }
      const ValType from = table_address(imm.index2);
      const std::array<ValType, 3> operands = {address, from,
                                               address == kI64 && from == kI64 ? kI64 : kI32};
      return pop_all(operands);
    }
    default: return type_fixed(op_info(op), imm);  // table.size
  }
}

bool BodyState::type_ref(Op op, const Imm& imm, ValType& type) {
  switch (op) {
    case Op::RefNull:
      type = imm.type();
      push(type);
      return true;
    case Op::RefIsNull:
      if (!pop_ref(type)) return false;
      push(kI32);
      return true;
    case Op::RefFunc:
      if (imm.index >= module_.funcs.size()) return fail_index(Err::UnknownFunction, imm.index);
      if (!module_.declared_funcs[imm.index])
        return fail_index(Err::UndeclaredFunctionReference, imm.index);
      type = ValType::ref(concrete(raw(module_.funcs[imm.index])), false);
      push(type);
      return true;
    case Op::RefAsNonNull:
      if (!pop_ref(type)) return false;
      push(type.is_bottom() ? type : type.as_nullable(false));
      return true;
    default: return fail(Err::IllegalOpcode);
  }
}

}  // namespace wasmrt
