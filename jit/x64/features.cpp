// Names of x86-64 features, as asmjit spells them, in lower case.
//
// Peculiar here: asmjit counts "has several hardware threads" among the features; it changes with
// the size of a virtual machine and never with what code may use, so it is left out and cached code
// survives a resize. Feature bits are closed: with AVX2 there is AVX.
#include "jit/x64/features.h"

#include "jit/emit/cpu_names.h"
#include "jit/emit/feature_name.h"
#include "jit/x64/mir_ops.h"

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

namespace {

constexpr std::uint64_t kAll512 = kCpuAvx512 | kCpuAvx2 | kCpuAvx;
constexpr CpuName kFeatures[] = {
    {"avx", kCpuAvx, kCpuAvx | kCpuAvx2 | kCpuAvx512},
    {"avx2", kCpuAvx | kCpuAvx2, kCpuAvx2 | kCpuAvx512},
    {"avx512", kAll512, kCpuAvx512},
    {"bmi1", kCpuBmi1, kCpuBmi1},
    {"bmi2", kCpuBmi2, kCpuBmi2},
    {"lzcnt", kCpuLzcnt, kCpuLzcnt},
    {"popcnt", kCpuPopcnt, kCpuPopcnt},
};

constexpr std::uint64_t kV3 = kCpuPopcnt | kCpuAvx | kCpuAvx2 | kCpuBmi1 | kCpuBmi2 | kCpuLzcnt;
constexpr CpuName kPresets[] = {
    {"min", 0},
    {"sse4.1", 0},
    {"x86-64-v2", kCpuPopcnt},
    {"x86-64-v3", kV3},
    {"x86-64-v4", kV3 | kCpuAvx512},
};

}  // namespace

std::uint64_t host_cpu() {
  const auto& f = asmjit::CpuInfo::host().features().x86();
  std::uint64_t bits = 0;
  if (f.hasAVX()) bits |= kCpuAvx;
  if (f.hasAVX2()) bits |= kCpuAvx2;
  if (f.hasBMI()) bits |= kCpuBmi1;
  if (f.hasBMI2()) bits |= kCpuBmi2;
  if (f.hasLZCNT()) bits |= kCpuLzcnt;
  if (f.hasPOPCNT()) bits |= kCpuPopcnt;
  if (f.hasAVX512_VL() && f.hasAVX512_DQ() && f.hasAVX512_BW()) bits |= kCpuAvx512;
  return bits;
}

std::string parse_cpu(std::string_view text, std::uint64_t host, std::uint64_t& out) {
  return jit::parse_cpu(kPresets, kFeatures, text, host, out);
}

}  // namespace wasmrt::jit::x64
