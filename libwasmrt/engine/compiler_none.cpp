// A build without a compiler.
#include "libwasmrt/engine/compiler.h"

namespace wasmrt::engine {

const char* no_compiler_because() { return "this build has no compiler"; }

void set_up_compiler(rt::Engine&) {}

void note_not_compiling(rt::Engine& engine, const char* why) { engine.set_not_compiling(why); }

std::string choose_cpu(rt::Engine&) { return {}; }

Result<std::shared_ptr<rt::CodeSource>> compile_native(rt::Engine&,
                                                       std::shared_ptr<const DecodedModule>,
                                                       std::unique_ptr<InterpCode>, bool) {
  return Error(ErrorCode::InvalidArgument, no_compiler_because());
}

}  // namespace wasmrt::engine
