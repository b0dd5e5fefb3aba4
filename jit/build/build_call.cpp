// Calls, and the small helpers that append instructions.
#include <algorithm>

#include "jit/build/builder.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit {

using namespace ir;

namespace {
// What a result counts as among the values that cross branches.
constexpr std::uint64_t kValuesPerResult = 8;
}  // namespace

// ---- helpers
// ------------------------------------------------------------------------------------------

Builder::V Builder::append_raw(Inst inst) {
  inst.pos = state_->offset();
  if (open_check_ != kNoValue) {
    const IrInfo& row = info(inst.op);
    if (row.writes || row.may_trap || row.terminator || may_fault(f_, inst)) open_check_ = kNoValue;
  }
  return f_.append(block_, inst);
}

Builder::V Builder::constant(Type type, std::uint64_t bits) {
  Inst i;
  i.op = IrOp::Const;
  i.type = type;
  i.imm = bits;
  return append(i);
}

Builder::V Builder::zero(Type type) {
  if (type != Type::V128) return constant(type, 0);
  Inst i;
  i.op = IrOp::ConstV128;
  i.type = type;
  i.imm = f_.v128s.size();
  f_.v128s.push_back(V128{});
  return append(i);
}

bool Builder::is_const(V v, std::uint64_t bits) const {
  return f_[v].op == IrOp::Const && f_[v].imm == bits;
}

Builder::V Builder::op1(IrOp op, Type type, V a, Type aux_type) {
  Inst i;
  i.op = op;
  i.type = type;
  i.aux_type = aux_type;
  i.args[0] = raw(a);
  return append(i);
}

Builder::V Builder::op2(IrOp op, Type type, V a, V b) {
  Inst i;
  i.op = op;
  i.type = type;
  i.args[0] = raw(a);
  i.args[1] = raw(b);
  return append(i);
}

Builder::V Builder::icmp(Cond cond, Type type, V a, V b) {
  Inst i;
  i.op = IrOp::Icmp;
  i.type = Type::I32;
  i.aux_type = type;
  i.aux = static_cast<std::uint16_t>(cond);
  i.args[0] = raw(a);
  i.args[1] = raw(b);
  return append(i);
}

Builder::V Builder::vmctx() {
  Inst i;
  i.op = IrOp::Vmctx;
  i.type = Type::I64;
  return append(i);
}

Builder::V Builder::vm_const(V base, std::uint64_t offset) {
  Inst i;
  i.op = IrOp::VmLoadConst;
  i.type = Type::I64;
  i.aux = static_cast<std::uint16_t>(Access::B64);
  i.args[0] = raw(base);
  i.imm = offset;
  return append(i);
}

Builder::V Builder::vm_load(V base, std::uint64_t offset, Access access, Type type) {
  Inst i;
  i.op = IrOp::VmLoad;
  i.type = type;
  i.aux = static_cast<std::uint16_t>(access);
  i.args[0] = raw(base);
  i.imm = offset;
  return append(i);
}

void Builder::vm_store(V base, std::uint64_t offset, Access access, V value, Type type) {
  Inst i;
  i.op = IrOp::VmStore;
  i.aux_type = type;
  i.aux = static_cast<std::uint16_t>(access);
  i.args[0] = raw(base);
  i.args[1] = raw(value);
  i.imm = offset;
  append(i);
}

/// Unless the same condition was false already on the way here, or always is.
void Builder::append_trap(const Inst& trap) {
  if (trap.op != IrOp::TrapIfNot && is_const(trap.arg(0), 0)) return;
  Inst test;
  test.op = trap.op == IrOp::TrapIfNot ? IrOp::TrapIfNot : IrOp::TrapIf;
  test.args[0] = trap.args[0];
  const ValueTable::Key key = ValueTable::key(test, 0);
  if (table_.find(key) != kNoValue) return;
  append(trap);
  table_.insert(key, trap.arg(0));
}

void Builder::trap_if(V condition, TrapKind kind) {
  Inst i;
  i.op = IrOp::TrapIf;
  i.args[0] = raw(condition);
  i.aux = static_cast<std::uint16_t>(kind);
  append_trap(i);
}

void Builder::trap_if_info(V condition, TrapKind kind, V info) {
  Inst i;
  i.op = IrOp::TrapIfInfo;
  i.args[0] = raw(condition);
  i.args[1] = raw(info);
  i.aux = static_cast<std::uint16_t>(kind);
  append_trap(i);
}

Builder::V Builder::checked_index(V index, V size, TrapKind kind) {
  const V outside = icmp(Cond::GeU, f_[index].type, index, size);
  if (!context_.options.spectre_guards || is_const(outside, 0)) {
    trap_if_info(outside, kind, index);
    return index;
  }
  Inst i;
  i.op = IrOp::GuardIndex;
  i.type = f_[index].type;
  i.args[0] = raw(outside);
  i.args[1] = raw(index);
  const ValueTable::Key key = ValueTable::key(i, 0);  // whatever the kind of trap
  if (const V known = table_.find(key); known != kNoValue) return known;
  i.aux = static_cast<std::uint16_t>(kind);
  const V v = append(i);
  table_.insert(key, v);
  return v;
}

