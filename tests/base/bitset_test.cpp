// Bitset against std::set over sizes around the word boundary.
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <vector>

#include "libwasmrt/base/bitset.h"

using namespace wasmrt;

namespace {

Bitset multiples(std::size_t size, std::size_t step) {
  Bitset b(size);
  for (std::size_t i = 0; i < size; i += step) b.set(i);
  return b;
}

std::vector<std::size_t> members(const Bitset& b) {
  std::vector<std::size_t> v;
  b.for_each([&](std::size_t i) { v.push_back(i); });
  return v;
}

}  // namespace

TEST_CASE("set operations agree with std::set", "[base][bitset]") {
  for (std::size_t size : {1u, 63u, 64u, 65u, 200u}) {
    const Bitset twos = multiples(size, 2), threes = multiples(size, 3);
    Bitset both = twos, either = twos, only = twos;
    both.intersect(threes);
    either.unite(threes);
    only.subtract(threes);
    for (std::size_t i = 0; i < size; ++i) {
      CHECK(both.test(i) == (i % 6 == 0));
      CHECK(either.test(i) == (i % 2 == 0 || i % 3 == 0));
      CHECK(only.test(i) == (i % 2 == 0 && i % 3 != 0));
    }
    CHECK(twos.count() == (size + 1) / 2);
    CHECK(members(both).size() == both.count());
  }
}

TEST_CASE("unite reports change, insert reports news", "[base][bitset]") {
  Bitset a = multiples(100, 4);
  CHECK_FALSE(a.unite(multiples(100, 8)));
  CHECK(a.unite(multiples(100, 5)));
  CHECK_FALSE(a.unite(multiples(100, 5)));
  CHECK(a.insert(99));
  CHECK_FALSE(a.insert(99));
  a.reset(99);
  CHECK_FALSE(a.test(99));
}

TEST_CASE("shrinking forgets members for good", "[base][bitset]") {
  Bitset a = multiples(130, 1);
  a.resize(70);
  a.resize(130);
  CHECK(a.count() == 70);
  CHECK(members(a).back() == 69);
  a.clear();
  CHECK(a.none());
  CHECK(a.size() == 130);
}
