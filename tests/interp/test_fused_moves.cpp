// Results that need no instruction of their own, and copies that join their neighbours.
#include <catch2/catch_test_macros.hpp>

#include "tests/interp/hand_made.h"

namespace wasmrt::interp::test {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

const CodeOptions kFused = {std::uint64_t{1} << 33, false, true};

TEST_CASE("fused: widening an unsigned i32 takes no instruction", "[interp]") {
  HandMade m(
      "(module (func (export \"f\") (param i32 i64) (result i64)"
      " (i64.add (i64.extend_i32_u (i32.sub (local.get 0) (i32.const 1))) (local.get 1)))"
      " (func (export \"g\") (param i32) (result i64) (i64.extend_i32_u (local.get 0)))"
      " (func (export \"h\") (result i64) (i64.extend_i32_u (i32.const -1))))",
      kFused);
  INFO(m.print("f"));
  CHECK(!has(m.print("f"), "extend"));
  CHECK(m.call("f", {0, 5}).value() == 0x1'0000'0004u);
  CHECK(m.call("g", {0x80000000u}).value() == 0x80000000u);
  CHECK(m.call("h").value() == 0xFFFFFFFFu);
}

TEST_CASE("fused: a stacked local is copied before the sum that replaces it", "[interp]") {
  HandMade m(
      "(module (func (export \"f\") (param i32 i32) (result i32)"
      " (local.get 0) (local.tee 0 (i32.add (local.get 1) (i32.const -4)))"
      " (i32.mul (local.get 0)) (i32.sub))"
      " (func (export \"g\") (param i32) (result i32)"
      " (local.get 0) (local.get 0) (local.set 0 (i32.sub (local.get 0) (i32.const 3)))"
      " (i32.mul) (i32.sub (local.get 0))))",
      kFused);
  INFO(m.print("f") + m.print("g"));
  CHECK(has(m.print("f"), "copy_add"));
  CHECK(!has(m.print("f"), "store.r"));
  CHECK(m.call("f", {100, 10}).value() == 64);
  CHECK(!has(m.print("g"), "store.r"));
  CHECK(m.call("g", {10}).value() == 93);
}

TEST_CASE("fused: a sum that only a branch looks at", "[interp]") {
  HandMade m(
      "(module (func (export \"f\") (param i32) (result i32)"
      " (block (br_if 0 (i32.lt_u (i32.add (local.get 0) (i32.const -48)) (i32.const 10)))"
      "  (return (i32.const 0))) (i32.sub (local.get 0) (i32.const 48))))",
      kFused);
  INFO(m.print("f"));
  CHECK(has(m.print("f"), "add_br"));
  CHECK(m.call("f", {57}).value() == 9);
  CHECK(m.call("f", {58}).value() == 0);
  CHECK(m.call("f", {47}).value() == 0);
}

}  // namespace
}  // namespace wasmrt::interp::test
