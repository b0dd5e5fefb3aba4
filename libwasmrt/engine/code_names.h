// What profilers and debuggers call compiled functions.
#pragma once

#include <cstdint>
#include <string>

#include "libwasmrt/frontend/module.h"

namespace wasmrt::engine {

/// "wasm:NAME", or "wasm:func[N]" where the module has no name. No control characters.
std::string code_name(const DecodedModule& module, std::uint32_t func);

}  // namespace wasmrt::engine
