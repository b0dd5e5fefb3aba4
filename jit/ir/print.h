// The text of the SSA form, for dumps and tests.
#pragma once

#include <string>

#include "jit/ir/ir.h"

namespace wasmrt::jit::ir {

/// A function as text, a line per instruction. `renumber`: values and blocks count up in the order
/// of the text instead of bearing their ids.
std::string print(const Func& func, bool renumber = false);

}  // namespace wasmrt::jit::ir
