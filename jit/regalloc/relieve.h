// Makes room in loops that hold more values than there are registers.
//
// In: fresh Intervals. Out: the same, where values that live through such a loop without being
// touched in it are cut at its edges, so that the scan leaves them in their slots there.
// Guaranteed: linear in the function and the sizes of its live sets; changes nothing where
// registers suffice.
#pragma once

#include "jit/regalloc/intervals.h"
#include "jit/target.h"

namespace wasmrt::jit {

/// Returns the number of cuts.
std::uint64_t relieve_loops(const Target& target, const MFunc& func, Intervals& intervals);

}  // namespace wasmrt::jit
