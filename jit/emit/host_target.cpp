// Which machine's code runs here.
#include <asmjit/core.h>

#include "jit/target.h"

namespace wasmrt::jit {

const Target* host_target() {
  switch (asmjit::Environment::host().arch()) {
    case asmjit::Arch::kX64: return &x64_target();
    case asmjit::Arch::kAArch64: return &arm64_target();
    default: return nullptr;
  }
}

}  // namespace wasmrt::jit
