// Constants, arithmetic, comparisons and conversions.
#include <array>
#include <cstring>

#include "jit/build/builder.h"
#include "libwasmrt/wasm/nan.h"

namespace wasmrt::jit {

using namespace ir;

namespace {

/// What a scalar numeric op becomes: `a` operands of type `from`, result of type `type`.
struct Numeric {
  IrOp op = IrOp::Trap;
  Type type = Type::Void;
  Type from = Type::Void;
  std::uint16_t aux = 0;
};

constexpr Type I = Type::I32, L = Type::I64, F = Type::F32, D = Type::F64;

constexpr std::array<Numeric, kOpCount> make_table() {
  std::array<Numeric, kOpCount> t{};
  const auto set = [&t](Op op, IrOp ir, Type type, Type from, std::uint16_t aux = 0) {
    t[static_cast<std::size_t>(op)] = {ir, type, from, aux};
  };
#define BOTH_INT(name, ir)            \
  set(Op::I32##name, IrOp::ir, I, I); \
  set(Op::I64##name, IrOp::ir, L, L);
#define BOTH_FLOAT(name, ir)          \
  set(Op::F32##name, IrOp::ir, F, F); \
  set(Op::F64##name, IrOp::ir, D, D);
#define ICMP(name)                                                              \
  set(Op::I32##name, IrOp::Icmp, I, I, static_cast<std::uint16_t>(Cond::name)); \
  set(Op::I64##name, IrOp::Icmp, I, L, static_cast<std::uint16_t>(Cond::name));
#define FCMP(name)                                                               \
  set(Op::F32##name, IrOp::Fcmp, I, F, static_cast<std::uint16_t>(FCond::name)); \
  set(Op::F64##name, IrOp::Fcmp, I, D, static_cast<std::uint16_t>(FCond::name));
  // clang-format off
  BOTH_INT(Add, Add) BOTH_INT(Sub, Sub) BOTH_INT(Mul, Mul)
  BOTH_INT(DivS, DivS) BOTH_INT(DivU, DivU) BOTH_INT(RemS, RemS) BOTH_INT(RemU, RemU)
  BOTH_INT(And, And) BOTH_INT(Or, Or) BOTH_INT(Xor, Xor)
  BOTH_INT(Shl, Shl) BOTH_INT(ShrS, ShrS) BOTH_INT(ShrU, ShrU) BOTH_INT(Rotl, Rotl) BOTH_INT(Rotr, Rotr)
  BOTH_INT(Clz, Clz) BOTH_INT(Ctz, Ctz) BOTH_INT(Popcnt, Popcnt)
  BOTH_INT(Extend8S, Ext8S) BOTH_INT(Extend16S, Ext16S)
  set(Op::I64Extend32S, IrOp::Ext32S, L, L);
  ICMP(Eq) ICMP(Ne) ICMP(LtS) ICMP(LtU) ICMP(GtS) ICMP(GtU) ICMP(LeS) ICMP(LeU) ICMP(GeS) ICMP(GeU)
  BOTH_FLOAT(Add, Fadd) BOTH_FLOAT(Sub, Fsub) BOTH_FLOAT(Mul, Fmul) BOTH_FLOAT(Div, Fdiv)
  BOTH_FLOAT(Min, Fmin) BOTH_FLOAT(Max, Fmax) BOTH_FLOAT(Copysign, Fcopysign)
  BOTH_FLOAT(Abs, Fabs) BOTH_FLOAT(Neg, Fneg) BOTH_FLOAT(Sqrt, Fsqrt)
  BOTH_FLOAT(Ceil, Fceil) BOTH_FLOAT(Floor, Ffloor) BOTH_FLOAT(Trunc, Ftrunc) BOTH_FLOAT(Nearest, Fnearest)
  FCMP(Eq) FCMP(Ne) FCMP(Lt) FCMP(Gt) FCMP(Le) FCMP(Ge)
      // clang-format on
      set(Op::I32WrapI64, IrOp::Wrap, I, L);
  set(Op::I64ExtendI32S, IrOp::ExtS, L, I);
  set(Op::I64ExtendI32U, IrOp::ExtU, L, I);
#define TRUNC(int_name, int_type, float_name, float_type)                            \
  set(Op::int_name##Trunc##float_name##S, IrOp::TruncS, int_type, float_type);       \
  set(Op::int_name##Trunc##float_name##U, IrOp::TruncU, int_type, float_type);       \
  set(Op::int_name##TruncSat##float_name##S, IrOp::TruncSatS, int_type, float_type); \
  set(Op::int_name##TruncSat##float_name##U, IrOp::TruncSatU, int_type, float_type); \
  set(Op::float_name##Convert##int_name##S, IrOp::ConvS, float_type, int_type);      \
  set(Op::float_name##Convert##int_name##U, IrOp::ConvU, float_type, int_type);
  TRUNC(I32, I, F32, F)
  TRUNC(I32, I, F64, D)
  TRUNC(I64, L, F32, F) TRUNC(I64, L, F64, D) set(Op::F32DemoteF64, IrOp::Demote, F, D);
  set(Op::F64PromoteF32, IrOp::Promote, D, F);
  set(Op::I32ReinterpretF32, IrOp::Bitcast, I, F);
  set(Op::I64ReinterpretF64, IrOp::Bitcast, L, D);
  set(Op::F32ReinterpretI32, IrOp::Bitcast, F, I);
  set(Op::F64ReinterpretI64, IrOp::Bitcast, D, L);
#undef BOTH_INT
#undef BOTH_FLOAT
#undef ICMP
#undef FCMP
#undef TRUNC
  return t;
}

constexpr std::array<Numeric, kOpCount> kNumeric = make_table();

Inst make(const Numeric& n) {
  Inst i;
  i.op = n.op;
  i.type = n.type;
  if (n.from != n.type) i.aux_type = n.from;
  if (n.op == IrOp::Icmp || n.op == IrOp::Fcmp) i.aux_type = n.from;
  i.aux = n.aux;
  return i;
}

}  // namespace

Builder::V Builder::vector(const V128& v) {
  Inst i;
  i.op = IrOp::ConstV128;
  i.type = Type::V128;
  std::size_t at = 0;
  while (at < f_.v128s.size() && f_.v128s[at] != v && at < 64) ++at;
  if (at == f_.v128s.size() || at == 64) {
    at = f_.v128s.size();
    f_.v128s.push_back(v);
  }
  i.imm = at;
  return append(i);
}

void Builder::on_const(Op op, const Imm& imm) {
  switch (op) {
    case Op::I32Const: push(constant(Type::I32, imm.value)); break;
    case Op::I64Const: push(constant(Type::I64, imm.value)); break;
    case Op::F32Const: push(constant(Type::F32, imm.value)); break;
    case Op::F64Const: push(constant(Type::F64, imm.value)); break;
    default: {  // v128.const
      V128 v;
      std::memcpy(v.bytes, imm.bytes, 16);
      push(vector(v));
    }
  }
}

Builder::V Builder::canonical(Op op, V v) {
  if (!context_.options.deterministic) return v;
  const auto lanes = [&](Op eq, std::uint64_t nan) {
    V128 all;
    std::memcpy(all.bytes, &nan, 8);
    std::memcpy(all.bytes + 8, &nan, 8);
    Inst same;
    same.op = IrOp::Simd2;
    same.type = Type::V128;
    same.aux = static_cast<std::uint16_t>(eq);
    same.args[0] = same.args[1] = raw(v);
    Inst pick;
    pick.op = IrOp::Simd3;
    pick.type = Type::V128;
    pick.aux = static_cast<std::uint16_t>(Op::V128Bitselect);
    pick.args[0] = raw(v);
    pick.args[1] = raw(vector(all));
    pick.args[2] = raw(append(same));
    return append(pick);
  };
  const auto scalar = [&](Type type, std::uint64_t nan) {
    Inst same;
    same.op = IrOp::Fcmp;
    same.type = Type::I32;
    same.aux_type = type;
    same.aux = static_cast<std::uint16_t>(FCond::Eq);
    same.args[0] = same.args[1] = raw(v);
    Inst pick;
    pick.op = IrOp::Select;
    pick.type = type;
    pick.args[2] = raw(constant(type, nan));
    pick.args[1] = raw(v);
    pick.args[0] = raw(append(same));
    return append(pick);
  };
  constexpr std::uint64_t kTwice = kCanonicalNan32 * std::uint64_t{0x100000001};
  switch (nan_shape(op)) {
    case NanShape::F32: return scalar(Type::F32, kCanonicalNan32);
    case NanShape::F64: return scalar(Type::F64, kCanonicalNan64);
    case NanShape::F32x4: return lanes(Op::F32x4Eq, kTwice);
    case NanShape::F64x2: return lanes(Op::F64x2Eq, kCanonicalNan64);
    default: return v;
  }
}

void Builder::on_unary(Op op, const Imm&) {
  Inst i = make(kNumeric[static_cast<std::size_t>(op)]);
  i.args[0] = raw(pop());
  push(canonical(op, append(i)));
}

void Builder::on_binary(Op op, const Imm&) {
  Inst i = make(kNumeric[static_cast<std::size_t>(op)]);
  i.args[1] = raw(pop());
  i.args[0] = raw(pop());
  push(canonical(op, append(i)));
}

void Builder::on_compare(Op op, const Imm& imm) {
  if (op == Op::I32Eqz || op == Op::I64Eqz) {
    const Type t = op == Op::I32Eqz ? Type::I32 : Type::I64;
    const V a = pop();
    push(icmp(Cond::Eq, t, a, constant(t, 0)));
    return;
  }
  on_binary(op, imm);
}

void Builder::on_convert(Op op, const Imm& imm) { on_unary(op, imm); }

void Builder::on_trapping(Op op, const Imm& imm) {
  if (info(kNumeric[static_cast<std::size_t>(op)].op).operands == 1) {
    on_unary(op, imm);
  } else {
    on_binary(op, imm);
  }
}

void Builder::on_wide_arith(Op op, const Imm&) {
  if (op == Op::I64MulWideS || op == Op::I64MulWideU) {
    const V b = pop();
    const V a = pop();
    push(op2(IrOp::Mul, Type::I64, a, b));
    push(op2(op == Op::I64MulWideS ? IrOp::MulHiS : IrOp::MulHiU, Type::I64, a, b));
    return;
  }
  const V b_hi = pop();
  const V b_lo = pop();
  const V a_hi = pop();
  const V a_lo = pop();
  if (op == Op::I64Add128) {
    const V lo = op2(IrOp::Add, Type::I64, a_lo, b_lo);
    const V carry = op1(IrOp::ExtU, Type::I64, icmp(Cond::LtU, Type::I64, lo, a_lo), Type::I32);
    push(lo);
    push(op2(IrOp::Add, Type::I64, op2(IrOp::Add, Type::I64, a_hi, b_hi), carry));
  } else {
    const V borrow = op1(IrOp::ExtU, Type::I64, icmp(Cond::LtU, Type::I64, a_lo, b_lo), Type::I32);
    push(op2(IrOp::Sub, Type::I64, a_lo, b_lo));
    push(op2(IrOp::Sub, Type::I64, op2(IrOp::Sub, Type::I64, a_hi, b_hi), borrow));
  }
}

void Builder::on_select(ValType type) {
  Inst i;
  i.op = IrOp::Select;
  i.type = ir_type(type);
  i.args[0] = raw(pop());
  i.args[2] = raw(pop());
  i.args[1] = raw(pop());
  push(append(i));
}

// ---- vectors
// ------------------------------------------------------------------------------------------

namespace {

Type sig_type(SigType t) {
  switch (t) {
    case SigType::I32: return Type::I32;
    case SigType::I64: return Type::I64;
    case SigType::F32: return Type::F32;
    case SigType::F64: return Type::F64;
    default: return Type::V128;
  }
}

}  // namespace

void Builder::on_simd(Op op, const Imm&) {
  const OpInfo& row = op_info(op);
  Inst i;
  const unsigned n = row.sig.operand_count;
  i.op = n == 1 ? IrOp::Simd1 : n == 2 ? IrOp::Simd2 : IrOp::Simd3;
  i.type = sig_type(row.sig.results[0]);
  i.aux = static_cast<std::uint16_t>(op);
  for (unsigned k = n; k-- > 0;) i.args[k] = raw(pop());
  push(canonical(op, append(i)));
}

void Builder::on_simd_lane(Op op, const Imm& imm) {
  const OpInfo& row = op_info(op);
  Inst i;
  const unsigned n = row.sig.operand_count;
  i.op = n == 1 ? IrOp::Simd1 : IrOp::Simd2;
  i.type = sig_type(row.sig.results[0]);
  i.aux = static_cast<std::uint16_t>(op);
  if (op == Op::I8x16Shuffle) {
    V128 lanes;
    std::memcpy(lanes.bytes, imm.bytes, 16);
    i.imm = f_.v128s.size();
    f_.v128s.push_back(lanes);
  } else {
    i.lane = imm.lane;
  }
  for (unsigned k = n; k-- > 0;) i.args[k] = raw(pop());
  push(append(i));
}

}  // namespace wasmrt::jit
