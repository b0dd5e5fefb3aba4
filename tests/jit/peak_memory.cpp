// The process of its own is these tests again, with a test that is not run otherwise.
#include "tests/jit/peak_memory.h"

#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/jit/compile.h"
#include "tests/support/shell.h"
#include "tests/support/temporary_directory.h"

namespace wasmrt {
namespace {

constexpr const char* kModule = "WASMRT_TEST_PEAK";
constexpr const char* kMachine = "WASMRT_TEST_PEAK_MACHINE";
constexpr const char* kMayDecline = "WASMRT_TEST_PEAK_MAY_DECLINE";
constexpr const char* kFound = "peak in KiB:";

}  // namespace

TEST_CASE("compiles the module that it is given and tells its own peak", "[.peak]") {
  if (const char* path = std::getenv(kModule); path != nullptr) {
    std::ifstream file(path, std::ios::binary);
    const test::Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    const bool on_arm64 = std::strcmp(std::getenv(kMachine), "arm64") == 0;
    test::Compiled c(bytes, on_arm64 ? jit::arm64_target() : jit::x64_target());
    REQUIRE(c.checked.ok);
    c.context.options.verify = false;
    for (std::uint32_t n = 0; n < c.checked.module->bodies.size(); ++n) {
      const bool compiled = c.compile(n) == nullptr;
      CHECK((compiled || std::getenv(kMayDecline) != nullptr));
    }
  }
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) std::printf("%s %s\n", kFound, line.c_str() + 6);
  }
}

namespace test {

namespace {
std::int64_t peak_with(const std::string& environment) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const Ran ran = shell(environment + " '" + self + "' '[.peak]'");
  INFO(ran.out);
  REQUIRE(ran.code == 0);
  const std::size_t at = ran.out.find(kFound);
  REQUIRE(at != std::string::npos);
  return std::stoll(ran.out.substr(at + std::strlen(kFound))) * 1024;
}
}  // namespace

std::int64_t peak_of_compiling(const Bytes& bytes, const jit::Target& target, bool may_decline) {
  const TemporaryDirectory directory;
  directory.write("module", {bytes.begin(), bytes.end()});
  std::string environment =
      std::string(kModule) + "='" + (directory / "module") + "' " + kMachine + "=" + target.name;
  if (may_decline) environment += std::string(" ") + kMayDecline + "=1";
  return peak_with(environment) - peak_with("");
}

}  // namespace test
}  // namespace wasmrt