void Builder::trap_if_not(V condition, TrapKind kind) {
  Inst i;
  i.op = IrOp::TrapIfNot;
  i.args[0] = raw(condition);
  i.aux = static_cast<std::uint16_t>(kind);
  append_trap(i);
}

void Builder::trap(TrapKind kind) {
  Inst i;
  i.op = IrOp::Trap;
  i.aux = static_cast<std::uint16_t>(kind);
  append_raw(i);
}

void Builder::clobber_everything() {
  ++memory_version_;
  ++vm_version_;
  ++calls_version_;
}

/// Calls a runtime helper; a result that is a value is pushed.
void Builder::builtin(unsigned id, std::initializer_list<V> args, Type result) {
  Inst i;
  i.op = IrOp::Builtin;
  i.type = result;
  i.imm = id;
  std::vector<std::uint32_t> list;
  for (const V v : args) list.push_back(raw(v));
  i.args[0] = f_.add_list(list);
  i.args[1] = static_cast<std::uint32_t>(list.size());
  call_operands_ += list.size();
  const V v = append_raw(i);
  f_.has_calls = true;
  clobber_everything();
  if (result != Type::Void) push(v);
}

// ---- callees
// --------------------------------------------------------------------------------------------

Builder::V Builder::func_ref(FuncIdx func) {
  return vm_const(vm_const(vmctx(), offsetof(Vmctx, funcs)), std::uint64_t{raw(func)} * 8);
}

Builder::V Builder::non_null(V ref, TrapKind kind) {
  trap_if(icmp(Cond::Eq, Type::I64, ref, constant(Type::I64, 0)), kind);
  return ref;
}

/// Bounds, null and signature, then the function.
Builder::V Builder::indirect_callee(TypeIdx type, TableIdx table) {
  const V index = pop();
  const Element at = table_element(index, raw(table), TrapKind::UndefinedElement);
  const V ref = vm_load(at.address, 0, Access::B64, Type::I64);
  trap_if_info(icmp(Cond::Eq, Type::I64, ref, constant(Type::I64, 0)),
               TrapKind::UninitializedElement, at.index);
  const ValType element = module_.tables[raw(table)].type.element;
  const CanonType& wanted = module_.type(type);
  const bool known =
      element.heap().is_concrete() && module_.type_by_id(element.heap().id).is_subtype_of(wanted);
  if (known) return ref;
  // Loaded only now that the reference is known not to be null: never to be moved up.
  const V found = vm_load(ref, offsetof(VmFuncRef, type_id), Access::B64, Type::I64);
  const V expected =
      vm_const(vm_const(vmctx(), offsetof(Vmctx, type_ids)), std::uint64_t{raw(type)} * 8);
  if (wanted.is_final) {
    trap_if_info(icmp(Cond::Ne, Type::I64, found, expected), TrapKind::IndirectCallTypeMismatch,
                 found);
  } else {
    // Any type with this one at its place among the ancestors will do.
    const V actual = vm_load(ref, offsetof(VmFuncRef, type), Access::B64, Type::I64);
    const std::size_t depth = wanted.display.size() - 1;
    if (depth > 0) {
      const V size = vm_load(actual, offsetof(CanonType, display_size), Access::B64, Type::I64);
      trap_if_info(icmp(Cond::LeU, Type::I64, size, constant(Type::I64, depth)),
                   TrapKind::IndirectCallTypeMismatch, found);
    }
    const V ids = vm_load(actual, offsetof(CanonType, display_ids), Access::B64, Type::I64);
    const V ancestor = vm_load(ids, 8 * depth, Access::B64, Type::I64);
    trap_if_info(icmp(Cond::Ne, Type::I64, ancestor, expected), TrapKind::IndirectCallTypeMismatch,
                 found);
  }
  return ref;
}

/// The function that a constant index on the stack names in a table that never changes; or kNone.
std::uint32_t Builder::known_callee(TypeIdx type, TableIdx table) {
  const Inst& index = f_[top()];
  if (context_.call_tables == nullptr || index.op != IrOp::Const) return CallTable::kNone;
  const std::uint32_t number = context_.call_tables->find(table, module_.type_ids[raw(type)]);
  if (number == CallTables::kNone) return CallTable::kNone;
  const std::vector<std::uint32_t>& callees = context_.call_tables->all()[number].callees;
  return index.imm < callees.size() ? callees[index.imm] : CallTable::kNone;
}

