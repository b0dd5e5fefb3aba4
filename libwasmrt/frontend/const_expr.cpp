// Checking and evaluation of constant expressions (spec 3.0 §3.4.13, §4.6.9).
#include "libwasmrt/frontend/const_expr.h"

#include <vector>

#include "libwasmrt/base/assert.h"
#include "libwasmrt/frontend/body_control.h"
#include "libwasmrt/frontend/imm_reader.h"

namespace wasmrt {

namespace {

bool is_constant(Op op) {
  switch (op) {
    case Op::I32Const:
    case Op::I64Const:
    case Op::F32Const:
    case Op::F64Const:
    case Op::V128Const:
    case Op::RefNull:
    case Op::RefFunc:
    case Op::GlobalGet:
    case Op::I32Add:
    case Op::I32Sub:
    case Op::I32Mul:
    case Op::I64Add:
    case Op::I64Sub:
    case Op::I64Mul:
    case Op::StructNew:
    case Op::StructNewDefault:
    case Op::ArrayNew:
    case Op::ArrayNewDefault:
    case Op::ArrayNewFixed:
    case Op::RefI31:
    case Op::AnyConvertExtern:
    case Op::ExternConvertAny: return true;
    default: return false;
  }
}

ConstExpr::Form form_of(Op op) {
  switch (op) {
    case Op::I32Const: return ConstExpr::Form::I32;
    case Op::I64Const: return ConstExpr::Form::I64;
    case Op::F32Const: return ConstExpr::Form::F32;
    case Op::F64Const: return ConstExpr::Form::F64;
    case Op::RefNull: return ConstExpr::Form::RefNull;
    case Op::RefFunc: return ConstExpr::Form::RefFunc;
    case Op::GlobalGet: return ConstExpr::Form::GlobalGet;
    default: return ConstExpr::Form::General;
  }
}

}  // namespace

// Types expressions with the checks of function bodies, in a frame of its own.
class ConstExprDecoder::Checker : public BodyState {
 public:
  explicit Checker(DecodedModule& module) : BodyState(module), mutable_module_(module) {}

  bool run(Reader& r, ValType expected, ConstExpr& out) {
    reader_ = r;
    features_ = module_.features;
    top_ = stack_.get();
    frames_.clear();
    ControlFrame frame{};
    frame.kind = FrameKind::Function;
    frame.single_result = true;
    frame.single = expected;
    frames_.push_back(frame);

    out.begin = reader_.position();
    out.type = expected;
    out.form = ConstExpr::Form::General;
    bool ok = body(out);
    op_ = reader_.position() - (ok ? 1 : 0);
    ok = ok && check_end();
    out.size = static_cast<std::uint32_t>(reader_.position() - out.begin);
    r = reader_;
    return ok;
  }

 private:
  bool body(ConstExpr& out) {
    for (std::uint32_t count = 0;; ++count) {
      op_ = reader_.position();
      if (static_cast<std::size_t>(limit_ - top_) < kStackSlack) grow_stack(kStackSlack);
      Op op = kNoOp;
      Imm imm;
      imm.value = 0;
      imm.index = 0;
      if (reader_.at_end()) return fail_cut_off();
      if (!read_op(reader_, features_, op)) return false;
      if (op == Op::End) {
        if (count != 1) out.form = ConstExpr::Form::General;
        return true;
      }
      if (!is_constant(op)) return fail(Err::ConstantExpressionRequired);
      if (!read_imm(reader_, module_, op, imm, imm_scratch_)) return false;
      if (!type(op, imm)) return false;
      if (count == 0) {
        out.form = form_of(op);
        out.value = op == Op::RefFunc || op == Op::GlobalGet ? imm.index : imm.value;
        if (op == Op::RefNull) out.value = 0;
      }
    }
  }

