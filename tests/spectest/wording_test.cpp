// What counts as the expected error, and the list of expected failures.
#include <catch2/catch_test_macros.hpp>

#include "spectest/suite.h"
#include "spectest/wording.h"

using namespace wasmrt::spectest;

TEST_CASE("an error must contain the expected wording", "[spectest]") {
  CHECK(says("validation error: type mismatch at 12", "type mismatch"));
  CHECK_FALSE(says("validation error: unknown local", "type mismatch"));
  CHECK(says("text error: i8 constant out of range 256", "malformed lane index"));
  CHECK_FALSE(says("text error: malformed lane index", "i8 constant out of range"));
  CHECK(says("text error: invalid lane length at line 1", "wrong number of lane indices"));
  CHECK(says("text error: i8 constant out of range nan", "unexpected token"));
  CHECK_FALSE(says("text error: i32 constant out of range 5", "unexpected token"));
  CHECK(says("invalid Wasm binary: malformed heap type", "integer representation"));
  CHECK_FALSE(says("invalid Wasm binary: malformed heap type", "integer representation too long"));
}

TEST_CASE("expected failures are matched by the end of the path", "[spectest]") {
  ExpectedFailures list = ExpectedFailures::parse(
      "# a comment\n"
      "folder/a.wast:12   # why\n"
      "\n"
      "b.wast:1");
  CHECK(list.take("/suite/folder/a.wast", 12));
  CHECK_FALSE(list.take("/suite/folder/a.wast", 1));
  CHECK_FALSE(list.take("/suite/other/a.wast", 12));
  CHECK_FALSE(list.take("/suite/folder/ab.wast", 1));
  CHECK(list.unseen("/suite/folder/a.wast").empty());
  CHECK(list.unseen("/suite/b.wast") == std::vector<std::string>{"b.wast:1"});
}

TEST_CASE("an absent path is an error", "[spectest]") {
  CHECK_FALSE(find_scripts({"no/such/folder"}).ok());
}

TEST_CASE("scripts run with the features they are written for", "[spectest]") {
  CHECK(*features_for("suite/wasm-2.0/simd/a.wast", "") == wasmrt::Features::wasm2());
  CHECK(*features_for("suite/wasm-3.0/a.wast", "") == wasmrt::Features::wasm3());
  CHECK(*features_for("a.wast", "") == wasmrt::Features::wasm3());
  CHECK(*features_for("suite/wasm-2.0/a.wast", "wasm1") == wasmrt::Features::wasm1());
  auto threads = wasmrt::Features::wasm1();
  threads.enable(wasmrt::Feature::Threads);
  CHECK(*features_for("proposals/threads/a.wast", "+threads") == threads);
  CHECK_FALSE(features_for("a.wast", "+nonsense").ok());
}
