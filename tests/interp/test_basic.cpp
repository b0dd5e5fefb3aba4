// The interpreter end to end on small functions: arithmetic, control, calls, memory, traps.
#include <bit>
#include <catch2/catch_test_macros.hpp>

#include "tests/interp/hand_made.h"

namespace wasmrt::interp::test {
namespace {

const CodeOptions kModes[] = {{0, false, true},
                              {0, false, false},
                              {std::uint64_t{1} << 33, false, true},
                              {std::uint64_t{1} << 33, false, false}};

TEST_CASE("interp: recursion", "[interp]") {
  for (const CodeOptions& o : kModes) {
    HandMade m(R"((module (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))",
               o);
    REQUIRE(m.call("fib", {20}).value() == 6765);
  }
}

TEST_CASE("interp: loops and memory", "[interp]") {
  for (const CodeOptions& o : kModes) {
    HandMade m(R"((module (memory 1)
      (func (export "sum") (param $n i32) (result i64) (local $i i32) (local $s i64)
        (loop $fill
          (i64.store offset=8 (i32.shl (local.get $i) (i32.const 3)) (i64.extend_i32_u (local.get $i)))
          (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
        (local.set $i (i32.const 0))
        (block $out (loop $l
          (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
          (local.set $s (i64.add (local.get $s) (i64.load offset=8 (i32.shl (local.get $i) (i32.const 3)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $l)))
        (local.get $s))
      (func (export "at") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "put") (param i32 f64) (f64.store offset=4294967295 (local.get 0) (local.get 1)))))",
               o);
    REQUIRE(m.call("sum", {1000}).value() == 499500);
    REQUIRE(m.call("at", {8 + 999 * 8}).value() == 999);
    REQUIRE(m.call("at", {65532}).trap == TrapKind::None);
    REQUIRE(m.call("at", {65533}).trap == TrapKind::OutOfBoundsMemoryAccess);
    REQUIRE(m.report().has_address);
    REQUIRE(m.report().address >= 65533);
    REQUIRE(m.report().memory_bytes == 65536);
    REQUIRE(m.report().frames.size() == 1);
    REQUIRE(m.call("put", {0xFFFFFFFF, 0}).trap == TrapKind::OutOfBoundsMemoryAccess);
  }
}

TEST_CASE("interp: floats, select, globals", "[interp]") {
  for (const CodeOptions& o : kModes) {
    HandMade m(R"((module (global $g (mut f32) (f32.const 1.5))
      (func (export "f") (param f64 f64 i32) (result f64)
        (global.set $g (f32.mul (global.get $g) (f32.const 2)))
        (f64.add (select (local.get 0) (local.get 1) (i32.eqz (local.get 2)))
                 (f64.promote_f32 (global.get $g))))
      (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
      (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))))",
               o);
    const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
    REQUIRE(m.call("f", {bits(10), bits(20), 0}).value() == bits(13));
    REQUIRE(m.call("f", {bits(10), bits(20), 1}).value() == bits(26));
    REQUIRE(m.ctx().globals[0]->words[0] == std::bit_cast<std::uint32_t>(6.0f));
    REQUIRE(m.call("div", {7, 0xFFFFFFFE}).value() == 0xFFFFFFFD);
    REQUIRE(m.call("div", {7, 0}).trap == TrapKind::IntegerDivideByZero);
    REQUIRE(m.call("div", {0x80000000, 0xFFFFFFFF}).trap == TrapKind::IntegerOverflow);
    REQUIRE(m.call("trunc", {bits(-7.9)}).value() == 0xFFFFFFF9);
    REQUIRE(m.call("trunc", {bits(1e10)}).trap == TrapKind::IntegerOverflow);
  }
}

TEST_CASE("interp: preservation and tee", "[interp]") {
  for (const CodeOptions& o : kModes) {
    HandMade m(R"((module
      (func (export "swap") (param i32 i32) (result i32) (local i32)
        (local.get 0) (local.get 1) (local.set 0) (local.set 1)
        (i32.sub (i32.mul (local.get 0) (i32.const 100)) (local.get 1)))
      (func (export "post") (param i32) (result i32)
        (i32.add (i32.mul (local.get 0) (i32.const 10))
                 (local.tee 0 (i32.add (local.get 0) (i32.const 1)))))
      (func (export "branch") (param i32 i32) (result i32) (local i32)
        (local.set 2 (i32.const 5))
        (block (local.get 0) (i32.const 7) (i32.add)
          (br_if 0 (local.get 1)) (local.set 2))
        (local.get 2))))",
               o);
    REQUIRE(m.call("swap", {3, 4}).value() == 397);
    REQUIRE(m.call("post", {7}).value() == 78);
    REQUIRE(m.call("branch", {1, 0}).value() == 8);
  }
}

TEST_CASE("interp: multiple values, br_table, indirect and tail calls", "[interp]") {
  for (const CodeOptions& o : kModes) {
    HandMade m(R"((module (type $t (func (param i32) (result i32)))
      (table funcref (elem $inc $dec $wrong))
      (func $inc (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func $dec (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)))
      (func $wrong (param i64))
      (func $two (param i32) (result i32 i64) (local.get 0) (i64.const 9))
      (func (export "two") (param i32) (result i64 i32) (local i64)
        (call $two (local.get 0)) (local.set 1) (local.set 0) (local.get 1) (local.get 0))
      (func (export "ind") (param i32 i32) (result i32)
        (call_indirect (type $t) (local.get 1) (local.get 0)))
      (func $even (export "even") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
          (else (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
      (func $odd (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
          (else (return_call $even (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "sw") (param i32) (result i32)
        (block $d (block $c (block $b (block $a
          (br_table $a $b $c $d (local.get 0))) (return (i32.const 10)))
          (return (i32.const 20))) (return (i32.const 30))) (i32.const 40))
      (func (export "swv") (param i32) (result i32)
        (i32.add (i32.const 1000) (block $x (result i32) (i32.add (i32.const 100) (block $y (result i32)
          (i32.const 5) (br_table $y $x (local.get 0)))))))))",
               o);
    const Outcome two = m.call("two", {5});
    REQUIRE(two.slots == std::vector<std::uint64_t>{9, 5});
    REQUIRE(m.call("ind", {0, 41}).value() == 42);
    REQUIRE(m.call("ind", {1, 41}).value() == 40);
    REQUIRE(m.call("ind", {2, 41}).trap == TrapKind::IndirectCallTypeMismatch);
    REQUIRE(m.report().expected_type != m.report().actual_type);
    REQUIRE(m.call("ind", {3, 41}).trap == TrapKind::UndefinedElement);
    REQUIRE(m.call("even", {100000}).value() == 1);
    REQUIRE(m.call("sw", {0}).value() == 10);
    REQUIRE(m.call("sw", {2}).value() == 30);
    REQUIRE(m.call("sw", {77}).value() == 40);
    REQUIRE(m.call("swv", {0}).value() == 1105);
    REQUIRE(m.call("swv", {1}).value() == 1005);
  }
}

}  // namespace
}  // namespace wasmrt::interp::test
