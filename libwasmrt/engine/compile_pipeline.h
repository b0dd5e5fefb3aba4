// From bytes or text to a module that can be instantiated: the one page to read
// (compile_pipeline.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <wasmrt/module.hpp>
#include <wasmrt/result.hpp>

#include "libwasmrt/frontend/module.h"
#include "libwasmrt/runtime/engine_state.h"
#include "libwasmrt/runtime/module_state.h"
#include "sys/os/private_files.h"

namespace wasmrt::engine {

/// Text is parsed when `source` does not begin with "\0asm"; an image (docs/CACHE.md) is taken as
/// it is when it is authentic. Errors as Module::compile.
Result<rt::Ref<rt::Module>> compile(rt::Engine& engine, std::span<const std::uint8_t> source,
                                    const ModuleConfig& config);
/// The same for a file, which is not read when the cache knows it. Errors as Module::load.
Result<rt::Ref<rt::Module>> load(rt::Engine& engine, const std::string& path,
                                 const ModuleConfig& config);
/// Writes a module with its code as a stand-alone image; its size. Errors as Module::write_image.
Result<std::uint64_t> write_image(rt::Module& module, const std::string& path);

/// The stages up to validation, for a binary.
Result<std::shared_ptr<const DecodedModule>> decode_and_validate(rt::Engine& engine,
                                                                 SharedBytes bytes,
                                                                 ModuleStats& stats);

}  // namespace wasmrt::engine
