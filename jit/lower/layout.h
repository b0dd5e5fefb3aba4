// The order of a function's blocks in memory, and where jumps to those without code lead.
//
// In: an MFunc after allocation. Out: its blocks as the emitter writes them. Guaranteed: the entry
// is first, blocks that only jump on are left out, cold ones come last; otherwise the order of the
// list, but for ways out of loops and loops' last blocks, which move where they save a jump. Every
// block that a jump ends at is there once. Linear in the blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/lower/mir.h"

namespace wasmrt::jit {

struct Layout {
  std::vector<std::uint32_t> order;  // blocks
  std::vector<std::uint32_t> ends;   // by block: where a jump to it ends up, past the empty ones
  std::vector<bool> starts_loop;     // by block: an innermost loop's first in this order
};

/// `rotate_all`: also loops whose last block is reached in one way only.
Layout lay_out(const MFunc& func, bool rotate_all = false);

}  // namespace wasmrt::jit
