// Evaluating constant expressions of validated modules (spec 3.0 §3.4.13).
#pragma once

#include <cstdint>

#include "libwasmrt/frontend/module.h"
#include "libwasmrt/runtime/instance_state.h"

namespace wasmrt::rt {

/// Writes the value to one or two words. What the expression refers to (functions, earlier globals)
/// must be there. The expression is valid and contains no instruction that needs an engine of a
/// later version, so that evaluation cannot fail.
void evaluate(const Instance& instance, const ConstExpr& expr, std::uint64_t* words);

}  // namespace wasmrt::rt
