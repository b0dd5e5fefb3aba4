// The order of a function's blocks in memory.
//
// In: an MFunc after allocation. Out: its blocks as the emitter writes them. Guaranteed: the entry
// is first, blocks that only jump on are left out, cold ones come last; otherwise the order of the
// list, but for ways out of loops and loops' last blocks, which move where they save a jump.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/lower/mir.h"

namespace wasmrt::jit {

/// Where a jump to a block ends up, past blocks that only jump on.
std::uint32_t follow(const MFunc& func, std::uint32_t block);
std::vector<std::uint32_t> memory_order(const MFunc& func);

}  // namespace wasmrt::jit
