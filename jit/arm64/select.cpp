// The order in which arm64's families are asked for a rule, and last sources: what shifts,
// extensions and constants an instruction takes in.
#include "jit/arm64/select.h"

#include <asmjit/arm/a64utils.h>
#include <asmjit/core.h>

#include <bit>

namespace wasmrt::jit::arm64 {

using namespace ir;

bool is_arith_imm(std::uint64_t value) {
  return value < 0x1000 || ((value & 0xFFF) == 0 && value < 0x1000000);
}

bool is_logic_imm(std::uint64_t value, unsigned size) {
  return asmjit::a64::Utils::isLogicalImm(size == 4 ? value & 0xFFFFFFFF : value, size * 8);
}

unsigned bytes_of(Access access) {
  switch (access) {
    case Access::U8:
    case Access::S8: return 1;
    case Access::U16:
    case Access::S16: return 2;
    case Access::U32:
    case Access::S32:
    case Access::F32: return 4;
    case Access::B64:
    case Access::F64: return 8;
    case Access::V128: return 16;
  }
  return 8;
}

bool takes_constant(const Func& func, const Inst& user, unsigned operand) {
  const Inst& c = func[user.arg(operand)];
  const unsigned size = c.type == Type::I64 ? 8 : 4;
  const std::uint64_t mask = size == 4 ? 0xFFFFFFFF : ~std::uint64_t{0};
  const std::uint64_t value = c.imm & mask;
  switch (user.op) {
    case IrOp::Add:
    case IrOp::Icmp:
      return operand == 1 && (is_arith_imm(value) || is_arith_imm((0 - value) & mask));
    case IrOp::Sub:
      return value == 0 ||
             (operand == 1 && (is_arith_imm(value) || is_arith_imm((0 - value) & mask)));
    case IrOp::And:
    case IrOp::Or:
    case IrOp::Xor: return operand == 1 && (value == mask || is_logic_imm(value, size));
    case IrOp::Mul: return operand == 1 && value > 1 && std::has_single_bit(value - 1);
    case IrOp::MulHiS:
    case IrOp::MulHiU:
    case IrOp::DivS:
    case IrOp::DivU:
    case IrOp::RemS:
    case IrOp::RemU:
    case IrOp::Load: return false;
    case IrOp::Store: return operand == 1 && value == 0;
    case IrOp::Select: return value == 0;
    default: return true;  // shifts, and what is rare or goes to a given register
  }
}

bool Selector::constant(V v, std::int64_t& out) const {
  const Inst& i = at(v);
  if (i.op != IrOp::Const) return false;
  out = i.type == Type::I32 ? static_cast<std::int32_t>(i.imm) : static_cast<std::int64_t>(i.imm);
  return true;
}

/// v = inner << by, or >>, or rotated.
bool Selector::shift_of(V v, bool rotate, V& inner, Shift& how, unsigned& by) const {
  const Inst& i = at(v);
  std::int64_t count = 0;
  switch (i.op) {
    case IrOp::Shl: how = Shift::Lsl; break;
    case IrOp::ShrU: how = Shift::Lsr; break;
    case IrOp::ShrS: how = Shift::Asr; break;
    case IrOp::Rotl:
    case IrOp::Rotr: how = Shift::Ror; break;
    default: return false;
  }
  if (needed(v) || (how == Shift::Ror && !rotate) || !constant(i.arg(1), count)) return false;
  const unsigned width = 8 * size_of(i.type);
  by = static_cast<unsigned>(count) & (width - 1);
  // Small shifts to the left cost nothing, however many users take them in.
  if (!used_once(v) && (how != Shift::Lsl || by > 4)) return false;
  if (i.op == IrOp::Rotl) by = (width - by) & (width - 1);
  inner = i.arg(0);
  return true;
}

/// v = inner, extended from 8, 16 or 32 bits.
bool Selector::extension_of(V v, V& inner, Extend& how) const {
  const Inst& i = at(v);
  if (needed(v)) return false;
  std::int64_t mask = 0;
  switch (i.op) {
    case IrOp::Ext8S: how = Extend::Sxtb; break;
    case IrOp::Ext16S: how = Extend::Sxth; break;
    case IrOp::Ext32S:
    case IrOp::ExtS: how = Extend::Sxtw; break;
    case IrOp::ExtU: how = Extend::Uxtw; break;
    case IrOp::And:
      if (!constant(i.arg(1), mask)) return false;
      if (mask == 0xFF) {
        how = Extend::Uxtb;
      } else if (mask == 0xFFFF) {
        how = Extend::Uxth;
      } else if (mask == 0xFFFFFFFF) {
        how = Extend::Uxtw;
      } else {
        return false;
      }
      break;
    default: return false;
  }
  inner = i.arg(0);
  return true;
}

bool Selector::arith_folds(V v) const {
  V inner{};
  Shift shift{};
  Extend extend{};
  unsigned by = 0;
  return shift_of(v, false, inner, shift, by) || extension_of(v, inner, extend);
}

Selector::Source Selector::arith_source(V v, unsigned size, bool* negated) {
  std::int64_t imm = 0;
  if (constant(v, imm)) {
    const std::uint64_t mask = size == 4 ? 0xFFFFFFFF : ~std::uint64_t{0};
    const std::uint64_t value = static_cast<std::uint64_t>(imm) & mask;
    if (is_arith_imm(value)) {
      return {op2_bits(Op2::Imm), kNoVReg, static_cast<std::int64_t>(value)};
    }
    const std::uint64_t minus = (0 - value) & mask;
    if (negated != nullptr && is_arith_imm(minus)) {
      *negated = true;
      return {op2_bits(Op2::Imm), kNoVReg, static_cast<std::int64_t>(minus)};
    }
    return plain(v);
  }
  V inner{};
  Shift shift{};
  Extend extend{};
  unsigned by = 0;
  if (shift_of(v, false, inner, shift, by)) {
    // An extension below a small shift to the left goes along.
    V narrow{};
    if (shift == Shift::Lsl && by <= 4 && extension_of(inner, narrow, extend)) {
      return {op2_bits(Op2::Extended, static_cast<unsigned>(extend), by), low(narrow), 0};
    }
    return {op2_bits(Op2::Shifted, static_cast<unsigned>(shift), by), low(inner), 0};
  }
  if (extension_of(v, inner, extend)) {
    return {op2_bits(Op2::Extended, static_cast<unsigned>(extend), 0), low(inner), 0};
  }
  return plain(v);
}

bool Selector::logic_folds(V v) const {
  V inner{};
  Shift shift{};
  unsigned by = 0;
  return shift_of(v, true, inner, shift, by);
}

Selector::Source Selector::logic_source(V v, unsigned size) {
  std::int64_t imm = 0;
  if (constant(v, imm) && is_logic_imm(static_cast<std::uint64_t>(imm), size)) {
    return {op2_bits(Op2::Imm), kNoVReg, imm};
  }
  V inner{};
  Shift shift{};
  unsigned by = 0;
  if (shift_of(v, true, inner, shift, by)) {
    return {op2_bits(Op2::Shifted, static_cast<unsigned>(shift), by), low(inner), 0};
  }
  return plain(v);
}

MInst& Selector::emit_op2(AOp op, unsigned size, VReg d, VReg a, const Source& b) {
  Operands operands = {def(d)};
  if (a != kNoVReg) operands.push_back(use(a));
  if (b.reg != kNoVReg) operands.push_back(use(b.reg));
  MInst& m = emit(op, size, operands);
  m.aux = b.bits;
  m.imm = b.imm;
  return m;
}

bool Selector::select_value(V v) {
  const BlockId block = f_.block_of[raw(v)];
  if (f_[block].last == raw(v)) emit_bases(block);
  return select_int(v) || select_float(v) || select_mem(v) || select_control(v) || select_simd(v);
}

}  // namespace wasmrt::jit::arm64
