// Tiny loops, several turns behind each other: they share one poll and one jump back.
//
// In: an MFunc after allocation. Out: the same, where a loop without others inside and without
// calls, of few instructions, stands kTurns times behind itself. Guaranteed: each turn may be left
// where it could be left before, to the same places; every way around passes the one poll that is
// left. As values have their places already, copying blocks is all there is to do. Linear.
#pragma once

#include "jit/lower/mir.h"

namespace wasmrt::jit {

void unroll_loops(MFunc& func);

}  // namespace wasmrt::jit
