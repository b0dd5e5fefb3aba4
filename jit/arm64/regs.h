// arm64: register numbers and roles.
//
// Peculiar to this machine: three operands, so nothing is overwritten; a w-form clears the upper
// half of its destination, which keeps every i32 zero-extended for free; number 31 is the zero
// register or the stack pointer, by instruction; a call leaves its return address in x30, which
// only functions with a frame save. x18 is the platform's; x29 is not used.
#pragma once

#include <cstdint>

namespace wasmrt::jit::arm64 {

/// Hardware numbers.
enum Gpr : std::uint8_t {
  x0,
  x1,
  x2,
  x3,
  x4,
  x5,
  x6,
  x7,
  x8,
  x9,
  x10,
  x11,
  x12,
  x13,
  x14,
  x15,  // clang-format off
  x16, x17, x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30,
  sp  // clang-format on
};

/// Of data in moves; carries the VmFuncRef* into external entries, and the pc to the fault stub.
inline constexpr Gpr kScratch = x16;
/// Of addresses; carries the Activation* into external entries, and to the stubs the return address
/// of a function without a frame.
inline constexpr Gpr kScratch2 = x17;
/// Where external entries are jumped at from tail calls; the report's value on the way to a trap.
inline constexpr Gpr kTarget = x15;
inline constexpr Gpr kLink = x30;
inline constexpr Gpr kVmctx = x27;
inline constexpr Gpr kMemory = x28;
inline constexpr std::uint8_t kScratchVec = 31;

/// Condition codes as the machine numbers them. After a compare of floats: MI less, LS less or
/// equal, GT greater, GE greater or equal, EQ equal, all false on unordered; their inverses true.
enum Cc : std::uint8_t { EQ, NE, HS, LO, MI, PL, VS, VC, HI, LS, GE, LT, GT, LE, AL };
constexpr Cc inverted(Cc c) { return static_cast<Cc>(c ^ 1); }

}  // namespace wasmrt::jit::arm64