  // The section is over before the expression's end.
  bool fail_cut_off() {
    const std::optional<std::uint8_t> next = reader_.byte_behind();
    if (next.has_value() && !is_op_prefix(*next)) {
      const Op op = lookup_op(*next);
      if (op == kNoOp || !features_.has(op_info(op).feature)) {
        return fail(Err::UnexpectedEndOfSection, ": illegal opcode where END is expected");
      }
    }
    return fail(Err::UnexpectedEndOfSection, ": END opcode expected");
  }

  bool type(Op op, const Imm& imm) {
    const OpInfo& info = op_info(op);
    switch (info.kind) {
      case OpKind::Ref:
        if (op == Op::RefFunc) {
          if (imm.index >= module_.funcs.size()) return fail_index(Err::UnknownFunction, imm.index);
          mutable_module_.declared_funcs[imm.index] = true;
        }
        {
          ValType ignored;
          return type_ref(op, imm, ignored);
        }
      case OpKind::Variable: {
        ValType t;
        if (!global_index(imm.index, false, t)) return false;
        // Before GC only imported globals could be read here.
        const bool visible = imm.index < module_.imported_globals || features_.has(Feature::Gc);
        if (!visible) return fail_index(Err::UnknownGlobal, imm.index);
        if (module_.globals[imm.index].type.is_mutable)
          return fail(Err::ConstantExpressionRequired);
        push(t);
        return true;
      }
      case OpKind::Binary:
        if (!need(Feature::ExtendedConst, "constant expression required")) return false;
        return type_fixed(info, imm);
      case OpKind::Gc:
        if (mutable_module_.not_executable.empty()) {
          mutable_module_.not_executable = std::string(op_name(op)) + " (in a constant expression)";
        }
        return type_gc(op, imm);
      default: return type_fixed(info, imm);
    }
  }

