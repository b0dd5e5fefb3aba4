// Vector instructions: each machine op is one instruction of vec_ops.def; selection has put the
// sequences together. Constants: an instruction that has them in its immediate, else literals.
#include <array>
#include <bit>

#include "jit/arm64/emit.h"
#include "jit/arm64/vec_ops.h"

namespace wasmrt::jit::arm64 {

namespace {

/// movi, mvni or fmov with its 8 bits and what it makes of them.
constexpr std::uint32_t modified(unsigned op, unsigned mode, std::uint64_t imm) {
  const auto bits = static_cast<std::uint32_t>(imm);
  return 0x4F000400 | op << 29 | (bits >> 5) << 16 | mode << 12 | (bits & 31) << 5;
}

/// The instruction that makes a constant without a literal; 0: there is none.
std::uint32_t immediate(std::uint64_t x) {
  const std::uint64_t byte = x & 0xFF;
  if (x == byte * 0x0101010101010101) return modified(0, 14, byte);
  const std::uint64_t word = x & 0xFFFFFFFF;
  if (x == word * 0x100000001) {
    const bool halves = word >> 16 == (word & 0xFFFF);
    for (unsigned op = 0; op < 2; ++op) {
      const std::uint64_t w = op == 0 ? word : ~word & 0xFFFFFFFF;
      if (halves && (w & 0xFF00) == 0) return modified(op, 8, w & 0xFF);
      if (halves && (w & 0xFF) == 0) return modified(op, 10, w >> 8 & 0xFF);
      for (unsigned n = 0; n < 4; ++n) {
        const std::uint64_t part = w >> (8 * n) & 0xFF;
        if (w == part << (8 * n)) return modified(op, 2 * n, part);
        const std::uint64_t ones = (std::uint64_t{1} << (8 * n)) - 1;
        if ((n == 1 || n == 2) && w == (part << (8 * n) | ones)) return modified(op, 11 + n, part);
      }
    }
    // A float of few bits: sign, three bits of exponent, four of fraction.
    const std::uint64_t exponent = word >> 25 & 0x3F;
    if ((word & 0x7FFFF) == 0 && (exponent == 0x1F || exponent == 0x20)) {
      return modified(0, 15, (word >> 31) << 7 | (word >> 19 & 0x7F));
    }
  }
  const std::uint64_t exponent = x >> 54 & 0x1FF;
  if (x << 16 == 0 && (exponent == 0xFF || exponent == 0x100)) {
    return modified(1, 15, (x >> 63) << 7 | (x >> 48 & 0x7F));
  }
  std::uint64_t mask = 0;
  for (unsigned n = 0; n < 8; ++n) {
    const std::uint64_t part = x >> (8 * n) & 0xFF;
    if (part != 0 && part != 0xFF) return 0;
    mask |= (part & 1) << n;
  }
  return modified(1, 14, mask);
}

}  // namespace

void Emitter::vec_const(std::uint32_t reg, const V128& value) {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(value);
  const std::uint32_t bits = halves[0] == halves[1] ? immediate(halves[0]) : 0;
  if (bits != 0) {
    word(bits | reg);
  } else {
    load_literal(reg, halves[0], halves[1], 16);
  }
}

bool Emitter::emit_simd(const MInst& i) {
  switch (i.op) {
    case kVecConst:
      vec_const(op(i, 0).loc.n, m_.literals[static_cast<std::size_t>(i.imm)]);
      return true;
    case kVec: {
      const VecInfo info = vec_info(static_cast<VecOp>(i.aux & 0xFFFF));
      std::uint32_t bits = vec_word(info, static_cast<unsigned>(i.imm)) | op(i, 0).loc.n;
      if (has_memory(i)) {
        const Gp at = memory_address(i, (i.aux & kIndex32) != 0);
        bits |= at.id() << 5;
        if (info.form == VecForm::Store) probe(i, asmjit::a64::ptr(at), info.bytes);
        guest_access(i);
      } else {
        const unsigned first = is_tied(info.form) ? 2 : 1;
        for (unsigned n = first; n < operand_count(i); ++n) {
          bits |= std::uint32_t{op(i, n).loc.n} << (n == first ? 5 : 16);
        }
      }
      word(bits);
      return true;
    }
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
