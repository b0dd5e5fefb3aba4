// Validates the function bodies of a decoded module.
//
// In: a module from decode_module. Out: success, or the error of the first function (by position)
// that is wrong, the same whether bodies are validated serially or in parallel. Fills
// DecodedModule::not_executable.
#pragma once

#include <wasmrt/result.hpp>

#include "libwasmrt/frontend/decode.h"
#include "libwasmrt/frontend/module.h"

namespace wasmrt {

/// Validates all bodies; `parallel` may be null, and is used for large modules only.
Result<void> validate_bodies(DecodedModule& module, const ParallelFor* parallel);
/// What remains to be validated after decode_module: the bodies.
inline Result<void> validate_module(DecodedModule& module, const ParallelFor* parallel = nullptr) {
  return validate_bodies(module, parallel);
}
/// Validates one body.
Result<void> validate_body(const DecodedModule& module, FuncIdx function);

}  // namespace wasmrt
