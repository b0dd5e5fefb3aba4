// The feature string: canonical form, and both machines described on any host.
#include <catch2/catch_test_macros.hpp>

#include "jit/emit/feature_name.h"
#include "jit/features.h"

namespace wasmrt::jit {

TEST_CASE("host features are one canonical line", "[jit]") {
  const std::string_view text = host_features();
  REQUIRE((text.substr(0, 4) == "x64 " || text.substr(0, 6) == "arm64 "));
  CHECK(text.find("  ") == std::string_view::npos);
  CHECK(text.back() != ' ');
  CHECK(host_features().data() == text.data());
  std::string previous;
  size_t at = text.find(' ');
  while (at != std::string_view::npos) {
    const size_t end = text.find(' ', at + 1);
    const std::string name(text.substr(at + 1, end == std::string_view::npos ? end : end - at - 1));
    CHECK(previous < name);
    for (const char c : name) CHECK(((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'));
    previous = name;
    at = end;
  }
}

TEST_CASE("features of a given x64 processor", "[jit]") {
  asmjit::CpuInfo cpu;
  cpu.initArch(asmjit::Arch::kX64);
  cpu.addFeature(asmjit::CpuFeatures::X86::kSSE4_1, asmjit::CpuFeatures::X86::kMT,
                 asmjit::CpuFeatures::X86::kBMI2);
  CHECK(describe_features(cpu) == "x64 bmi2 sse4_1");
}

TEST_CASE("features of a given arm64 processor", "[jit]") {
  asmjit::CpuInfo cpu;
  cpu.initArch(asmjit::Arch::kAArch64);
  cpu.addFeature(asmjit::CpuFeatures::ARM::kLSE, asmjit::CpuFeatures::ARM::kASIMD);
  CHECK(describe_features(cpu) == "arm64 asimd lse");
}

TEST_CASE("a machine without a code generator", "[jit]") {
  asmjit::CpuInfo cpu;
  cpu.initArch(asmjit::Arch::kRISCV64);
  CHECK(describe_features(cpu) == "unknown");
}

}  // namespace wasmrt::jit
