// The host's features: asmjit looks at the processor, the machine's own folder names what was
// found, and the names are sorted so that the string does not depend on asmjit's numbering.
#include "jit/features.h"

#include <algorithm>
#include <string>
#include <vector>

#include <asmjit/core.h>

#include "jit/arm64/features.h"
#include "jit/emit/feature_name.h"
#include "jit/x64/features.h"

namespace wasmrt::jit {

std::string feature_name(asmjit::Arch arch, uint32_t id) {
  asmjit::String text;
  asmjit::Formatter::formatFeature(text, arch, id);
  std::string name(text.data(), text.size());
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == ' ') c = '_';
  }
  return name;
}

std::string describe_features(const asmjit::CpuInfo& cpu) {
  std::vector<std::string> names;
  std::string text;
  if (cpu.arch() == asmjit::Arch::kX64) {
    text = "x64";
    names = x64::feature_names(cpu);
  } else if (cpu.arch() == asmjit::Arch::kAArch64) {
    text = "arm64";
    names = arm64::feature_names(cpu);
  } else {
    return "unknown";
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) text.append(1, ' ').append(name);
  return text;
}

std::string_view host_features() noexcept {
  static const std::string text = describe_features(asmjit::CpuInfo::host());
  return text;
}

}  // namespace wasmrt::jit
