// Binary to text: a decoded module as `.wat` that encodes to the same module again.
//
// In: a module whose sections are valid and whose bodies are well-formed. Out: text in the plain
// (not folded) form, one instruction a line, with indices as comments; functions keep their names.
// Encoding it gives equal decoded sections; custom sections are printed where the module kept them.
#pragma once

#include <string>

#include "libwasmrt/frontend/module.h"

namespace wasmrt::text {

std::string print_wat(const DecodedModule& module);

}  // namespace wasmrt::text
