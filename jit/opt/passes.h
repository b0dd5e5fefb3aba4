// The optimisation passes: each a free function on an ir::Func. The order they run in is
// pipeline.cpp's.
#pragma once

#include "jit/opt/loops.h"
#include "jit/target.h"

namespace wasmrt::jit::opt {

/// Removes what has no effect and is not used, phis in circles included.
void remove_dead(ir::Func& func);
/// Skips blocks that only jump.
void thread_jumps(ir::Func& func);
/// Marks blocks that lead only to traps or are reached only by unlikely branches.
void mark_cold(ir::Func& func);
/// Moves checks of memories, and what the others need, out of loops without calls.
void hoist_checks(ir::Func& func);

// Those that follow add no blocks: the loops are found once for all of them.

/// Moves pure work out of the loops that it does not depend on. Which constants are work is the
/// machine's to say.
void hoist_invariants(const Target& target, ir::Func& func, const Loops& loops);
/// Removes the polls of loops that count a small constant number of turns.
void elide_polls(ir::Func& func, const Loops& loops);
/// Removes the polls of loops that pass another one in each turn.
void share_polls(ir::Func& func, const Loops& loops);
/// Marks additions that do not wrap, and removes masks that change nothing. What it finds holds
/// where it is found: nothing may move to other blocks afterwards.
void find_ranges(ir::Func& func, const Loops& loops);

}  // namespace wasmrt::jit::opt
