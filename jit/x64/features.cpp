// Names of x86-64 features, as asmjit spells them, in lower case.
//
// Peculiar here: asmjit counts "has several hardware threads" among the features; it changes with
// the size of a virtual machine and never with what code may use, so it is left out and cached code
// survives a resize. Feature bits are closed: with AVX2 there is AVX.
#include "jit/x64/features.h"

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

struct Named {
  std::string_view name;
  std::uint64_t bits;   ///< Set by "+name": with what it is built on.
  std::uint64_t users;  ///< Cleared by "-name": with what is built on it.
};

constexpr std::uint64_t kAll512 = kCpuAvx512 | kCpuAvx2 | kCpuAvx;
constexpr Named kFeatures[] = {
    {"avx", kCpuAvx, kCpuAvx | kCpuAvx2 | kCpuFma | kCpuAvx512},
    {"avx2", kCpuAvx | kCpuAvx2, kCpuAvx2 | kCpuAvx512},
    {"avx512", kAll512, kCpuAvx512},
    {"bmi1", kCpuBmi1, kCpuBmi1},
    {"bmi2", kCpuBmi2, kCpuBmi2},
    {"fma", kCpuAvx | kCpuFma, kCpuFma},
    {"lzcnt", kCpuLzcnt, kCpuLzcnt},
    {"popcnt", kCpuPopcnt, kCpuPopcnt},
};

constexpr std::uint64_t kV3 =
    kCpuPopcnt | kCpuAvx | kCpuAvx2 | kCpuBmi1 | kCpuBmi2 | kCpuLzcnt | kCpuFma;
constexpr Named kPresets[] = {
    {"min", 0, 0},
    {"sse4.1", 0, 0},
    {"x86-64-v2", kCpuPopcnt, 0},
    {"x86-64-v3", kV3, 0},
    {"x86-64-v4", kV3 | kCpuAvx512, 0},
};

template <std::size_t n>
const Named* find(const Named (&table)[n], std::string_view name) {
  for (const Named& row : table) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

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
  if (f.hasFMA()) bits |= kCpuFma;
  if (f.hasAVX512_VL() && f.hasAVX512_DQ() && f.hasAVX512_BW()) bits |= kCpuAvx512;
  return bits;
}

std::string parse_cpu(std::string_view text, std::uint64_t host, std::uint64_t& out) {
  out = host;
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t comma = text.find(',');
    std::string_view word = text.substr(0, comma);
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    if (first && word == "native") continue;
    if (const Named* preset = find(kPresets, word); first && preset != nullptr) {
      out = preset->bits;
      continue;
    }
    const bool minus = word.starts_with('-');
    const Named* feature = find(kFeatures, minus || word.starts_with('+') ? word.substr(1) : word);
    if (feature == nullptr) {
      std::string known = "native";
      for (const Named& row : kPresets) known.append(", ").append(row.name);
      for (const Named& row : kFeatures) known.append(", +").append(row.name);
      return "\"" + std::string(word) + "\" is none of " + known;
    }
    out = minus ? out & ~feature->users : out | feature->bits;
  }
  for (const Named& row : kFeatures) {
    if ((out & ~host & row.bits) != 0) return "this machine has no " + std::string(row.name);
  }
  return {};
}

}  // namespace wasmrt::jit::x64
