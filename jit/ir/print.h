// The text of the SSA form, for dumps and tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jit/ir/ir.h"

namespace wasmrt::jit::ir {

/// A function as text, a line per instruction. `renumber`: values and blocks count up in the order
/// of the text instead of bearing their ids.
/// `positions` gets, for each line, the byte offset of its Wasm instruction, or ~0.
std::string print(const Func& func, bool renumber = false,
                  std::vector<std::uint32_t>* positions = nullptr);

}  // namespace wasmrt::jit::ir
