// SmallVector: inline and heap storage, moves, and that every element is destroyed once.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <utility>

#include "libwasmrt/base/small_vector.h"

using namespace wasmrt;

using Strings = SmallVector<std::string, 3>;

TEST_CASE("grows from inline storage to the heap", "[base][small_vector]") {
  Strings v;
  for (int i = 0; i < 100; ++i) v.push_back("element number " + std::to_string(i));
  REQUIRE(v.size() == 100);
  for (std::size_t i = 0; i < 100; ++i) CHECK(v[i] == "element number " + std::to_string(i));
  v.pop_back();
  CHECK(v.back() == "element number 98");
  v.resize(2);
  v.resize(4);
  CHECK(v[1] == "element number 1");
  CHECK(v[3].empty());
}

TEST_CASE("an element of the vector may be pushed while it grows", "[base][small_vector]") {
  Strings v = {"a long text that is on the heap", "b", "c"};
  REQUIRE(v.capacity() == 3);
  v.push_back(v[0]);
  CHECK(v[0] == v[3]);
}

TEST_CASE("copies and moves, inline and on the heap", "[base][small_vector]") {
  for (std::size_t n : {0u, 2u, 3u, 10u}) {
    Strings v;
    for (std::size_t i = 0; i < n; ++i) v.push_back(std::string(30, static_cast<char>('a' + i)));
    Strings copy = v;
    CHECK(copy == v);
    Strings moved = std::move(copy);
    CHECK(moved == v);
    CHECK(copy.empty());
    copy.push_back("usable again");
    copy = std::move(moved);
    CHECK(copy == v);
    moved = copy;
    CHECK(moved == v);
    Strings& self = moved;
    moved = self;
    CHECK(moved == v);
  }
}

TEST_CASE("every element is destroyed once", "[base][small_vector]") {
  auto counted = std::make_shared<int>(0);
  {
    SmallVector<std::shared_ptr<int>, 2> v;
    for (int i = 0; i < 9; ++i) v.push_back(counted);
    auto w = v;
    v = std::move(w);
    v.resize(5);
    CHECK(counted.use_count() == 6);
    v.clear();
    CHECK(counted.use_count() == 1);
    v.push_back(counted);
  }
  CHECK(counted.use_count() == 1);
}
