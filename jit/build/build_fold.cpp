// Folding, merging and forwarding: what happens to an instruction on its way into a block.
//
// Arithmetic on constants goes through wasm/semantics.h, so there is one home for what an op means.
#include <bit>

#include "jit/build/builder.h"
#include "libwasmrt/wasm/semantics.h"

namespace wasmrt::jit {

using namespace ir;

namespace {

constexpr std::uint64_t mask_of(Type t) { return t == Type::I32 ? 0xFFFFFFFFu : ~std::uint64_t{0}; }
constexpr unsigned bits_of(Type t) { return t == Type::I32 ? 32 : 64; }
constexpr bool is_int(Type t) { return t == Type::I32 || t == Type::I64; }

bool commutes(IrOp op) {
  switch (op) {
    case IrOp::Add:
    case IrOp::Mul:
    case IrOp::And:
    case IrOp::Or:
    case IrOp::Xor:
    case IrOp::MulHiS:
    case IrOp::MulHiU:
    case IrOp::Fadd:
    case IrOp::Fmul: return true;
    default: return false;
  }
}

Cond swapped(Cond c) {
  switch (c) {
    case Cond::LtS: return Cond::GtS;
    case Cond::LtU: return Cond::GtU;
    case Cond::GtS: return Cond::LtS;
    case Cond::GtU: return Cond::LtU;
    case Cond::LeS: return Cond::GeS;
    case Cond::LeU: return Cond::GeU;
    case Cond::GeS: return Cond::LeS;
    case Cond::GeU: return Cond::LeU;
    default: return c;
  }
}

/// The result of an integer op on constants; nothing when it traps.
template <class U>
bool fold_binary(IrOp op, U a, U b, U& r) {
  constexpr bool k32 = sizeof(U) == 4;
  const auto checked = [&r](auto c) {
    r = c.value;
    return c.trap == TrapKind::None;
  };
  switch (op) {
#define FOLD(Ir, name)           \
  case IrOp::Ir:                 \
    if constexpr (k32) {         \
      r = sem::i32_##name(a, b); \
    } else {                     \
      r = sem::i64_##name(a, b); \
    }                            \
    return true;
#define FOLD_CHECKED(Ir, name)               \
  case IrOp::Ir:                             \
    if constexpr (k32)                       \
      return checked(sem::i32_##name(a, b)); \
    else                                     \
      return checked(sem::i64_##name(a, b));
    // clang-format off
    FOLD(Add, add) FOLD(Sub, sub) FOLD(Mul, mul) FOLD(And, and) FOLD(Or, or) FOLD(Xor, xor)
    FOLD(Shl, shl) FOLD(ShrS, shr_s) FOLD(ShrU, shr_u) FOLD(Rotl, rotl) FOLD(Rotr, rotr)
    FOLD_CHECKED(DivS, div_s) FOLD_CHECKED(DivU, div_u) FOLD_CHECKED(RemS, rem_s) FOLD_CHECKED(RemU, rem_u)
    // clang-format on
#undef FOLD
#undef FOLD_CHECKED
                    default : return false;
  }
}

template <class U>
bool compare(Cond c, U a, U b) {
  using S = std::make_signed_t<U>;
  const auto x = static_cast<S>(a);
  const auto y = static_cast<S>(b);
  switch (c) {
    case Cond::Eq: return a == b;
    case Cond::Ne: return a != b;
    case Cond::LtS: return x < y;
    case Cond::LtU: return a < b;
    case Cond::GtS: return x > y;
    case Cond::GtU: return a > b;
    case Cond::LeS: return x <= y;
    case Cond::LeU: return a <= b;
    case Cond::GeS: return x >= y;
    case Cond::GeU: return a >= b;
  }
  return false;
}

}  // namespace

Builder::V Builder::append(Inst inst) {
  if (const V v = fold(inst); v != kNoValue) return v;
  const IrInfo& row = info(inst.op);
  if (row.reads) return load_or_forward(inst);
  if (row.writes) {
    const V v = append_raw(inst);
    remember_store(inst);
    return v;
  }
  // A trapping op with the same operands has trapped already, or will not.
  const ValueTable::Key key = ValueTable::key(inst, 0);
  if (const V v = table_.find(key); v != kNoValue) return v;
  const V v = append_raw(inst);
  table_.insert(key, v);
  return v;
}

// ---- memory
// -----------------------------------------------------------------------------------------------

Builder::V Builder::load_or_forward(Inst inst) {
  const bool vm = inst.op == IrOp::VmLoad;
  const bool word = vm && inst.lane == kMemoryWord;
  const ValueTable::Key key = ValueTable::key(inst, word ? calls_version_
                                                    : vm ? vm_version_
                                                         : memory_version_);
  if (const V v = table_.find(key); v != kNoValue) return v;
  const V v = append_raw(inst);
  table_.insert(key, v);
  return v;
}

/// A store outdates all loads of its kind, and is itself what a load of the same place gives.
void Builder::remember_store(const Inst& store) {
  const bool vm = store.op == IrOp::VmStore;
  if (!vm && store.op != IrOp::Store && store.op != IrOp::SimdStoreLane) return;
  ++(vm ? vm_version_ : memory_version_);
  if (store.op == IrOp::SimdStoreLane) return;
  const auto access = static_cast<Access>(store.aux);
  const bool whole = access == Access::B64 || access == Access::F32 || access == Access::F64 ||
                     access == Access::V128 ||
                     (access == Access::U32 && store.aux_type == Type::I32);
  if (!whole) return;
  Inst load;
  load.op = vm ? IrOp::VmLoad : IrOp::Load;
  load.type = store.aux_type;
  load.aux = store.aux;
  load.mem = store.mem;
  load.args[0] = store.args[0];
  load.imm = store.imm;
  table_.insert(ValueTable::key(load, vm ? vm_version_ : memory_version_),
                static_cast<V>(store.args[1]));
}

// ---- folding
// ------------------------------------------------------------------------------------------------

Builder::V Builder::fold(Inst& i) {
  const std::uint8_t n = info(i.op).operands;
  if (n == 0) return kNoValue;
  if (n == 2 && commutes(i.op) && f_[i.arg(0)].op == IrOp::Const &&
      f_[i.arg(1)].op != IrOp::Const) {
    std::swap(i.args[0], i.args[1]);
  }
  if (const V v = fold_constants(i); v != kNoValue) return v;
  if (i.op == IrOp::Icmp) return fold_icmp(i);
  if (is_int(i.type)) return fold_int(i);
  if (i.op == IrOp::Select) {
    const Inst& c = f_[i.arg(0)];
    if (c.op == IrOp::Const) return i.arg(c.imm != 0 ? 1 : 2);
    if (i.args[1] == i.args[2]) return i.arg(1);
  }
  return kNoValue;
}

Builder::V Builder::fold_constants(const Inst& i) {
  const std::uint8_t n = info(i.op).operands;
  if (n > 2 || f_[i.arg(0)].op != IrOp::Const) return kNoValue;
  const std::uint64_t a = f_[i.arg(0)].imm;
  if (n == 1) {
    switch (i.op) {
      case IrOp::Clz:
        return constant(i.type, i.type == Type::I32 ? sem::i32_clz(static_cast<std::uint32_t>(a))
                                                    : sem::i64_clz(a));
      case IrOp::Ctz:
        return constant(i.type, i.type == Type::I32 ? sem::i32_ctz(static_cast<std::uint32_t>(a))
                                                    : sem::i64_ctz(a));
      case IrOp::Popcnt:
        return constant(i.type, i.type == Type::I32 ? sem::i32_popcnt(static_cast<std::uint32_t>(a))
                                                    : sem::i64_popcnt(a));
      case IrOp::Ext8S:
        return constant(i.type, i.type == Type::I32
                                    ? sem::i32_extend8_s(static_cast<std::uint32_t>(a))
                                    : sem::i64_extend8_s(a));
      case IrOp::Ext16S:
        return constant(i.type, i.type == Type::I32
                                    ? sem::i32_extend16_s(static_cast<std::uint32_t>(a))
                                    : sem::i64_extend16_s(a));
      case IrOp::Ext32S: return constant(i.type, sem::i64_extend32_s(a));
      case IrOp::Wrap: return constant(Type::I32, sem::i32_wrap_i64(a));
      case IrOp::ExtS:
        return constant(Type::I64, sem::i64_extend_i32_s(static_cast<std::uint32_t>(a)));
      case IrOp::ExtU: return constant(Type::I64, a);
      case IrOp::Bitcast: return constant(i.type, a);
      default: return kNoValue;
    }
  }
  if (f_[i.arg(1)].op != IrOp::Const) return kNoValue;
  const std::uint64_t b = f_[i.arg(1)].imm;
  if (i.op == IrOp::Icmp) {
    const auto cond = static_cast<Cond>(i.aux);
    const bool r = i.aux_type == Type::I32
                       ? compare(cond, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b))
                       : compare(cond, a, b);
    return constant(Type::I32, r ? 1 : 0);
  }
  if (i.type == Type::I32) {
    std::uint32_t r = 0;
    if (fold_binary(i.op, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), r)) {
      return constant(Type::I32, r);
    }
  } else if (i.type == Type::I64) {
    std::uint64_t r = 0;
    if (fold_binary(i.op, a, b, r)) return constant(Type::I64, r);
  }
  return kNoValue;
}

Builder::V Builder::fold_int(Inst& i) {
  const std::uint64_t mask = mask_of(i.type);
  const Inst& x = f_[i.arg(0)];
  const bool two = info(i.op).operands == 2;
  const bool has_const = two && f_[i.arg(1)].op == IrOp::Const;
  const std::uint64_t c = has_const ? f_[i.arg(1)].imm : 0;
  switch (i.op) {
    case IrOp::Sub:
      if (i.args[0] == i.args[1]) return constant(i.type, 0);
      if (!has_const) return kNoValue;
      if (c == 0) return i.arg(0);
      i.op = IrOp::Add;  // one form for both
      i.args[1] = raw(constant(i.type, (~c + 1) & mask));
      return fold(i);
    case IrOp::Add:
      if (!has_const) return kNoValue;
      if (c == 0) return i.arg(0);
      if (x.op == IrOp::Add && f_[x.arg(1)].op == IrOp::Const) {
        const std::uint64_t sum = (f_[x.arg(1)].imm + c) & mask;
        i.args[0] = x.args[0];
        i.args[1] = raw(constant(i.type, sum));
        return sum == 0 ? i.arg(0) : kNoValue;
      }
      return kNoValue;
    case IrOp::Mul:
      if (!has_const) return kNoValue;
      if (c == 0) return i.arg(1);
      if (c == 1) return i.arg(0);
      if (std::has_single_bit(c)) {
        i.op = IrOp::Shl;
        i.args[1] = raw(constant(i.type, static_cast<std::uint64_t>(std::countr_zero(c))));
      }
      return kNoValue;
    case IrOp::DivU:
    case IrOp::DivS:
    case IrOp::RemU:
    case IrOp::RemS: return has_const ? divide_by_constant(i, c) : kNoValue;
    case IrOp::And:
      if (i.args[0] == i.args[1]) return i.arg(0);
      if (!has_const) return kNoValue;
      if (c == 0) return i.arg(1);
      if (c == mask) return i.arg(0);
      if (x.op == IrOp::And && f_[x.arg(1)].op == IrOp::Const) {
        i.args[0] = x.args[0];  // x is gone once a constant is appended
        i.args[1] = raw(constant(i.type, f_[x.arg(1)].imm & c));
        return fold(i);
      }
      if (x.op == IrOp::Load) {  // the load has cleared the other bits
        const auto access = static_cast<Access>(x.aux);
        if (access == Access::U8 && (c & 0xFF) == 0xFF) return i.arg(0);
        if (access == Access::U16 && (c & 0xFFFF) == 0xFFFF) return i.arg(0);
      }
      if (x.op == IrOp::Icmp && (c & 1) != 0) return i.arg(0);
      if (x.op == IrOp::ExtU) {
        const Inst& narrow = f_[x.arg(0)];
        if (c == 0xFFFFFFFF) return i.arg(0);
        if (narrow.op == IrOp::Load) {
          const auto access = static_cast<Access>(narrow.aux);
          if (access == Access::U8 && (c & 0xFF) == 0xFF) return i.arg(0);
          if (access == Access::U16 && (c & 0xFFFF) == 0xFFFF) return i.arg(0);
        }
      }
      if (i.type == Type::I64 && c == 0xFFFFFFFF) {  // no constant to keep in a register
        return op1(IrOp::ExtU, Type::I64, op1(IrOp::Wrap, Type::I32, i.arg(0), Type::I64),
                   Type::I32);
      }
      return kNoValue;
    case IrOp::Or:
      if (i.args[0] == i.args[1]) return i.arg(0);
      if (has_const && c == 0) return i.arg(0);
      if (has_const && c == mask) return i.arg(1);
      return kNoValue;
    case IrOp::Xor:
      if (i.args[0] == i.args[1]) return constant(i.type, 0);
      if (has_const && c == 0) return i.arg(0);
      return kNoValue;
    case IrOp::Shl:
    case IrOp::ShrS:
    case IrOp::ShrU:
    case IrOp::Rotl:
    case IrOp::Rotr: {
      if (!has_const) return kNoValue;
      const std::uint64_t by = c & (bits_of(i.type) - 1);
      if (by == 0) return i.arg(0);
      if (by != c) i.args[1] = raw(constant(i.type, by));
      return kNoValue;
    }
    case IrOp::Wrap:
      if (x.op == IrOp::ExtS || x.op == IrOp::ExtU) return x.arg(0);
      return kNoValue;
    case IrOp::Bitcast:
      if (x.op == IrOp::Bitcast && f_[x.arg(0)].type == i.type) return x.arg(0);
      return kNoValue;
    case IrOp::Select: {
      const Inst& condition = f_[i.arg(0)];
      if (condition.op == IrOp::Const) return i.arg(condition.imm != 0 ? 1 : 2);
      if (i.args[1] == i.args[2]) return i.arg(1);
      return kNoValue;
    }
    default: return kNoValue;
  }
}

Builder::V Builder::fold_icmp(Inst& i) {
  if (f_[i.arg(0)].op == IrOp::Const && f_[i.arg(1)].op != IrOp::Const) {
    std::swap(i.args[0], i.args[1]);
    i.aux = static_cast<std::uint16_t>(swapped(static_cast<Cond>(i.aux)));
  }
  const auto cond = static_cast<Cond>(i.aux);
  if (i.args[0] == i.args[1]) {
    const bool r = cond == Cond::Eq || cond == Cond::LeS || cond == Cond::LeU ||
                   cond == Cond::GeS || cond == Cond::GeU;
    return constant(Type::I32, r ? 1 : 0);
  }
  if (!is_const(i.arg(1), 0)) return kNoValue;
  const Inst& x = f_[i.arg(0)];
  if (cond == Cond::LtU) return constant(Type::I32, 0);
  if (cond == Cond::GeU) return constant(Type::I32, 1);
  // (a < b) == 0 and (a < b) != 0
  if (x.op == IrOp::Icmp && cond == Cond::Ne) return i.arg(0);
  if (x.op == IrOp::Icmp && cond == Cond::Eq) {
    const Inst inner = x;
    return icmp(inverted(static_cast<Cond>(inner.aux)), inner.aux_type, inner.arg(0), inner.arg(1));
  }
  if ((cond == Cond::Eq || cond == Cond::Ne) && x.op == IrOp::ExtU) {
    const V narrow = x.arg(0);  // x is gone once a constant is appended
    return icmp(cond, Type::I32, narrow, constant(Type::I32, 0));
  }
  return kNoValue;
}

}  // namespace wasmrt::jit
