// The runner itself: it finds failures, and skips no more than it must.
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <wasmrt/engine.hpp>

#include "libwasmrt/text/wast.h"
#include "spectest/script_runner.h"

using namespace wasmrt;
using namespace wasmrt::spectest;

namespace {

Tally run(std::string_view script) {
  auto commands = text::parse_wast(script);
  INFO((commands.ok() ? std::string() : commands.error().message));
  REQUIRE(commands.ok());
  auto engine = Engine::create();
  REQUIRE(engine.ok());
  return ScriptRunner(*engine).run(*commands);
}

constexpr const char* kModule =
    "(module $m (global (export \"g\") i32 (i32.const 7))"
    "  (func (export \"one\") (result i32) (i32.const 1))"
    "  (func (export \"trap\") unreachable)"
    "  (func $loop (export \"loop\") (call $loop)))";

}  // namespace

TEST_CASE("a script that holds passes", "[spectest]") {
  const Tally t = run(
      std::string(kModule) +
      "(assert_return (invoke \"one\") (i32.const 1))"
      "(assert_return (get $m \"g\") (i32.const 7))"
      "(assert_trap (invoke \"trap\") \"unreachable\")"
      "(assert_exhaustion (invoke \"loop\") \"call stack exhausted\")"
      "(invoke \"one\")"
      "(register \"M\")"
      "(module (import \"M\" \"one\" (func (result i32))) (import \"spectest\" \"print\" (func)))"
      "(assert_unlinkable (module (import \"M\" \"none\" (func))) \"unknown import\")"
      "(assert_unlinkable (module (import \"M\" \"one\" (func))) \"incompatible import type\")"
      "(assert_malformed (module quote \"(func\") \"unexpected token\")"
      "(assert_malformed (module binary \"\\00as\") \"unexpected end\")"
      "(assert_invalid (module (func (result i32))) \"type mismatch\")"
      "(assert_trap (module (func unreachable) (start 0)) \"unreachable\")"
      "(module definition $d (memory 1))"
      "(module instance $i $d)");
  CHECK(t.failures.empty());
  for (const Failure& f : t.failures) UNSCOPED_INFO(f.message);
  CHECK(t.passed == 16);
  CHECK(t.failed == 0);
  CHECK(t.skipped == 0);
}

TEST_CASE("whatever does not hold is a failure, with its line", "[spectest]") {
  const Tally t =
      run(std::string(kModule) +
          "\n(assert_return (invoke \"one\") (i32.const 2))"
          "\n(assert_return (invoke \"one\"))"
          "\n(assert_trap (invoke \"one\") \"unreachable\")"
          "\n(assert_trap (invoke \"trap\") \"integer overflow\")"
          "\n(assert_return (invoke \"trap\"))"
          "\n(assert_return (invoke \"absent\"))"
          "\n(assert_return (invoke $nobody \"one\"))"
          "\n(assert_malformed (module quote \"(func)\") \"x\")"
          "\n(assert_invalid (module (func (result i32))) \"unknown local\")"
          "\n(assert_malformed (module quote \"(func (result i32))\") \"type mismatch\")"
          "\n(assert_invalid (module quote \"(func\") \"unexpected token\")"
          "\n(assert_unlinkable (module) \"unknown import\")"
          "\n(module (import \"absent\" \"x\" (func)))"
          "\n(invoke \"one\")"
          "\n(register \"M\" $nobody)"
          "\n(assert_exception (invoke $m \"trap\"))");
  CHECK(t.passed == 1);
  CHECK(t.skipped == 0);
  REQUIRE(t.failures.size() == 16);
  for (std::size_t i = 0; i < t.failures.size(); ++i) CHECK(t.failures[i].line == i + 2);
}
