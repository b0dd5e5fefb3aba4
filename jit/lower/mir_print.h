// The text of the machine form, for dumps and tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jit/lower/mir.h"
#include "jit/target.h"

namespace wasmrt::jit {

/// A function as text, a line per instruction; with locations once they are there. `insts` gets,
/// for each line, the index in MFunc::insts of its instruction, or ~0.
std::string print(const Target& target, const MFunc& func,
                  std::vector<std::uint32_t>* insts = nullptr);

}  // namespace wasmrt::jit
