// Arena: stability of addresses across chunks, what is large, copies, reuse after clear().
#include "libwasmrt/base/arena.h"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

using namespace wasmrt;

TEST_CASE("lists keep their address and content across chunks", "[base][arena]") {
  Arena arena;
  std::vector<std::span<std::uint64_t>> all;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    all.push_back(arena.make<std::uint64_t>(1 + i % 3));
    for (std::uint64_t& x : all.back()) {
      REQUIRE(x == 0);
      x = i;
    }
  }
  for (std::uint64_t i = 0; i < all.size(); ++i) {
    REQUIRE(all[i].size() == 1 + i % 3);
    for (const std::uint64_t x : all[i]) REQUIRE(x == i);
  }
}

TEST_CASE("odd sizes leave what follows aligned", "[base][arena]") {
  Arena arena;
  for (std::size_t n = 1; n < 100; ++n) {
    arena.make<char>(n);
    CHECK(reinterpret_cast<std::uintptr_t>(arena.make<std::uint64_t>(1).data()) % 8 == 0);
  }
  CHECK(arena.make<int>(0).empty());
}

TEST_CASE("a list larger than a chunk gets its own", "[base][arena]") {
  Arena arena;
  const std::span<std::uint8_t> big = arena.make<std::uint8_t>(5'000'000);
  big[4'999'999] = 7;
  CHECK(big[0] == 0);
  CHECK(arena.make<std::uint8_t>(1)[0] == 0);
}

TEST_CASE("what was cleared is handed out again, as new", "[base][arena]") {
  Arena arena;
  std::vector<const int*> places;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < 1000; ++i) {
      const std::span<int> list = arena.make<int>(100);
      CHECK(list[99] == 0);
      list[99] = 5;
      if (round == 0) places.push_back(list.data());
      CHECK(list.data() == places[i]);
    }
    arena.clear();
  }
}

TEST_CASE("copies are independent of their source", "[base][arena]") {
  Arena arena;
  std::vector<char> text = {'n', 'a', 'm', 'e'};
  const std::span<char> copy = arena.copy(std::span<const char>(text));
  text[0] = 'g';
  CHECK(std::string_view(copy.data(), copy.size()) == "name");
  CHECK(arena.copy(std::span<const char>()).empty());
}
