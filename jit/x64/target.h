// The x64 Target and the stubs its code relies on.
#pragma once

#include "jit/target.h"

namespace wasmrt::jit {

const Target& x64_target();

}  // namespace wasmrt::jit
