// The meaning of every numeric instruction: one pure constexpr function each, in wasmrt::sem, named
// by column `fn` of opcodes.def. Interpreter, constant folder and the slow paths of compiled code
// call them, and tests use them as oracle; a test checks that each row has one, of its signature.
#pragma once

#include "libwasmrt/wasm/semantics_convert.h"  // IWYU pragma: export
#include "libwasmrt/wasm/semantics_float.h"    // IWYU pragma: export
#include "libwasmrt/wasm/semantics_int.h"      // IWYU pragma: export
#include "libwasmrt/wasm/semantics_types.h"    // IWYU pragma: export
