// Names of x86-64 features, as asmjit spells them, in lower case.
//
// Peculiar here: asmjit counts "has several hardware threads" among the features; it changes with
// the size of a virtual machine and never with what code may use, so it is left out and cached code
// survives a resize.
#include "jit/x64/features.h"

#include "jit/emit/feature_name.h"

namespace wasmrt::jit::x64 {

std::vector<std::string> feature_names(const asmjit::CpuInfo& cpu) {
  std::vector<std::string> names;
  asmjit::CpuFeatures::Iterator it = cpu.features().iterator();
  while (it.hasNext()) {
    const uint32_t id = static_cast<uint32_t>(it.next());
    if (id != asmjit::CpuFeatures::X86::kMT) names.push_back(feature_name(asmjit::Arch::kX64, id));
  }
  return names;
}

}  // namespace wasmrt::jit::x64
