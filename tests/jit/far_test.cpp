// A function of 8 MB of code runs right: branches that reach 1 MiB, 32 KiB or 128 MiB by themselves
// go over all of it, in both directions.
#include <catch2/catch_test_macros.hpp>

#include "tests/support/api.h"
#include "tests/support/code.h"

namespace wasmrt {
namespace {

constexpr std::uint32_t kSteps = 700'000;  // three instructions of arm64 each
constexpr std::uint32_t kStop = 0x12345678;

/// A number that no instruction takes as it is.
std::uint32_t number(std::uint32_t step) { return (step * 0x9E3779B9u) ^ 0x5BD1E995u; }

/// (turns, x) -> x: in each turn that begins with an odd x, all steps; then x goes on.
std::string module() {
  using namespace test;
  Code c;
  c.open(kBlock).open(kLoop);
  c.get(1).number(kStop).op(kEq).br_if(1);  // a compare and a branch over all
  c.get(0).op(kEqz).br_if(1);               // a test for zero
  c.get(1).number(1).op(kAnd).open(kIf);    // a test of a bit
  c.get(1);
  for (std::uint32_t n = 0; n < kSteps; ++n) {
    c.number(static_cast<std::int32_t>(number(n))).op(n % 2 == 0 ? kXor : kAdd);
  }
  c.set(1).op(kEnd);
  c.get(1).number(3).op(kMul).number(1).op(kAdd).set(1);
  c.get(0).number(1).op(kSub).set(0).br(0);  // back over all
  c.op(kEnd).op(kEnd).get(1);
  const std::vector<std::uint8_t> bytes = binary_of(c, 0);
  return {bytes.begin(), bytes.end()};
}

std::uint32_t expected(std::uint32_t turns, std::uint32_t x) {
  for (; x != kStop && turns != 0; --turns) {
    if ((x & 1) != 0) {
      for (std::uint32_t n = 0; n < kSteps; ++n) x = n % 2 == 0 ? x ^ number(n) : x + number(n);
    }
    x = 3 * x + 1;
  }
  return x;
}

}  // namespace

TEST_CASE("a function of 8 MB of code runs right", "[jit][no-asan][no-tsan]") {
  const Instance instance = test::instantiate(module(), [] {
    EngineConfig config;
    config.engine = EngineKind::Jit;
    return config;
  }());
  const auto f = instance.get_func("f");
  REQUIRE(f);
  for (const std::uint32_t x : {0u, 1u, 2u, 0x80000001u, kStop}) {
    for (const std::uint32_t turns : {0u, 1u, 3u}) {
      INFO(x << ", " << turns);
      const auto results = test::must(f->call({Value(turns), Value(x)}));
      CHECK(static_cast<std::uint32_t>(results.at(0).i32()) == expected(turns, x));
    }
  }
}

}  // namespace wasmrt
