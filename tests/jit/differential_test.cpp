// Random modules and kept findings: every engine must see the same results, traps, memories,
// globals and host calls. tools/fuzz does the same for as long as one likes.
#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/modules/compare.h"
#include "tests/fuzz/modules/random_module.h"
#include "tests/support/api.h"
#include "tests/wasm/edge_values.h"

using namespace wasmrt;

namespace {

fuzz::Comparison compare(const std::vector<std::uint8_t>& choices, fuzz::Share share) {
  fuzz::participants();
  test::own_faults();
  const fuzz::Comparison result =
      fuzz::compare_engines(fuzz::random_module(choices), fuzz::Origin::Ours, share);
  INFO(result.report);
  REQUIRE(result.verdict != fuzz::Comparison::Invalid);
  REQUIRE(result.verdict != fuzz::Comparison::Different);
  return result;
}

}  // namespace

TEST_CASE("random modules do the same on every engine", "[jit][fuzz][no-emulation]") {
  REQUIRE(fuzz::participants().size() > 1);
  test::Random random;
  fuzz::Comparison sum;
  for (int n = 0; n < 400; ++n) {
    std::vector<std::uint8_t> choices(50 + random.next() % 1000);
    for (std::uint8_t& byte : choices) byte = static_cast<std::uint8_t>(random.next() >> 32);
    const fuzz::Comparison one = compare(choices, fuzz::Share::Some);
    sum.calls += one.calls;
    sum.traps += one.traps;
    sum.functions += one.functions;
    sum.declined += one.declined;
    sum.host_calls += one.host_calls;
  }
  CHECK(sum.functions > 1000);
  CHECK(sum.declined == 0);
  // The comparison would be empty if everything trapped at once.
  CHECK(sum.calls > 1000);
  CHECK(sum.traps < sum.calls / 2);
  CHECK(sum.host_calls > 500);
}

TEST_CASE("kept findings do the same on every engine", "[jit][fuzz]") {
  unsigned count = 0;
  // From where the program was built.
  namespace fs = std::filesystem;
  const fs::path program = fs::read_symlink("/proc/self/exe");
  fs::path folder = program.parent_path().parent_path() / "tests/fuzz/seeds/engines";
  if (!fs::exists(folder)) folder = program.parent_path() / "../../tests/fuzz/seeds/engines";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    INFO(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    compare(std::vector<std::uint8_t>(std::istreambuf_iterator<char>(file), {}), fuzz::Share::All);
    ++count;
  }
  REQUIRE(count >= 2);
}
