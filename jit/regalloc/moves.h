// The moves of one place, which act as if all at once, as instructions one after the other.
//
// In: moves between locations of a function that is being allocated. Out: instructions appended to
// it, and their numbers. Guaranteed: whatever the moves, cycles included, only the scratch
// registers are overwritten besides.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "jit/lower/mir.h"
#include "jit/target.h"

namespace wasmrt::jit {

struct ParallelMove {
  std::uint32_t from_vreg;
  std::uint32_t to_vreg;
  Loc from;  // None: the value is made again
  Loc to;
};

class MoveWriter {
 public:
  /// `def_inst`: by virtual register, the instruction that defines it. Slots are below `slots`.
  void begin(const Target& target, MFunc& func, std::span<const std::uint32_t> def_inst,
             std::size_t slots);
  /// Appends the numbers of the instructions to `out`.
  void write(std::span<const ParallelMove> group, std::vector<std::uint32_t>& out);
  /// Since begin().
  [[nodiscard]] std::uint64_t moves() const { return moves_; }

 private:
  void emit_move(const ParallelMove& move, std::vector<std::uint32_t>& out);
  void emit_swap(const ParallelMove& move, std::vector<std::uint32_t>& out);
  [[nodiscard]] std::uint32_t loc_key(std::uint32_t vreg, Loc loc) const;

  const Target* target_ = nullptr;
  MFunc* func_ = nullptr;
  std::span<const std::uint32_t> def_inst_;
  std::size_t slots_ = 0;
  std::uint64_t moves_ = 0;
  std::vector<std::uint8_t> done_;  // by move of the group
  std::vector<std::uint32_t> ready_;
  std::vector<std::uint32_t> readers_;  // by loc key: moves of the group that still read it
  std::vector<std::uint32_t> writer_;   // by loc key: move of the group that writes it
};

}  // namespace wasmrt::jit
