// Names of AArch64 features, as asmjit spells them, in lower case.
//
// Peculiar here: asmjit reads them from the kernel's HWCAP words and adds the architecture's
// versions ("armv8_1a") and the 32-bit states; all of them are kept, since none varies on one
// machine.
#include "jit/arm64/features.h"

#include "jit/arm64/mir_ops.h"
#include "jit/emit/cpu_names.h"
#include "jit/emit/feature_name.h"

namespace wasmrt::jit::arm64 {

std::vector<std::string> feature_names(const asmjit::CpuInfo& cpu) {
  std::vector<std::string> names;
  asmjit::CpuFeatures::Iterator it = cpu.features().iterator();
  while (it.hasNext()) {
    names.push_back(feature_name(asmjit::Arch::kAArch64, static_cast<uint32_t>(it.next())));
  }
  return names;
}

namespace {

constexpr CpuName kPresets[] = {{"min", 0}};
constexpr CpuName kFeatures[] = {
    {"dotprod", kCpuDotProd, kCpuDotProd},
    {"frintts", kCpuFrintts, kCpuFrintts},
    {"lse", kCpuLse, kCpuLse},
    {"poison", kCpuPoison, kCpuPoison, true},
    {"probe-stores", kCpuProbeStores, kCpuProbeStores, true},
    {"rcpc", kCpuRcpc, kCpuRcpc},
};

}  // namespace

std::uint64_t host_cpu() {
  const auto& f = asmjit::CpuInfo::host().features().arm();
  std::uint64_t bits = 0;
  if (f.hasLSE()) bits |= kCpuLse;
  if (f.hasDOTPROD()) bits |= kCpuDotProd;
  return bits;
}

std::string parse_cpu(std::string_view text, std::uint64_t host, std::uint64_t& out) {
  return jit::parse_cpu(kPresets, kFeatures, text, host, out);
}

}  // namespace wasmrt::jit::arm64
