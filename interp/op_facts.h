// Algebra of ops: what may be swapped or inverted.
//
// In: an op of opcodes.def. Out: the op that gives the same result with its operands exchanged, and
// the comparison that gives the opposite result; kNoOp where there is none. Used by the translator
// to normalise, and by the handler tables to leave out forms that never occur.
#pragma once

#include "libwasmrt/wasm/opcode.h"

namespace wasmrt::interp {

/// op(a, b) == mirrored(op)(b, a).
constexpr Op mirrored(Op op) {
  switch (op) {
    case Op::I32Add:
    case Op::I32Mul:
    case Op::I32And:
    case Op::I32Or:
    case Op::I32Xor:
    case Op::I64Add:
    case Op::I64Mul:
    case Op::I64And:
    case Op::I64Or:
    case Op::I64Xor:
    case Op::F32Add:
    case Op::F32Mul:
    case Op::F64Add:
    case Op::F64Mul:
    case Op::I32Eq:
    case Op::I32Ne:
    case Op::I64Eq:
    case Op::I64Ne:
    case Op::F32Eq:
    case Op::F32Ne:
    case Op::F64Eq:
    case Op::F64Ne:
    case Op::V128And:
    case Op::V128Or:
    case Op::V128Xor:
    case Op::I8x16Add:
    case Op::I16x8Add:
    case Op::I32x4Add:
    case Op::I64x2Add:
    case Op::I16x8Mul:
    case Op::I32x4Mul:
    case Op::I64x2Mul:
    case Op::F32x4Add:
    case Op::F32x4Mul:
    case Op::F64x2Add:
    case Op::F64x2Mul: return op;
    case Op::I32LtS: return Op::I32GtS;
    case Op::I32LtU: return Op::I32GtU;
    case Op::I32GtS: return Op::I32LtS;
    case Op::I32GtU: return Op::I32LtU;
    case Op::I32LeS: return Op::I32GeS;
    case Op::I32LeU: return Op::I32GeU;
    case Op::I32GeS: return Op::I32LeS;
    case Op::I32GeU: return Op::I32LeU;
    case Op::I64LtS: return Op::I64GtS;
    case Op::I64LtU: return Op::I64GtU;
    case Op::I64GtS: return Op::I64LtS;
    case Op::I64GtU: return Op::I64LtU;
    case Op::I64LeS: return Op::I64GeS;
    case Op::I64LeU: return Op::I64GeU;
    case Op::I64GeS: return Op::I64LeS;
    case Op::I64GeU: return Op::I64LeU;
    case Op::F32Lt: return Op::F32Gt;
    case Op::F32Gt: return Op::F32Lt;
    case Op::F32Le: return Op::F32Ge;
    case Op::F32Ge: return Op::F32Le;
    case Op::F64Lt: return Op::F64Gt;
    case Op::F64Gt: return Op::F64Lt;
    case Op::F64Le: return Op::F64Ge;
    case Op::F64Ge: return Op::F64Le;
    default: return kNoOp;
  }
}

/// !op(a, b) == negated(op)(a, b). Integers only: NaNs have no opposite.
constexpr Op negated(Op op) {
  switch (op) {
    case Op::I32Eq: return Op::I32Ne;
    case Op::I32Ne: return Op::I32Eq;
    case Op::I32LtS: return Op::I32GeS;
    case Op::I32LtU: return Op::I32GeU;
    case Op::I32GtS: return Op::I32LeS;
    case Op::I32GtU: return Op::I32LeU;
    case Op::I32LeS: return Op::I32GtS;
    case Op::I32LeU: return Op::I32GtU;
    case Op::I32GeS: return Op::I32LtS;
    case Op::I32GeU: return Op::I32LtU;
    case Op::I64Eq: return Op::I64Ne;
    case Op::I64Ne: return Op::I64Eq;
    case Op::I64LtS: return Op::I64GeS;
    case Op::I64LtU: return Op::I64GeU;
    case Op::I64GtS: return Op::I64LeS;
    case Op::I64GtU: return Op::I64LeU;
    case Op::I64LeS: return Op::I64GtS;
    case Op::I64LeU: return Op::I64GtU;
    case Op::I64GeS: return Op::I64LtS;
    case Op::I64GeU: return Op::I64LtU;
    default: return kNoOp;
  }
}

/// Whether an op compares two scalars (eqz does not).
constexpr bool is_compare2(Op op) {
  return (op >= Op::I32Eq && op <= Op::I32GeU) || (op >= Op::I64Eq && op <= Op::F64Ge);
}
static_assert(Op::I64Eqz < Op::I64Eq && Op::F32Eq > Op::I64GeU && Op::F64Eq > Op::F32Ge);

/// Position of a two-operand comparison among them: families of fused comparisons count by it.
constexpr std::uint32_t compare_index(Op op) {
  const auto i = static_cast<std::uint32_t>(op);
  return op <= Op::I32GeU ? i - static_cast<std::uint32_t>(Op::I32Eq)
                          : i - static_cast<std::uint32_t>(Op::I64Eq) + 10;
}
inline constexpr std::uint32_t kIntCompares = 20;
inline constexpr std::uint32_t kCompares = 32;
static_assert(compare_index(Op::F64Ge) == kCompares - 1);
constexpr bool is_float_compare(Op op) { return op >= Op::F32Eq && op <= Op::F64Ge; }

}  // namespace wasmrt::interp
