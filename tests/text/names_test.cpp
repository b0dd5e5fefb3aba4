// The name section and annotations: identifiers, (@name), (@custom) and branch hints.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "libwasmrt/text/wat.h"
#include "tests/text/support.h"

using namespace wasmrt::text;

namespace {

// The content of the name section, behind its name.
std::string names(std::string_view wat) {
  const auto bytes = wat_to_wasm(wat);
  if (!bytes.ok()) return bytes.error().message;
  const std::string all(bytes->begin(), bytes->end());
  const std::size_t at = all.find("\4name");
  return at == std::string::npos ? "" : all.substr(at + 5);
}

std::string str(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

TEST_CASE("identifiers become names", "[text]") {
  CHECK(names("(module $m)") == str({0, 2, 1, 'm'}));
  CHECK(names("(func) (func $f)") == str({1, 4, 1, 1, 1, 'f'}));
  CHECK(names("(func (param $a i32) (local i32) (local $b i32))") ==
        str({2, 9, 1, 0, 2, 0, 1, 'a', 2, 1, 'b'}));
  CHECK(names("(func block block $l end end)") == str({3, 6, 1, 0, 1, 1, 1, 'l'}));
  CHECK(names("(type $t (struct (field $f i32)))") ==
        str({4, 4, 1, 0, 1, 't', 10, 6, 1, 0, 1, 0, 1, 'f'}));
  CHECK(names("(table $t 0 funcref)(memory $m 0)(global $g i32 (i32.const 0))") ==
        str({5, 4, 1, 0, 1, 't', 6, 4, 1, 0, 1, 'm', 7, 4, 1, 0, 1, 'g'}));
  CHECK(names("(elem $e func)(data $d)(tag $t)") ==
        str({8, 4, 1, 0, 1, 'e', 9, 4, 1, 0, 1, 'd', 11, 4, 1, 0, 1, 't'}));
  CHECK(names("(func)").empty());
}

TEST_CASE("names can be left out", "[text]") {
  WatOptions options;
  options.names = false;
  const auto with = wat_to_wasm("(module $m (func $f))");
  const auto without = wat_to_wasm("(module $m (func $f))", options);
  REQUIRE(with.ok());
  REQUIRE(without.ok());
  CHECK(without->size() < with->size());
}

TEST_CASE("(@name) overrides an identifier", "[text]") {
  CHECK(names("(module $m (@name \"n\"))") == str({0, 2, 1, 'n'}));
  CHECK(names("(func $f (@name \"g\"))") == str({1, 4, 1, 0, 1, 'g'}));
  CHECK(names("(type $t (@name \"u\") (func))") == str({4, 4, 1, 0, 1, 'u'}));
}

TEST_CASE("(@custom) sections stand where they are told to", "[text]") {
  // "a" before the types, "b" behind them, "c" at the end.
  const std::string bytes = encode(
      "(@custom \"c\" \"C\") (type (func)) (@custom \"b\" (after type)) (@custom \"a\" (before "
      "first))");
  CHECK(bytes == std::string("\0asm\1\0\0\0", 8) + str({0, 2, 1, 'a'}) +
                     str({1, 4, 1, 0x60, 0, 0}) + str({0, 2, 1, 'b'}) + str({0, 3, 1, 'c', 'C'}));
}

TEST_CASE("branch hints hold offsets from the start of the body", "[text]") {
  const std::string bytes = encode(
      "(func (param i32) (local i64)"
      "  (@metadata.code.branch_hint \"\\01\") (if (local.get 0) (then))"
      "  block local.get 0 (@metadata.code.branch_hint \"\\00\") br_if 0 end)");
  const std::string section = "metadata.code.branch_hint" + str({1, 0, 2, 5, 1, 1, 12, 1, 0});
  CHECK(bytes.find(section) != std::string::npos);
  // The code section follows.
  CHECK(bytes.find(section) + section.size() == bytes.find(str({10, 18, 1, 16})));
}
