// The order of the optimisation passes.
//
// In: an ir::Func as the builder made it. Out: the same function, better, ready for selection.
// Guaranteed: each pass is linear in the size of the function; with CodeOptions::verify a form that
// breaks an invariant ends the process and names the pass.
#pragma once

#include <span>

#include "jit/ir/ir.h"
#include "jit/target.h"

namespace wasmrt::jit::opt {

/// The passes' names in the order they run; each can be left out (jit/restrict.h).
std::span<const char* const> pass_names();

void optimise(const CompileContext& context, ir::Func& func);

}  // namespace wasmrt::jit::opt
