// All functions of a module to one linked image.
//
// In: a validated module and the engine's options. Out: its image. Guaranteed: the same bytes
// whatever the number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "jit/ir/ir.h"
#include "libwasmrt/engine/compile_notes.h"
#include "libwasmrt/engine/link.h"
#include "libwasmrt/frontend/module.h"
#include "libwasmrt/runtime/engine_state.h"

namespace wasmrt::engine {

/// How the compiler may access the memories of a module.
std::vector<jit::ir::MemoryInfo> memory_infos(const rt::Engine& engine, const DecodedModule& m);

/// False when `stop` was set before all was done. Notes which functions have no code, and why.
bool compile_module(const rt::Engine& engine, os::WorkerPool& workers, const DecodedModule& module,
                    const std::atomic<bool>& stop, LinkedImage& image, CompileNotes& notes);

}  // namespace wasmrt::engine
