// The text of the machine form, for dumps and tests.
#pragma once

#include <string>

#include "jit/lower/mir.h"
#include "jit/target.h"

namespace wasmrt::jit {

/// A function as text, a line per instruction; with locations once they are there.
std::string print(const Target& target, const MFunc& func);

}  // namespace wasmrt::jit
