// The meaning of every pure vector instruction: one constexpr function each, in wasmrt::sem, named
// by column `fn` of opcodes.def. As semantics.h, which has the scalar ones.
#pragma once

#include "libwasmrt/wasm/semantics_simd_float.h"    // IWYU pragma: export
#include "libwasmrt/wasm/semantics_simd_int.h"      // IWYU pragma: export
#include "libwasmrt/wasm/semantics_simd_lane.h"     // IWYU pragma: export
#include "libwasmrt/wasm/semantics_simd_relaxed.h"  // IWYU pragma: export
