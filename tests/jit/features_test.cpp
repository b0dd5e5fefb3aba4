// The feature string: canonical form, and both machines described on any host.
#include <catch2/catch_test_macros.hpp>

#include "jit/emit/feature_name.h"
#include "jit/features.h"
#include "jit/x64/mir_ops.h"
#include "jit/x64/target.h"

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

namespace {
constexpr std::uint64_t kAll = 255 & ~64;  // which is free
}

TEST_CASE("processor features are chosen by name", "[jit]") {
  const Target& target = x64_target();
  const auto parsed = [&](std::string_view text, std::uint64_t host = kAll) {
    std::uint64_t bits = ~std::uint64_t{0};
    const std::string why = target.parse_cpu(text, host, bits);
    INFO(text << ": " << why);
    CHECK(why.empty());
    return bits;
  };
  using namespace x64;
  CHECK(parsed("", 5) == 5);
  CHECK(parsed("native", kAll) == kAll);
  CHECK(parsed("min") == 0);
  CHECK(parsed("sse4.1,+popcnt") == kCpuPopcnt);
  CHECK(parsed("x86-64-v2") == kCpuPopcnt);
  CHECK(parsed("x86-64-v3") == (kAll & ~std::uint64_t{kCpuAvx512}));
  CHECK(parsed("x86-64-v4") == kAll);
  // What is built on a feature goes with it, and comes with what it is built on.
  CHECK(parsed("-avx") == (kCpuBmi1 | kCpuBmi2 | kCpuLzcnt | kCpuPopcnt));
  CHECK(parsed("min,+avx2") == (kCpuAvx | kCpuAvx2));
  // Names alone allow these and no other.
  CHECK(parsed("avx2") == (kCpuAvx | kCpuAvx2));
  CHECK(parsed("bmi1,popcnt") == (kCpuBmi1 | kCpuPopcnt));
  CHECK(parsed("avx2,+lzcnt,-avx2") == (kCpuAvx | kCpuLzcnt));
  CHECK(parsed("native,avx2") == kAll);
  CHECK(parsed("+bmi1", kCpuAvx | kCpuBmi1) == (kCpuAvx | kCpuBmi1));
  CHECK(parsed("native,-avx512", kAll) == (kAll & ~std::uint64_t{kCpuAvx512}));

  std::uint64_t bits = 0;
  CHECK(target.parse_cpu("x86-64-v3", kCpuPopcnt, bits) == "this machine has no avx");
  CHECK(target.parse_cpu("+sse9", kAll, bits).starts_with("\"+sse9\" is none of native, min"));
  CHECK(target.parse_cpu("avx,min", kAll, bits).starts_with("\"min\" is none of"));
  CHECK(target.parse_cpu("", target.host_cpu(), bits).empty());
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
