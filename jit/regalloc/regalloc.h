// Register allocation: linear scan over lifetime intervals with holes and splitting.
//
// In: an MFunc on virtual registers, blocks in layout order with loops contiguous. Out: the same
// function with a location for every operand, and with the moves, stores and reloads that the
// locations need; MFunc::spill_slots and used_callee_saved are set. Guaranteed: constraints hold;
// work is bounded by a constant times the size of the function (a budget; beyond it, and for very
// large functions from the start, each block is allocated by itself: regalloc/local.h).
//
// After Wimmer & Mössenböck, "Optimized Interval Splitting in a Linear Scan Register Allocator"
// (VEE 2005), and Wimmer & Franz, "Linear Scan Register Allocation on SSA Form" (CGO 2010).
#pragma once

#include <cstdint>
#include <string>

#include "jit/lower/mir.h"
#include "jit/target.h"

namespace wasmrt::jit {

struct AllocStats {
  std::uint64_t intervals = 0;
  std::uint64_t splits = 0;
  std::uint64_t moves = 0;
  std::uint64_t light = 0;  ///< Functions that were allocated block by block.
};

/// Reusable state of the allocator; one per worker.
class RegisterAllocator {
 public:
  RegisterAllocator();
  ~RegisterAllocator();
  RegisterAllocator(const RegisterAllocator&) = delete;
  RegisterAllocator& operator=(const RegisterAllocator&) = delete;

  /// Allocates. Returns nullptr, or why the function is declined. `light`: in the light mode from
  /// the start.
  const char* run(const Target& target, MFunc& func, bool light = false);
  [[nodiscard]] const AllocStats& stats() const;

 private:
  struct State;
  State* state_;
};

/// Checks a finished allocation: on every path each use finds its value where the operand says.
/// `before` is the function as it was handed to the allocator. Returns an empty string, or what is
/// wrong and where. Slow; for debug builds, tests and fuzzing.
std::string check_allocation(const Target& target, const MFunc& before, const MFunc& after);

}  // namespace wasmrt::jit