/// Through a table that never changes, to code of this image: index and table of code say all.
bool Builder::call_through_code(TypeIdx type, TableIdx table, const FuncType& func_type) {
  if (context_.call_tables == nullptr) return false;
  const std::uint32_t number = context_.call_tables->find(table, module_.type_ids[raw(type)]);
  if (number == CallTables::kNone) return false;
  const CallTable& to = context_.call_tables->all()[number];
  const V index = pop();
  const auto why = static_cast<TrapKind>(kNoCallee);
  const V inside = checked_index(index, constant(f_[index].type, to.callees.size()), why);
  Inst i;
  i.op = IrOp::CallTable;
  i.type = Type::I64;
  i.imm = number;
  const V base = append(i);
  // Only now that the index is known to be inside: never to be moved up.
  Inst load;
  load.op = IrOp::CallDistance;
  load.type = Type::I64;
  load.args[0] = raw(base);
  load.args[1] = raw(inside);
  const V distance = append(load);
  if (to.has_gaps) {
    constexpr std::int64_t kNoDistance = CallTable::kNoDistance;
    const V none = constant(Type::I64, static_cast<std::uint64_t>(kNoDistance));
    trap_if_info(icmp(Cond::Eq, Type::I64, distance, none), why, inside);
  }
  call(IrOp::CallCode, raw(type), func_type, op2(IrOp::Add, Type::I64, base, distance), false);
  return true;
}

void Builder::call(IrOp op, std::uint64_t imm, const FuncType& type, V callee, bool tail) {
  look_at_ = 0;
  const std::size_t count = type.params.size();
  Inst i;
  i.op = op;
  i.imm = imm;
  i.args[0] = static_cast<std::uint32_t>(f_.pool.size());
  if (callee != kNoValue) f_.pool.push_back(raw(callee));
  for (std::size_t n = stack_.size() - count; n < stack_.size(); ++n)
    f_.pool.push_back(raw(operand(n)));
  cut(stack_.size() - count);
  i.args[1] = static_cast<std::uint32_t>(f_.pool.size()) - i.args[0];
  call_operands_ += i.args[1];
  if (!tail && type.results.size() == 1) i.type = ir_type(type.results[0]);
  const V v = append_raw(i);
  f_.has_calls = true;
  clobber_everything();
  if (tail) return;
  if (type.results.size() == 1) {
    push(v);
    return;
  }
  // Two bytes can ask for a thousand of them.
  work_ += kValuesPerResult * type.results.size();
  for (std::size_t n = 0; n < type.results.size(); ++n) {
    Inst proj;
    proj.op = IrOp::Proj;
    proj.type = ir_type(type.results[n]);
    proj.args[0] = raw(v);
    proj.imm = n;
    push(work_ > budget_ ? v : append_raw(proj));
  }
}

// ---- sink
// -----------------------------------------------------------------------------------------------

void Builder::on_call(FuncIdx callee, const FuncType& type) {
  if (raw(callee) < module_.imported_funcs) {
    call(IrOp::CallFunc, raw(module_.funcs[raw(callee)]), type, func_ref(callee), false);
  } else {
    call(IrOp::Call, raw(callee), type, kNoValue, false);
  }
}

void Builder::on_call_indirect(TypeIdx type_index, TableIdx table, const FuncType& type) {
  if (const std::uint32_t known = known_callee(type_index, table); known != CallTable::kNone) {
    pop();
    call(IrOp::Call, known, type, kNoValue, false);
    return;
  }
  if (call_through_code(type_index, table, type)) return;
  const V callee = indirect_callee(type_index, table);
  call(IrOp::CallFunc, raw(type_index), type, callee, false);
}

void Builder::on_call_ref(TypeIdx type_index, const FuncType& type) {
  const V callee = non_null(pop(), TrapKind::NullFunctionReference);
  call(IrOp::CallFunc, raw(type_index), type, callee, false);
}

void Builder::on_return_call(FuncIdx callee, const FuncType& type) {
  if (raw(callee) < module_.imported_funcs) {
    call(IrOp::TailCallFunc, raw(module_.funcs[raw(callee)]), type, func_ref(callee), true);
  } else {
    call(IrOp::TailCall, raw(callee), type, kNoValue, true);
  }
}

void Builder::on_return_call_indirect(TypeIdx type_index, TableIdx table, const FuncType& type) {
  if (const std::uint32_t known = known_callee(type_index, table); known != CallTable::kNone) {
    pop();
    call(IrOp::TailCall, known, type, kNoValue, true);
    return;
  }
  const V callee = indirect_callee(type_index, table);
  call(IrOp::TailCallFunc, raw(type_index), type, callee, true);
}

void Builder::on_return_call_ref(TypeIdx type_index, const FuncType& type) {
  const V callee = non_null(pop(), TrapKind::NullFunctionReference);
  call(IrOp::TailCallFunc, raw(type_index), type, callee, true);
}

const char* FunctionBuilder::build(FuncIdx index, const Sections* sections) {
  if (!scan_.walk_quietly(index)) return "the body is not valid";
  if (assigned_.not_executable()) return "it has instructions of proposals that are not executed";
  if (assigned_.over_budget()) return "too many locals are assigned in nested blocks";
  builder_.set_sections(sections);
  const bool walked = walker_.walk_quietly(index);
  if (builder_.declined() != nullptr) return builder_.declined();
  return walked ? nullptr : "the body is not valid";
}

}  // namespace wasmrt::jit
