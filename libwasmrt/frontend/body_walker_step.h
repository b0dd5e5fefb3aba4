// The instructions that are rare enough to be looked up twice (included by body_walker.h).
#pragma once

namespace wasmrt {

template <Sink S>
bool BodyWalker<S>::step(std::uint8_t byte) {
  (void)byte;
  Op op = kNoOp;
  reader_.seek(op_);
  if (!read_op(reader_, features_, op)) return false;
  const OpInfo& info = op_info(op);
  Imm imm;
  ControlFrame frame;
  if (op == Op::TryTable && !read_block_type(frame)) return false;
  if (!read_imm(reader_, module_, op, imm, imm_scratch_)) return false;

  switch (info.kind) {
    case OpKind::Control: return step_control(op, imm);
    case OpKind::Call: return step_call(op, imm);
    case OpKind::Parametric:
    case OpKind::Variable: {
      // All of them are fast except select with a type.
      ValType type;
      if (!type_select(op, imm, type)) return false;
      if (telling()) sink_.on_select(type);
      return true;
    }
    case OpKind::Ref: {
      ValType type;
      if (!type_ref(op, imm, type)) return false;
      if (telling()) sink_.on_ref(op, imm, type);
      return true;
    }
    case OpKind::Table:
      if (!type_table(op, imm)) return false;
      break;
    case OpKind::Memory:
      if (!type_memory(op, imm)) return false;
      break;
    case OpKind::Atomic: not_executable_here(op); [[fallthrough]];
    case OpKind::Load:
    case OpKind::Store:
    case OpKind::SimdLoad:
    case OpKind::SimdStore:
    case OpKind::SimdLane:
      if (!type_memarg(op, imm) || !type_fixed(info, imm)) return false;
      break;
    case OpKind::Gc:
      not_executable_here(op);
      if (!type_gc(op, imm)) return false;
      break;
    case OpKind::Exception: {
      not_executable_here(op);
      if (op == Op::TryTable) {
        if (!check_try_table(imm) || !open_frame(FrameKind::TryTable, frame)) return false;
        if (telling()) sink_.on_try_table(frames_.back(), imm);
        return true;
      }
      if (!type_exception(op, imm)) return false;
      if (telling()) sink_.on_exception(op, imm);
      set_unreachable();
      return true;
    }
    case OpKind::Const:
    case OpKind::Unary:
    case OpKind::Binary:
    case OpKind::Compare:
    case OpKind::Convert:
    case OpKind::Trapping:
    case OpKind::Simd:
    case OpKind::WideArith:
      if (!type_fixed(info, imm)) return false;
      break;
  }
  if (telling()) tell(op, info.kind, imm);
  return true;
}

template <Sink S>
bool BodyWalker<S>::step_control(Op op, const Imm& imm) {
  switch (op) {
    case Op::Nop: return true;
    case Op::Unreachable:
      if (telling()) sink_.on_unreachable();
      set_unreachable();
      return true;
    case Op::BrTable:
      if (!check_br_table(imm)) return false;
      if (telling()) sink_.on_br_table(imm);
      set_unreachable();
      return true;
    case Op::BrOnNull: {
      ValType type;
      if (!check_label(imm.index) || !pop_ref(type) || !peek_all(label_types(imm.index)))
        return false;
      mark_branch(imm.index);
      if (telling()) sink_.on_br_on_null(imm.index, type);
      push(type.is_bottom() ? type : type.as_nullable(false));
      return true;
    }
    case Op::BrOnNonNull: {
      ValType type;
      if (!check_br_on_non_null(imm.index, type)) return false;
      mark_branch(imm.index);
      if (telling()) sink_.on_br_on_non_null(imm.index, type);
      ValType ref;
      return pop_any(ref);
    }
    default: return fail(Err::IllegalOpcode);
  }
}

template <Sink S>
bool BodyWalker<S>::step_call(Op op, const Imm& imm) {
  const FuncType* type = nullptr;
  switch (op) {
    case Op::CallIndirect:
      if (!call_indirect_type(imm, type) || !type_call(*type)) return false;
      if (telling()) sink_.on_call_indirect(TypeIdx{imm.index}, TableIdx{imm.index2}, *type);
      return true;
    case Op::CallRef:
      if (!call_ref_type(imm, type) || !type_call(*type)) return false;
      if (telling()) sink_.on_call_ref(TypeIdx{imm.index}, *type);
      return true;
    case Op::ReturnCall:
      if (imm.index >= module_.funcs.size()) return fail_index(Err::UnknownFunction, imm.index);
      type = &module_.func_type(FuncIdx{imm.index});
      if (!type_return_call(*type)) return false;
      if (telling()) sink_.on_return_call(FuncIdx{imm.index}, *type);
      break;
    case Op::ReturnCallIndirect:
      if (!call_indirect_type(imm, type) || !type_return_call(*type)) return false;
      if (telling()) sink_.on_return_call_indirect(TypeIdx{imm.index}, TableIdx{imm.index2}, *type);
      break;
    case Op::ReturnCallRef:
      if (!call_ref_type(imm, type) || !type_return_call(*type)) return false;
      if (telling()) sink_.on_return_call_ref(TypeIdx{imm.index}, *type);
      break;
    default: return fail(Err::IllegalOpcode);
  }
  set_unreachable();
  return true;
}

}  // namespace wasmrt
