// Calls, returns, arguments and results: where they travel is in the Target's table, the operations
// are common to all machines.
#include <algorithm>

#include "jit/lower/selection.h"
#include "libwasmrt/abi/builtins.h"
#include "libwasmrt/abi/native.h"

namespace wasmrt::jit {

using namespace ir;

namespace {

/// What a runtime helper gives back.
enum class BuiltinResult : std::uint8_t { Void, Value, Trap };
template <class T>
constexpr BuiltinResult result_of() {
  if constexpr (std::is_void_v<T>) return BuiltinResult::Void;
  if constexpr (std::is_same_v<T, TrapWord>) return BuiltinResult::Trap;
  return BuiltinResult::Value;
}
constexpr BuiltinResult kBuiltinResults[] = {
#define BUILTIN(name, result, parameters) result_of<result>(),
#include "libwasmrt/abi/builtins.def"
#undef BUILTIN
};

void ir_types(std::span<const ValType> from, std::vector<Type>& out) {
  out.clear();
  for (const ValType t : from) {
    switch (t.kind()) {
      case ValKind::I32: out.push_back(Type::I32); break;
      case ValKind::F32: out.push_back(Type::F32); break;
      case ValKind::F64: out.push_back(Type::F64); break;
      case ValKind::V128: out.push_back(Type::V128); break;
      default: out.push_back(Type::I64);
    }
  }
}

}  // namespace

/// Registers first, in order by class, then 8-byte places (16 for v128) of the argument area.
/// Returns the bytes of that area.
std::uint32_t Selection::assign_places(std::span<const Type> types, bool results,
                                       std::vector<Place>& out) const {
  Places places(*context_.target, results);
  out.clear();
  for (const Type type : types) out.push_back(places.next(class_of(type), type == Type::V128));
  return places.bytes();
}

/// The function's parameters: fixed registers, or loads from the incoming area.
void Selection::args_at_entry() {
  std::vector<Place>& places = param_places_;
  const std::uint32_t result_bytes = assign_places(f_.results, true, places);
  m_.in_area_bytes = std::max(assign_places(f_.params, false, places), result_bytes);
  operands_.clear();
  std::vector<V> params(f_.params.size(), kNoValue);
  const BlockId entry = f_.order[0];
  for (std::uint32_t v = f_[entry].first; v != ~0u; v = f_.next[v]) {
    if (f_.insts[v].op == IrOp::Param) params[f_.insts[v].imm] = static_cast<V>(v);
  }
  for (std::size_t n = 0; n < params.size(); ++n) {
    if (params[n] == kNoValue || !needed(params[n])) continue;
    current_ = params[n];
    if (places[n].in_reg) {
      operands_.push_back(def_fixed(reg(params[n]), places[n].reg));
    } else {
      emit(kLoadArg, size_of(f_.params[n]), {def(reg(params[n]))}).imm = places[n].offset;
    }
  }
  if (!operands_.empty()) {
    current_ = static_cast<V>(f_[entry].first);
    emit(kArgs, 8, operands_);
    std::rotate(sequence_.begin(), sequence_.end() - 1, sequence_.end());
  }
  finish_sequence();
}

void Selection::select_return(V v) {
  const Inst& i = at(v);
  std::vector<Place>& places = result_places_;
  assign_places(f_.results, true, places);
  operands_.clear();
  const auto values = f_.list(i);
  for (std::size_t n = 0; n < values.size(); ++n) {
    const VReg r = reg(static_cast<V>(values[n]));
    if (places[n].in_reg) {
      operands_.push_back(use_fixed(r, places[n].reg));
    } else {
      emit(kStoreRes, size_of(f_.results[n]), {use(r)}).imm = places[n].offset;
    }
  }
  emit(kRet, 8, operands_);
}

void Selection::select_call(V v) {
  const Inst i = at(v);
  const bool by_code = i.op == IrOp::CallCode;
  const bool through_ref = i.op == IrOp::CallFunc || i.op == IrOp::TailCallFunc;
  const bool computed = by_code || through_ref;
  const bool tail = i.op == IrOp::TailCall || i.op == IrOp::TailCallFunc;
  const FuncType& type = computed
                             ? context_.module->type(static_cast<TypeIdx>(i.imm)).composite.func
                             : context_.module->func_type(static_cast<FuncIdx>(i.imm));
  ir_types(type.results, result_types_);
  const std::uint32_t result_bytes = assign_places(result_types_, true, result_places_);
  ir_types(type.params, param_types_);
  const std::uint32_t arg_bytes = assign_places(param_types_, false, param_places_);

  const auto values = f_.list(i);
  const std::size_t first = computed ? 1 : 0;
  const std::size_t count = param_types_.size();
  args_.clear();
  for (std::size_t n = 0; n < count; ++n) args_.push_back(reg(static_cast<V>(values[first + n])));
  if (tail) {
    m_.has_tail_calls = true;
    m_.out_arg_bytes = std::max(m_.out_arg_bytes, arg_bytes);
    if (through_ref || arg_bytes > m_.in_area_bytes) {
      const std::uint32_t area = kTailAreas[tail_area(std::max(arg_bytes, result_bytes))];
      m_.tail_growth = std::max(m_.tail_growth, area + kTailAreaWords);
    }
  }
  for (std::size_t n = 0; n < count; ++n) {
    if (param_places_[n].in_reg) continue;
    emit(kStoreArg, size_of(param_types_[n]), {use(args_[n])}).imm = param_places_[n].offset;
  }
  operands_.clear();
  results_.assign(result_types_.size(), kNoVReg);
  if (!tail) {
    if (result_types_.size() == 1) {
      results_[0] =
          needed(v) ? reg(v) : temp(class_of(result_types_[0]), size_of(result_types_[0]));
    } else if (!call_results_.empty() && call_results_.back().first == v) {
      std::copy(call_results_.back().second.begin(), call_results_.back().second.end(),
                results_.begin());
      call_results_.pop_back();
    }
    for (std::size_t n = 0; n < results_.size(); ++n) {
      if (results_[n] == kNoVReg)
        results_[n] = temp(class_of(result_types_[n]), size_of(result_types_[n]));
      if (result_places_[n].in_reg)
        operands_.push_back(def_fixed(results_[n], result_places_[n].reg));
    }
    m_.out_arg_bytes = std::max({m_.out_arg_bytes, arg_bytes, result_bytes});
    m_.has_calls = true;
  }
  if (computed) operands_.push_back(use(reg(static_cast<V>(values[0]))));
  for (std::size_t n = 0; n < count; ++n) {
    if (param_places_[n].in_reg) operands_.push_back(use_fixed(args_[n], param_places_[n].reg));
  }
  const MOp op = by_code       ? kCallCode
                 : through_ref ? (tail ? kTailFunc : kCallFunc)
                               : (tail ? kTailDirect : kCallDirect);
  MInst& m = emit(op, 8, operands_);
  m.imm = static_cast<std::int64_t>(i.imm);
  m.is_call = !tail;
  if (tail) {
    m.aux = arg_bytes | result_bytes << 16;
    return;
  }
  if (through_ref) m_.calls_out = true;
  for (std::size_t n = 0; n < results_.size(); ++n) {
    if (!result_places_[n].in_reg) {
      emit(kLoadRes, size_of(result_types_[n]), {def(results_[n])}).imm = result_places_[n].offset;
    }
  }
}

void Selection::select_builtin(V v) {
  const Inst i = at(v);
  const auto values = f_.list(i);
  operands_.clear();
  const BuiltinResult result = kBuiltinResults[i.imm];
  if (result == BuiltinResult::Value) {
    operands_.push_back(
        def_fixed(needed(v) ? reg(v) : temp(RegClass::Int), context_.target->helper_result));
  }
  for (std::size_t n = 0; n < values.size(); ++n) {
    operands_.push_back(
        use_fixed(reg(static_cast<V>(values[n])), context_.target->helper_args[n + 1]));
  }
  MInst& m = emit(kCallBuiltin, 8, operands_);
  m.imm = static_cast<std::int64_t>(i.imm);
  m.aux = result == BuiltinResult::Trap ? 1 : 0;
  m.is_call = true;
  m_.has_calls = true;
}

std::int64_t Selection::jump_table(V v) {
  const Inst& i = at(v);
  const auto number = static_cast<std::int64_t>(m_.jump_tables.size());
  // Entries name edges: the position of each target among the successors.
  std::vector<std::uint32_t> table;
  std::vector<BlockId> succs;
  f_.successors(f_.block_of[raw(v)], succs);
  edge_of_.resize(f_.blocks.size());
  for (std::uint32_t n = 0; n < succs.size(); ++n) edge_of_[raw(succs[n])] = n;
  for (std::uint32_t n = 0; n < i.args[2]; ++n) {
    table.push_back(edge_of_[f_.pool[i.args[1] + n]]);
  }
  m_.jump_tables.push_back(std::move(table));
  return number;
}

void Selection::check_memory(std::uint16_t op, VReg d, const Inst& check, Constraint limit) {
  const bool outside = check.imm > f_.memories[check.mem].least_bytes;
  std::vector<MOperand> operands = {def_same(d, 1), use(reg(check.arg(0)))};
  if (check.op == IrOp::LimitCheck) {
    operands.push_back(use(reg(check.arg(1))));
    operands.back().constraint = limit;
  }
  MInst& m = emit(op, size_of(check.aux_type), std::span<const MOperand>(operands));
  m.imm = static_cast<std::int64_t>(check.imm);
  m.aux = check.mem | (outside ? kOffsetOutside : 0) |
          (context_.options.spectre_guards ? kSpectreGuard : 0);
  m.mem_pos = static_cast<std::uint32_t>(m_.merged.size());
  m.mem_disp = check.lane;
  for (unsigned n = 0; n < check.lane; ++n) m_.merged.push_back(f_.pool[check.args[2] + n]);
}

bool Selection::select_common(V v) {
  const Inst& i = at(v);
  switch (i.op) {
    case IrOp::Param: return true;  // args_at_entry
    case IrOp::Jump: emit(kJump, 8, {}); return true;
    case IrOp::Return: select_return(v); return true;
    case IrOp::Trap: emit(kTrap, 8, {}).aux = i.aux; return true;
    case IrOp::LoadHome:
      emit(kLoadHome, size_of(i.type), {def(reg(v))}).imm = static_cast<std::int64_t>(i.imm);
      return true;
    case IrOp::StoreHome: {
      const V value = i.arg(0);
      emit(kStoreHome, size_of(at(value).type), {use(reg(value))}).imm =
          static_cast<std::int64_t>(i.imm);
      return true;
    }
    case IrOp::Leave: emit(kLeave, 8, {}).imm = static_cast<std::int64_t>(i.imm); return true;
    case IrOp::Poll: emit(kPoll, 8, {}); return true;
    case IrOp::Call:
    case IrOp::CallFunc:
    case IrOp::CallCode:
    case IrOp::TailCall:
    case IrOp::TailCallFunc: select_call(v); return true;
    case IrOp::CallTable: {
      MInst& m = emit(kCallTable, 8, {def(reg(v))});
      m.imm = static_cast<std::int64_t>(i.imm);
      m.can_remat = true;
      return true;
    }
    case IrOp::Builtin: select_builtin(v); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit
