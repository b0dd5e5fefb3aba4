// Vector instructions: constants.
#include <array>
#include <bit>

#include "jit/arm64/emit.h"

namespace wasmrt::jit::arm64 {

void Emitter::vec_const(std::uint32_t reg, const V128& value) {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(value);
  const std::uint64_t byte = value.bytes[0];
  if (halves[0] == byte * 0x0101010101010101 && halves[1] == halves[0]) {
    const auto bits = static_cast<std::uint32_t>(byte);
    word(0x4F00E400 | bits >> 5 << 16 | (bits & 31) << 5 | reg);  // movi v.16b
  } else {
    load_literal(reg, halves[0], halves[1], 16);
  }
}

bool Emitter::emit_simd(const MInst& i) {
  switch (i.op) {
    case kVecConst:
      vec_const(op(i, 0).loc.n, m_.literals[static_cast<std::size_t>(i.imm)]);
      return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
