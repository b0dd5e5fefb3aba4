// What selecting vector instructions is on every machine: constants, operands that may be
// swallowed, and patterns of several ops.
//
// In: a Simd*, SimdLoad*, SimdStoreLane or ConstV128 instruction. Out: what it is, for a machine's
// VectorSelector, derived from VectorSelection, to write. Guaranteed: nothing is emitted here;
// relaxed ops are already those of their deterministic choice.
#pragma once

#include <array>
#include <cstring>

#include "jit/lower/selection.h"
#include "libwasmrt/wasm/opcode.h"

namespace wasmrt::jit {

/// A vector made of equal numbers.
template <class T>
V128 splat_of(T value) {
  V128 v;
  for (unsigned i = 0; i < 16; i += sizeof(T)) std::memcpy(v.bytes + i, &value, sizeof(T));
  return v;
}

/// Row + 1 of each op in a machine's table of rows that begin with one; 0: it is not there.
template <class Row, std::size_t kCount>
constexpr auto rows_of(const Row (&table)[kCount]) {
  static_assert(kCount < 256);
  std::array<std::uint8_t, kOpCount> rows = {};
  std::uint8_t n = 0;
  for (const Row& row : table) rows[static_cast<std::size_t>(row.op)] = ++n;
  return rows;
}

class VectorSelection {
 protected:
  using V = ir::ValueId;
  /// Lanes of a shuffle: bytes 0..15 of the first source, 16..31 of the second.
  using Lanes = std::uint8_t[16];

  VectorSelection(Selection& selection, V v);
  ~VectorSelection() = default;

  /// A constant, or the splat of one.
  bool known(V value, V128& bits) const;
  [[nodiscard]] bool is_zero(V value) const;
  /// An operand that is a constant shift count, less what shifting ignores.
  bool known_count(unsigned n, unsigned lane_bits, unsigned& count) const;
  /// The instruction of an operand that nobody else needs; null where it stays one of its own. Not
  /// from another block: it would move into a loop.
  [[nodiscard]] const ir::Inst* own(unsigned n) const;
  /// Whether nobody reads what this instruction gives. A load still faults.
  [[nodiscard]] bool is_unread_load() const;
  /// The place of a constant among the function's literals.
  std::uint32_t literal_index(const V128& bits);

  /// high << left | low >> right, where both counts together are a lane's width.
  struct Rotation {
    V high{}, low{};
    unsigned left = 0, right = 0;
    unsigned lane = 0;  // log2 of its bytes
  };
  bool rotation(Rotation& found) const;

  struct Shuffle {
    Lanes lanes;
    Lanes flipped;  // with the sources exchanged
    bool uses_a = false, uses_b = false;
  };
  [[nodiscard]] Shuffle shuffle_lanes() const;

 private:
  Selection& selection_;

 protected:
  const V v_;
  const ir::Inst& i_;
  const Op op_;
};

}  // namespace wasmrt::jit
