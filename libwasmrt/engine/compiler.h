// The compiler as the engine sees it; there are two of these: compiler_jit.cpp, and
// compiler_none.cpp for builds and machines without.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <wasmrt/result.hpp>

#include "libwasmrt/engine/cache.h"
#include "libwasmrt/engine/interp_code.h"
#include "libwasmrt/runtime/engine_state.h"
#include "libwasmrt/runtime/module_state.h"

namespace wasmrt::engine {

/// Why there is no compiler here; null when there is one. Prepares the process: its stubs.
const char* no_compiler_because();

/// Prepares an engine for compiled code, with its cache; only where there is a compiler. Error text
/// or empty.
std::string set_up_compiler(rt::Engine& engine);

inline constexpr const char* kNoExecutableMemory = "the system refuses executable memory";

/// Of an image whose parts do not fit, whoever finds it.
inline constexpr const char* kDamagedImage = "it is damaged";

/// An engine that may interpret does, and says why as long as it lives; a refusal of the system
/// goes to the log, too, once per process.
void note_not_compiling(rt::Engine& engine, const char* why);

/// Takes EngineConfig::cpu. Error text or empty.
std::string choose_cpu(rt::Engine& engine);

/// Machine code that exists already, of a module that was valid then. Null with why: kDamagedImage
/// when it does not fit, or kNoExecutableMemory.
std::shared_ptr<rt::CodeSource> adopt_image(rt::Engine& engine,
                                            std::shared_ptr<const DecodedModule> module,
                                            const std::shared_ptr<const CachedImage>& image,
                                            const char*& refused);

/// What a code source has published, to be written; nothing when it has no machine code.
std::optional<ImageView> image_of(rt::CodeSource& code);

/// Machine code for a module: now, or, with the engine Auto, for a large one that is not `eager`,
/// in the background. What the compiler declines is left to `interp`. Goes to the cache under
/// `key`, if that is given.
Result<std::shared_ptr<rt::CodeSource>> compile_native(rt::Engine& engine,
                                                       std::shared_ptr<const DecodedModule> module,
                                                       std::unique_ptr<InterpCode> interp,
                                                       bool eager, const CodeKey* key);

}  // namespace wasmrt::engine
