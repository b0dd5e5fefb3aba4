// The compiler as the engine sees it; there are two of these: compiler_jit.cpp, and
// compiler_none.cpp for builds and machines without.
#pragma once

#include <memory>
#include <string>

#include "libwasmrt/engine/interp_code.h"
#include "libwasmrt/runtime/engine_state.h"
#include "libwasmrt/runtime/module_state.h"

namespace wasmrt::engine {

/// Why there is no compiler here; empty when there is one.
std::string no_compiler_because();

/// Prepares an engine for compiled code: stubs, adapters, fault handling. Error text or empty.
std::string set_up_compiler(rt::Engine& engine);

/// Compiles a whole module. Functions that the compiler declines are left to `interp`.
Result<std::unique_ptr<rt::CodeSource>> compile_native(rt::Engine& engine,
                                                       std::shared_ptr<const DecodedModule> module,
                                                       std::unique_ptr<InterpCode> interp,
                                                       ModuleStats& stats);

}  // namespace wasmrt::engine
