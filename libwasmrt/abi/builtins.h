// The table of runtime helpers that executing code reaches through Vmctx::builtins; one row of
// builtins.def each.
#pragma once

#include <cstdint>

#include "libwasmrt/abi/vmctx.h"

namespace wasmrt {

struct Builtins {
#define BUILTIN(name, result, parameters) result(*name) parameters = nullptr;
#include "libwasmrt/abi/builtins.def"
#undef BUILTIN
};

}  // namespace wasmrt
