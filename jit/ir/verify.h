// The invariants of the SSA form, checked.
#pragma once

#include <string>

#include "jit/ir/ir.h"

namespace wasmrt::jit::ir {

/// An empty string, or the first invariant of ir.h that a function breaks, with block and
/// instruction. Linear but for the dominator tree; for debug builds, tests and fuzzing.
std::string verify(const Func& func);

}  // namespace wasmrt::jit::ir
