// Loads as operands of arithmetic: every way their address is made, also the constant one, which is
// not fused.
#include <catch2/catch_test_macros.hpp>

#include "tests/interp/hand_made.h"

namespace wasmrt::interp::test {
namespace {

const CodeOptions kModes[] = {{0, false, true}, {std::uint64_t{1} << 33, false, true}};

TEST_CASE("interp: an operand loaded from a constant address", "[interp]") {
  for (const CodeOptions& o : kModes) {
    // What was computed before must not be taken for the address.
    HandMade m(R"((module (memory 1) (data (i32.const 1000) "\07\00\00\00")
      (func (export "absolute") (param i32 i32) (result i32) (local i32)
        (local.set 2 (i32.sub (local.get 0) (local.get 1)))
        (i32.store (i32.const 0) (local.get 2))
        (i32.add (i32.load offset=1000 (i32.const 0)) (local.get 2)))
      (func (export "computed") (param i32 i32) (result i32)
        (i32.add (i32.load (i32.and (local.get 0) (i32.const 1020))) (local.get 1)))
      (func (export "local") (param i32 i32) (result i32)
        (i32.add (i32.load (local.get 0)) (local.get 1)))
      (func (export "sum") (param i32 i32) (result i32)
        (i32.add (i32.load offset=4 (i32.add (local.get 0) (local.get 1))) (local.get 1)))))",
               o);
    CHECK(m.call("absolute", {50, 20}).value() == 37);
    CHECK(m.call("computed", {1003, 5}).value() == 12);
    CHECK(m.call("local", {1000, 5}).value() == 12);
    CHECK(m.call("sum", {990, 6}).value() == 13);
  }
}

TEST_CASE("interp: a loaded value compared with the local it went to", "[interp]") {
  for (const CodeOptions& o : kModes) {
    HandMade m(R"((module (memory 1)
      (func (export "plain") (param i32 i32) (result i32)
        (local.set 0 (i32.load8_u offset=1 (local.get 0)))
        (if (result i32) (i32.lt_u (local.get 0) (local.get 0)) (then (i32.const 1)) (else (i32.const 2))))
      (func (export "computed") (param i32 i32) (result i32)
        (local.set 0 (i32.load8_u (i32.and (local.get 0) (i32.const 1020))))
        (if (result i32) (i32.lt_u (local.get 0) (local.get 0)) (then (i32.const 1)) (else (i32.const 2))))
      (func (export "sum") (param i32 i32) (result i32)
        (local.set 0 (i32.load8_u (i32.add (local.get 0) (local.get 1))))
        (if (result i32) (i32.ne (local.get 0) (local.get 0)) (then (i32.const 1)) (else (i32.const 2))))))",
               o);
    for (const char* name : {"plain", "computed", "sum"}) {
      INFO(name);
      CHECK(m.call(name, {50, 20}).value() == 2);
    }
  }
}

}  // namespace
}  // namespace wasmrt::interp::test
