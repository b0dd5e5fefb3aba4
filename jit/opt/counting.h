// Loops that count: a phi that one addition of a constant changes per turn, and the branch at the
// loop's end that looks at it.
#pragma once

#include <cstdint>
#include <optional>

#include "jit/opt/loops.h"

namespace wasmrt::jit::opt {

/// The loop goes on while `tested cond bound`.
struct Counter {
  ir::ValueId phi, start;
  ir::ValueId next;    ///< phi + step, its value in the next turn.
  std::uint64_t step;  ///< In the bits of the phi's type.
  ir::Cond cond;
  ir::ValueId bound;       ///< kNoValue: zero.
  bool tests_phi;          ///< Tested is the phi; else `next`.
  unsigned start_operand;  ///< Of the header's phis: which one comes from outside.
};

/// The counter of a loop with one way in and one way back, which ends in a branch.
std::optional<Counter> find_counter(const ir::Func& func, const Loops& loops, const Loop& loop);

inline constexpr std::uint64_t kUnknownTurns = ~std::uint64_t{0};
/// How many turns the loop has at most, where it counts between constants; else kUnknownTurns.
std::uint64_t turns(const ir::Func& func, const Counter& counter);

}  // namespace wasmrt::jit::opt