  DecodedModule& mutable_module_;
};

ConstExprDecoder::ConstExprDecoder(DecodedModule& module)
    : checker_(std::make_unique<Checker>(module)) {}
ConstExprDecoder::~ConstExprDecoder() = default;

namespace {

/// A number that fits its bytes without a doubt, and `end`: what segments begin with, by the ten
/// thousands. Anything else is left to the checker, untouched.
bool decode_number(Reader& r, ValType expected, ConstExpr& out) {
  const bool wide = expected == kI64;
  if (!wide && expected != kI32) return false;
  const std::uint8_t* const begin = r.position();
  const std::uint8_t* p = begin;
  const std::uint8_t* const end = r.end();
  const auto code = static_cast<std::uint8_t>(op_info(wide ? Op::I64Const : Op::I32Const).code);
  if (p == end || *p++ != code) return false;
  std::uint64_t value = 0;
  const unsigned most = wide ? 9 * 7 : 4 * 7;
  for (unsigned shift = 0;;) {
    if (p == end || shift == most) return false;
    const std::uint8_t byte = *p++;
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    shift += 7;
    if ((byte & 0x80) != 0) continue;
    if ((byte & 0x40) != 0) value |= ~std::uint64_t{0} << shift;
    break;
  }
  if (p == end || *p++ != op_info(Op::End).code) return false;
  out.begin = begin;
  out.size = static_cast<std::uint32_t>(p - begin);
  out.type = expected;
  out.form = wide ? ConstExpr::Form::I64 : ConstExpr::Form::I32;
  out.value = wide ? value : static_cast<std::uint32_t>(value);
  r.seek(p);
  return true;
}

}  // namespace

bool ConstExprDecoder::decode(Reader& r, ValType expected, ConstExpr& out) {
  if (decode_number(r, expected, out)) return true;
  return checker_->run(r, expected, out);
}

namespace {

Value eval_general(const DecodedModule& module, const ConstExpr& expr, const ConstEnv& env) {
  const std::span<const std::uint8_t> all = module.bytes->view();
  const auto at = static_cast<std::size_t>(expr.begin - all.data());
  Reader r(all, at, at + expr.size);
  std::vector<Value> stack;
  ImmScratch scratch;
  for (;;) {
    Op op = kNoOp;
    Imm imm;
    bool ok = read_op(r, module.features, op);
    if (op == Op::End) break;
    ok = ok && read_imm(r, module, op, imm, scratch);
    WASMRT_ASSERT(ok, "constant expression was checked");
    const auto binary = [&](auto compute) {
      const Value b = stack.back();
      stack.pop_back();
      stack.back() = compute(stack.back(), b);
    };
    switch (op) {
      case Op::I32Const: stack.emplace_back(static_cast<std::uint32_t>(imm.value)); break;
      case Op::I64Const: stack.emplace_back(imm.value); break;
      case Op::F32Const:
      case Op::F64Const:
        stack.push_back(Value::from_slots(op == Op::F32Const ? kF32 : kF64, &imm.value));
        break;
      case Op::V128Const: {
        V128 v;
        std::copy(imm.bytes, imm.bytes + 16, v.bytes);
        stack.emplace_back(v);
        break;
      }
      case Op::RefNull: stack.push_back(Value::null(imm.type())); break;
      case Op::RefFunc: {
        const CanonType& type = module.type(module.funcs[imm.index]);
        stack.emplace_back(ValType::ref({HeapKind::ConcreteFunc, type.id}, false),
                           env.func(FuncIdx{imm.index}));
        break;
      }
      case Op::GlobalGet: stack.push_back(env.global(GlobalIdx{imm.index})); break;
      // The signed operations wrap, so they are the unsigned ones.
      case Op::I32Add:
        binary([](const Value& a, const Value& b) {
          return Value(static_cast<std::uint32_t>(a.i32()) + static_cast<std::uint32_t>(b.i32()));
        });
        break;
      case Op::I32Sub:
        binary([](const Value& a, const Value& b) {
          return Value(static_cast<std::uint32_t>(a.i32()) - static_cast<std::uint32_t>(b.i32()));
        });
        break;
      case Op::I32Mul:
        binary([](const Value& a, const Value& b) {
          return Value(static_cast<std::uint32_t>(a.i32()) * static_cast<std::uint32_t>(b.i32()));
        });
        break;
      case Op::I64Add:
        binary([](const Value& a, const Value& b) {
          return Value(static_cast<std::uint64_t>(a.i64()) + static_cast<std::uint64_t>(b.i64()));
        });
        break;
      case Op::I64Sub:
        binary([](const Value& a, const Value& b) {
          return Value(static_cast<std::uint64_t>(a.i64()) - static_cast<std::uint64_t>(b.i64()));
        });
        break;
      case Op::I64Mul:
        binary([](const Value& a, const Value& b) {
          return Value(static_cast<std::uint64_t>(a.i64()) * static_cast<std::uint64_t>(b.i64()));
        });
        break;
      default:
        WASMRT_ASSERT(false, "constant expression with an instruction that is not executable");
    }
  }
  return stack.back();
}

}  // namespace

Value eval_const(const DecodedModule& module, const ConstExpr& expr, const ConstEnv& env) {
  switch (expr.form) {
    case ConstExpr::Form::I32: return Value(static_cast<std::uint32_t>(expr.value));
    case ConstExpr::Form::I64: return Value(expr.value);
    case ConstExpr::Form::F32: return Value::from_slots(kF32, &expr.value);
    case ConstExpr::Form::F64: return Value::from_slots(kF64, &expr.value);
    case ConstExpr::Form::RefNull: return Value::null(expr.type);
    case ConstExpr::Form::RefFunc: {
      const FuncIdx f{static_cast<std::uint32_t>(expr.value)};
      const CanonType& type = module.type(module.funcs[raw(f)]);
      return {ValType::ref({HeapKind::ConcreteFunc, type.id}, false), env.func(f)};
    }
    case ConstExpr::Form::GlobalGet:
      return env.global(GlobalIdx{static_cast<std::uint32_t>(expr.value)});
    case ConstExpr::Form::General: break;
  }
  return eval_general(module, expr, env);
}

}  // namespace wasmrt
