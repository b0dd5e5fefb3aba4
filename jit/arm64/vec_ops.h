// vec_ops.def as an enumeration, with what selection and emission need to know of each row.
#pragma once

#include <cstdint>

namespace wasmrt::jit::arm64 {

enum class VecOp : std::uint16_t {
#define VEC(Name, word, form, imm, bytes, text) Name,
#include "jit/arm64/vec_ops.def"
#undef VEC
};

/// How an instruction takes its operands; see vec_ops.def.
enum class VecForm : std::uint8_t { Plain, Tied, Load, LoadTied, Store };

/// What the number of an instruction is, and so where it stands in the word.
enum class VecImm : std::uint8_t {
  None,
  Left,     ///< A shift to the left, 0 to width - 1.
  Right,    ///< One to the right, 1 to width.
  Bytes,    ///< The first byte of the two sources.
  Lane,     ///< A lane.
  Lanes,    ///< The destination's lane, and the source's << 4.
  MemLane,  ///< The lane that is loaded or stored.
};

struct VecInfo {
  std::uint32_t word;
  VecForm form;
  VecImm imm;
  std::uint8_t bytes;
};

constexpr VecInfo vec_info(VecOp op) {
  constexpr VecInfo kInfo[] = {
#define VEC(Name, word, form, imm, bytes, text) {word, VecForm::form, VecImm::imm, bytes},
#include "jit/arm64/vec_ops.def"
#undef VEC
  };
  return kInfo[static_cast<unsigned>(op)];
}

/// Whether the definition must have the first use's register.
constexpr bool is_tied(VecForm form) { return form == VecForm::Tied || form == VecForm::LoadTied; }

/// The row of an instruction for another lane, where rows stand in the order of widths.
constexpr VecOp wider(VecOp op, unsigned steps) {
  return static_cast<VecOp>(static_cast<unsigned>(op) + steps);
}

/// The bits of an instruction with its number but without registers.
constexpr std::uint32_t vec_word(const VecInfo& info, unsigned imm) {
  const unsigned bytes = info.bytes;
  const auto lane = [bytes](unsigned n) { return (2 * n + 1) * bytes << 16; };
  switch (info.imm) {
    case VecImm::None: return info.word;
    case VecImm::Left: return info.word | (8 * bytes + imm) << 16;
    case VecImm::Right: return info.word | (16 * bytes - imm) << 16;
    case VecImm::Bytes: return info.word | imm << 11;
    case VecImm::Lane: return info.word | lane(imm);
    case VecImm::Lanes: return info.word | lane(imm & 15) | (imm >> 4) * bytes << 11;
    case VecImm::MemLane: {
      const unsigned at = imm * bytes;
      return info.word | (at >> 3) << 30 | (at >> 2 & 1) << 12 | (at & 3) << 10;
    }
  }
  return info.word;
}

}  // namespace wasmrt::jit::arm64
