// x64: register numbers and roles.
//
// Peculiar to this machine: most integer ops overwrite their first operand; shifts take their count
// in cl, divisions work on rdx:rax; a 32-bit op clears the upper half of its destination, which
// keeps every i32 zero-extended for free; rbp and r13 as a base cost a displacement byte.
#pragma once

#include <cstdint>

namespace wasmrt::jit::x64 {

/// Hardware numbers.
enum Gpr : std::uint8_t {
  rax,
  rcx,
  rdx,
  rbx,
  rsp,
  rbp,
  rsi,
  rdi,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15
};

inline constexpr Gpr kScratch = r11;  ///< Also carries the VmFuncRef* into external entries.
inline constexpr Gpr kVmctx = r14;
inline constexpr Gpr kMemory = r15;
inline constexpr std::uint8_t kScratchVec = 15;

/// The DWARF standard's number of a register: it swaps some.
constexpr std::uint8_t dwarf(Gpr r) {
  constexpr std::uint8_t kNumbers[] = {0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};
  return kNumbers[r];
}

/// Condition codes as the machine numbers them.
enum Cc : std::uint8_t { O, NO, B, AE, E, NE, BE, A, S, NS, P, NP, L, GE, LE, G };
constexpr Cc inverted(Cc c) { return static_cast<Cc>(c ^ 1); }

}  // namespace wasmrt::jit::x64
