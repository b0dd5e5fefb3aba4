// vec_ops.def as an enumeration, with what selection needs to know of each row.
#pragma once

#include <cstdint>

namespace wasmrt::jit::x64 {

enum class VecOp : std::uint16_t {
#define VEC(Name, sse, vex, form, bytes) Name,
#include "jit/x64/vec_ops.def"
#undef VEC
};

/// How an instruction takes its operands; see vec_ops.def.
enum class VecForm : std::uint8_t { Plain, PlainImm, Tie, TieImm, TernaryImm, Four };

struct VecInfo {
  VecForm form;
  std::uint8_t bytes;  ///< Of a memory operand; 0: none.
};

constexpr VecInfo vec_info(VecOp op) {
  constexpr VecInfo kInfo[] = {
#define VEC(Name, sse, vex, form, bytes) {VecForm::form, bytes},
#include "jit/x64/vec_ops.def"
#undef VEC
  };
  return kInfo[static_cast<unsigned>(op)];
}

constexpr bool has_imm(VecForm form) {
  return form == VecForm::PlainImm || form == VecForm::TieImm || form == VecForm::TernaryImm;
}

/// Whether the definition must have the first use's register.
constexpr bool is_tied(VecForm form, bool avx) {
  return form == VecForm::TernaryImm || (!avx && (form == VecForm::Tie || form == VecForm::TieImm));
}

}  // namespace wasmrt::jit::x64
