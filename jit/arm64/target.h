// The arm64 Target and the stubs its code relies on.
#pragma once

#include "jit/target.h"

namespace wasmrt::jit {

const Target& arm64_target();

}  // namespace wasmrt::jit
