// Calls in an image: to functions near by, to those without code, and to those out of reach.
#include "libwasmrt/engine/link.h"

#include <catch2/catch_test_macros.hpp>
#include <cstring>

#include "jit/target.h"

using namespace wasmrt;
using namespace wasmrt::engine;

namespace {

constexpr std::uint32_t kBl = 0x94000000;

std::uint32_t word_at(const LinkedImage& image, std::uint32_t at) {
  std::uint32_t word = 0;
  REQUIRE(at + 4 <= image.code.size());
  std::memcpy(&word, image.code.data() + at, 4);
  return word;
}

/// Where an arm64 call goes.
std::uint32_t target_of(const LinkedImage& image, std::uint32_t at) {
  const std::uint32_t word = word_at(image, at);
  REQUIRE((word & 0xFC000000) == kBl);
  const auto words = static_cast<std::int32_t>(word << 6) >> 6;
  return at + 4 * static_cast<std::uint32_t>(words);
}

/// A function of so many bytes that begins with calls.
CompiledFunc function(std::size_t bytes, const std::vector<std::uint32_t>& callees) {
  CompiledFunc f;
  f.blob.code.resize(bytes);
  for (std::uint32_t n = 0; n < callees.size(); ++n) {
    std::memcpy(f.blob.code.data() + std::size_t{4} * n, &kBl, 4);
    f.blob.calls.push_back({4 * n, callees[n]});
  }
  return f;
}

LinkedImage link(const std::vector<CompiledFunc>& all) {
  engine::Linker linker(jit::arm64_target(), 0, all.size());
  for (const CompiledFunc& f : all) linker.add(f);
  return linker.finish();
}

}  // namespace

TEST_CASE("calls out of reach go through thunks near by", "[engine][link]") {
  const jit::Target& target = jit::arm64_target();
  std::vector<CompiledFunc> all;
  all.push_back(function(64, {1, 3, 4}));
  all.push_back(function(64, {}));
  all.push_back(function(target.call_reach + 64, {}));
  all.push_back(function(64, {0, 1, 4}));
  all.push_back(function(0, {}));
  all.back().declined = "for this test";
  const LinkedImage image = link(all);

  REQUIRE(image.entries.size() == 5);
  CHECK(image.entries[4] == kNoCode);
  const auto thunk = [&](std::uint32_t at, std::uint32_t callee) {
    const std::vector<std::uint8_t> code = target.make_thunk(callee);
    REQUIRE(at + code.size() <= image.code.size());
    return std::memcmp(image.code.data() + at, code.data(), code.size()) == 0;
  };
  CHECK(target_of(image, 0) == image.entries[1]);
  CHECK(thunk(target_of(image, 4), 3));
  CHECK(thunk(target_of(image, 8), 4));
  const std::uint32_t last = image.entries[3];
  CHECK(last > target.call_reach);
  CHECK(thunk(target_of(image, last), 0));
  CHECK(thunk(target_of(image, last + 4), 1));
  CHECK(thunk(target_of(image, last + 8), 4));
}

TEST_CASE("calls in a small image are direct", "[engine][link]") {
  const LinkedImage image = link({function(64, {1, 0}), function(32, {0})});
  CHECK(image.code.size() == 97);
  CHECK(target_of(image, 0) == 64);
  CHECK(target_of(image, 4) == 0);
  CHECK(target_of(image, 64) == 0);
}
