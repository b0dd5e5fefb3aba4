// The optimisation passes: each a free function on an ir::Func. The order they run in is
// pipeline.cpp's.
#pragma once

#include "jit/ir/ir.h"

namespace wasmrt::jit::opt {

/// Removes what has no effect and is not used, phis in circles included.
void remove_dead(ir::Func& func);
/// Skips blocks that only jump, and marks blocks that end in a trap as cold.
void thread_jumps(ir::Func& func);

}  // namespace wasmrt::jit::opt
