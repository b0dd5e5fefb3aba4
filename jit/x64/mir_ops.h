// The machine opcodes of x64 as numbers, and the kinds of compare that ops are fused with.
#pragma once

#include <cstdint>

#include "jit/lower/mir.h"

namespace wasmrt::jit::x64 {

enum XOp : std::uint16_t {
  kBeforeFirst = kFirstMachineOp - 1,
#define X64(Name, text) k##Name,
#include "jit/x64/mir_ops.def"
#undef X64
  kOpEnd,
};

/// What sets the flags of a fused op.
enum class Compare : std::uint8_t {
  Int,      ///< cmp a, b
  Test,     ///< test a, b
  Float,    ///< ucomis a, b; one condition
  FloatEq,  ///< ucomis a, b; equal and ordered (cond E) or not (cond NE)
  Vector,   ///< ptest a, b; cond E: no common bit
  Bit,      ///< bt a, b: bit b of a, modulo its size; cond B: it is set
};

constexpr std::uint32_t fused(Compare compare, unsigned trap_kind = 0) {
  return static_cast<std::uint32_t>(compare) | trap_kind << 8;
}
constexpr Compare compare_of(std::uint32_t aux) { return static_cast<Compare>(aux & 0xFF); }
constexpr unsigned trap_of(std::uint32_t aux) { return aux >> 8; }

/// MInst::mem_pinned of a memory operand that is a 16-byte literal: mem_disp is its index.
inline constexpr std::uint8_t kLiteral = 4;

/// CPU feature bits of CodeOptions::cpu.
enum Cpu : std::uint64_t {
  kCpuAvx = 1,
  kCpuAvx2 = 2,
  kCpuBmi1 = 4,
  kCpuBmi2 = 8,
  kCpuLzcnt = 16,
  kCpuPopcnt = 32,
  kCpuAvx512 = 128,
};

}  // namespace wasmrt::jit::x64
