// The machine opcodes of arm64 as numbers, and what MInst::aux says of last sources and compares.
//
// aux of ops with an op2: bits 0-1 its kind, 2-4 the shift or extension, 5-10 the amount. Of fused
// compares besides: bits 12-14 the Compare, 16-20 the result's size in bytes, 24-31 a trap kind.
#pragma once

#include <cstdint>

#include "jit/lower/mir.h"

namespace wasmrt::jit::arm64 {

enum AOp : std::uint16_t {
  kBeforeFirst = kFirstMachineOp - 1,
#define ARM64(Name, text) k##Name,
#include "jit/arm64/mir_ops.def"
#undef ARM64
  kOpEnd,
};

/// The last source of an op.
enum class Op2 : std::uint8_t { Reg, Imm, Shifted, Extended };
enum class Shift : std::uint8_t { Lsl, Lsr, Asr, Ror };
enum class Extend : std::uint8_t { Uxtb, Uxth, Uxtw, Uxtx, Sxtb, Sxth, Sxtw, Sxtx };

constexpr std::uint32_t op2_bits(Op2 kind, unsigned how = 0, unsigned amount = 0) {
  return static_cast<std::uint32_t>(kind) | how << 2 | amount << 5;
}
constexpr Op2 op2_of(std::uint32_t aux) { return static_cast<Op2>(aux & 3); }
constexpr unsigned op2_how(std::uint32_t aux) { return aux >> 2 & 7; }
constexpr unsigned op2_amount(std::uint32_t aux) { return aux >> 5 & 63; }

/// What sets the flags of a fused op.
enum class Compare : std::uint8_t {
  Int,    ///< cmp a, op2; with the immediate 0 and EQ or NE: cbz or no flags at all
  Cmn,    ///< cmn a, op2
  Test,   ///< tst a, op2
  Bit,    ///< bit `imm` of a, EQ: it is clear
  Float,  ///< fcmp a, b; with an immediate op2: with zero
};

constexpr std::uint32_t fused(Compare compare, unsigned result_size, unsigned trap_kind = 0) {
  return static_cast<std::uint32_t>(compare) << 12 | result_size << 16 | trap_kind << 24;
}
constexpr Compare compare_of(std::uint32_t aux) { return static_cast<Compare>(aux >> 12 & 7); }
/// The bits of aux that say what is compared how.
inline constexpr std::uint32_t kComparedBits = 0x77FF;
/// Of a fused compare: made only where condition imm bits 8-11 holds for the flags that are there,
/// which otherwise become bits 12-15. Its immediate has 5 bits.
inline constexpr std::uint32_t kConditional = 1u << 11;
constexpr unsigned result_size_of(std::uint32_t aux) { return aux >> 16 & 31; }
constexpr unsigned trap_of(std::uint32_t aux) { return aux >> 24; }

/// In aux of memory ops, beside the Access: the index is an i32, whatever its upper half holds.
inline constexpr std::uint32_t kIndex32 = 1u << 16;

/// Of loads and stores: the next one, of a neighbouring place, may be carried out with this one.
inline constexpr std::uint32_t kWithNext = 1u << 17;

/// aux of TruncSat and TruncToInt.
inline constexpr std::uint32_t kSigned = 1, kWide = 2;

/// MInst::mem_pinned of a memory operand that is a 16-byte literal: mem_disp is its index.
inline constexpr std::uint8_t kLiteral = 4;

/// CPU feature bits of CodeOptions::cpu.
enum Cpu : std::uint64_t {
  kCpuLse = 1,
  kCpuDotProd = 2,
  kCpuRcpc = 4,
  kCpuFrintts = 8,
  /// For processors on which a store that faults may have written its first part: every store of
  /// the guest is preceded by a load of the same bytes, which then faults first.
  kCpuProbeStores = std::uint64_t{1} << 62,
  /// Not of a processor: every i32 in a register gets ones in its upper half, so that whatever
  /// relies on that half goes wrong. For tests.
  kCpuPoison = std::uint64_t{1} << 63,
};

}  // namespace wasmrt::jit::arm64
