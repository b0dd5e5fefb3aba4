// How much memory compiling takes: the peak of a process of its own, beside that of one which
// compiles nothing. A new one, as what an older one has freed would be used again and not counted.
#pragma once

#include <cstdint>

#include "jit/target.h"
#include "tests/frontend/support.h"

namespace wasmrt::test {

/// Bytes, of compiling all functions of a module one after the other.
std::int64_t peak_of_compiling(const Bytes& bytes, const jit::Target& target,
                               bool may_decline = false);

}  // namespace wasmrt::test
