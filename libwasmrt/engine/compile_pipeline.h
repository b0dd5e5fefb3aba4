// From bytes or text to a module that can be instantiated: the one page to read
// (compile_pipeline.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <wasmrt/module.hpp>
#include <wasmrt/result.hpp>

#include "libwasmrt/frontend/module.h"
#include "libwasmrt/runtime/engine_state.h"
#include "libwasmrt/runtime/module_state.h"

namespace wasmrt::engine {

/// Text is parsed when `source` does not begin with "\0asm". Errors as Module::compile.
Result<rt::Ref<rt::Module>> compile(rt::Engine& engine, std::span<const std::uint8_t> source,
                                    const ModuleConfig& config);

/// The stages up to validation, for a binary.
Result<std::shared_ptr<const DecodedModule>> decode_and_validate(rt::Engine& engine,
                                                                 rt::CodeTable::Bytes bytes,
                                                                 ModuleStats& stats);

}  // namespace wasmrt::engine
