// A build without a compiler.
#include "libwasmrt/engine/compiler.h"

namespace wasmrt::engine {

const char* no_compiler_because() { return "this build has no compiler"; }

std::string set_up_compiler(rt::Engine&) { return {}; }

void note_not_compiling(rt::Engine& engine, const char* why) { engine.set_not_compiling(why); }

std::string choose_cpu(rt::Engine&) { return {}; }

std::shared_ptr<rt::CodeSource> adopt_image(rt::Engine&, std::shared_ptr<const DecodedModule>,
                                            const std::shared_ptr<const CachedImage>&,
                                            const char*& refused) {
  refused = no_compiler_because();
  return nullptr;
}

std::optional<ImageView> image_of(rt::CodeSource&) { return std::nullopt; }

Result<std::shared_ptr<rt::CodeSource>> compile_native(rt::Engine&,
                                                       std::shared_ptr<const DecodedModule>,
                                                       std::unique_ptr<InterpCode>, bool,
                                                       const CodeKey*) {
  return Error(ErrorCode::InvalidArgument, no_compiler_because());
}

}  // namespace wasmrt::engine
