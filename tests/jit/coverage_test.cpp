// Nothing is declined: a function with one of each kind of instruction that leaves the compiler's
// own code compiles. (What is declined is interpreted, so that no other test would see it.)
#include <catch2/catch_test_macros.hpp>

#include "tests/jit/compile.h"

using namespace wasmrt;

namespace {

/// Why a function with this body is declined; nullptr if it is not.
const char* declined(const std::string& body) {
  for (const jit::Target* target : test::all_targets()) {
    test::Compiled c(test::wat(R"((module
    (import "env" "f" (func (param i32) (result i32)))
    (type $t (func (param i32) (result i32)))
    (memory 1) (table 4 funcref) (data $d "abc") (elem $e func 0) (global (mut i32) (i32.const 0))
    (func (param i32 i32 i32) (result i32) )" +
                               body + "))"),
                     *target);
    REQUIRE(c.checked.ok);
    if (const char* why = c.compile(1); why != nullptr) return why;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("calls of all kinds are compiled", "[jit]") {
  const char* const kParams = "(local.get 0) (local.get 1) (local.get 2)";
  for (const char* op :
       {"memory.copy", "memory.fill", "memory.init $d", "table.copy", "table.init $e"}) {
    INFO(op);
    CHECK(declined("(" + std::string(op) + kParams + ") (i32.const 0)") == nullptr);
  }
  for (const char* body :
       {"(memory.grow (local.get 0))", "(table.grow (ref.null func) (local.get 0))",
        "(table.fill (local.get 0) (ref.null func) (local.get 1)) (i32.const 0)",
        "(data.drop $d) (elem.drop $e) (i32.const 0)", "(call 0 (local.get 0))",
        "(call 1 (local.get 0) (local.get 1) (local.get 2))",
        "(call_indirect (type $t) (local.get 0) (local.get 1))", "(return_call 0 (local.get 0))",
        "(global.set 0 (local.get 0)) (global.get 0)", "(i32.rem_u (local.get 0) (i32.const 217))",
        "(unreachable)"}) {
    INFO(body);
    CHECK(declined(body) == nullptr);
  }
}
