// Arena: alignment, stability of addresses across chunks, reuse after reset.
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "libwasmrt/base/arena.h"

using namespace wasmrt;

TEST_CASE("objects keep their address and value across chunks", "[base][arena]") {
  Arena arena;
  std::vector<std::uint64_t*> all;
  for (std::uint64_t i = 0; i < 20'000; ++i) all.push_back(arena.make<std::uint64_t>(i));
  for (std::uint64_t i = 0; i < all.size(); ++i) REQUIRE(*all[i] == i);
  CHECK(arena.bytes() >= 160'000);
  CHECK(arena.bytes() < 1'000'000);
}

TEST_CASE("every alignment is honoured", "[base][arena]") {
  Arena arena;
  for (std::size_t align = 1; align <= 8192; align *= 2) {
    arena.allocate(1, 1);
    CHECK(reinterpret_cast<std::uintptr_t>(arena.allocate(3, align)) % align == 0);
  }
}

TEST_CASE("an object larger than a chunk gets its own", "[base][arena]") {
  Arena arena;
  const auto big = arena.make_array<std::uint8_t>(5'000'000);
  big[4'999'999] = 7;
  CHECK(big.size() == 5'000'000);
  CHECK(big[0] == 0);
}

TEST_CASE("reset keeps one chunk and hands it out again", "[base][arena]") {
  Arena arena;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 1000; ++i) arena.make<int>(i);
    arena.reset();
  }
  CHECK(arena.bytes() <= 16'384);
}

TEST_CASE("copies are independent of their source", "[base][arena]") {
  Arena arena;
  std::string text = "name";
  const std::string_view copy = arena.copy(text);
  text[0] = 'g';
  CHECK(copy == "name");
  CHECK(arena.copy(std::string_view()).empty());
  CHECK(arena.make_array<int>(0).empty());
}
