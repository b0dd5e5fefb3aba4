// The loops of a function, as the passes see them.
//
// In: a Func whose blocks are in order, loops contiguous. Out: one entry per loop, outer ones
// before those inside them.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/ir/ir.h"

namespace wasmrt::jit::opt {

struct Loop {
  ir::BlockId header;
  ir::BlockId before =
      ir::kNoBlock;                ///< The one block it is entered from, if that only jumps to it.
  std::uint32_t parent = ~0u;      ///< Index of the next loop around it.
  std::uint32_t from = 0, to = 0;  ///< Positions in Func::order.
  std::uint32_t insts = 0;         ///< Instructions, without those of loops inside.
  bool has_calls = false;          ///< Itself or a loop inside.
};

struct Loops {
  std::vector<Loop> loops;
  std::vector<std::uint32_t> innermost;  ///< By block: index of the loop it is in; ~0 outside.
  std::vector<std::uint32_t> position;   ///< By block, in Func::order.

  explicit Loops(const ir::Func& func);
  /// Whether a block lies in a loop, or in one inside it.
  [[nodiscard]] bool contains(const Loop& loop, ir::BlockId block) const {
    const std::uint32_t at = position[raw(block)];
    return loop.from <= at && at < loop.to;
  }
};

}  // namespace wasmrt::jit::opt
