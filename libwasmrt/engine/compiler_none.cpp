// A build without a compiler.
#include "libwasmrt/engine/compiler.h"

namespace wasmrt::engine {

std::string no_compiler_because() { return "this build has no compiler; use auto or interp"; }

std::string set_up_compiler(rt::Engine&) { return no_compiler_because(); }

Result<std::unique_ptr<rt::CodeSource>> compile_native(rt::Engine&,
                                                       std::shared_ptr<const DecodedModule>,
                                                       std::unique_ptr<InterpCode>, ModuleStats&) {
  return Error(ErrorCode::InvalidArgument, no_compiler_because());
}

}  // namespace wasmrt::engine
