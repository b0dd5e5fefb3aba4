// Results that need no instruction of their own, and copies that join their neighbours.
#include <algorithm>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cstring>

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

TEST_CASE("fused: a branch on i64.eqz looks at all 64 bits", "[interp]") {
  HandMade m(
      "(module (func (export \"f\") (param i64) (result i32)"
      " (i32.const 3) (br_if 0 (i64.eqz (local.get 0))) (drop) (i32.const 1))"
      " (func (export \"g\") (param i64) (result i32)"
      " (i32.const 3) (br_if 0 (i32.eqz (i64.eqz (local.get 0)))) (drop) (i32.const 1)))",
      kFused);
  INFO(m.print("f") + m.print("g"));
  for (const std::uint64_t x : {std::uint64_t{1} << 32, std::uint64_t{1}, ~std::uint64_t{0}}) {
    CHECK(m.call("f", {x}).value() == 1);
    CHECK(m.call("g", {x}).value() == 3);
  }
  CHECK(m.call("f", {0}).value() == 3);
  CHECK(m.call("g", {0}).value() == 1);
}

TEST_CASE("fused: float functions with constants round one by one", "[interp]") {
  HandMade m(
      "(module (func (export \"both\") (param f64) (result f64)"
      " (f64.add (f64.mul (local.get 0) (f64.const 1.1)) (f64.const -0.3)))"
      " (func (export \"from\") (param f64 f64) (result f64)"
      " (f64.sub (local.get 1) (f64.mul (local.get 0) (f64.const 0.1))))"
      " (func (export \"small\") (param f32 f32) (result f32)"
      " (f32.sub (f32.const 2) (f32.add (f32.mul (local.get 0) (local.get 1)) (f32.const 0.7)))))",
      kFused);
  volatile double x = 3.3;
  volatile double product = x * 1.1;
  CHECK(has(m.print("both"), "pair.f64/"));
  CHECK(m.call("both", {std::bit_cast<std::uint64_t>(x)}).value() ==
        std::bit_cast<std::uint64_t>(product - 0.3));
  volatile double tenth = x * 0.1;
  CHECK(has(m.print("from"), "pair.f64/"));
  CHECK(m.call("from", {std::bit_cast<std::uint64_t>(x), std::bit_cast<std::uint64_t>(7.0)})
            .value() == std::bit_cast<std::uint64_t>(7.0 - tenth));
  volatile float square = 1.5f * 1.5f;
  volatile float sum = square + 0.7f;
  CHECK(has(m.print("small"), "pair.f32/"));
  CHECK(m.call("small", {0x3FC00000, 0x3FC00000}).value() == std::bit_cast<std::uint32_t>(2 - sum));
}

TEST_CASE("interp: short copies and fills, overlapping ones, and where they end", "[interp]") {
  for (const bool fuse : {false, true}) {
    HandMade m(
        "(module (memory 1) (func (export \"copy\") (param i32 i32 i32)"
        " (memory.copy (local.get 0) (local.get 1) (local.get 2)))"
        " (func (export \"fill\") (param i32 i32 i32)"
        " (memory.fill (local.get 0) (local.get 1) (local.get 2)))"
        " (func (export \"copy72\") (param i32 i32)"
        " (memory.copy (i32.add (local.get 0) (i32.const 1)) (local.get 1) (i32.const 72))))",
        {std::uint64_t{1} << 33, false, fuse});
    std::vector<std::uint8_t> model(65536);
    for (std::uint32_t i = 0; i < 65536; ++i) {
      model[i] = m.memory()[i] = static_cast<std::uint8_t>(i * 37 >> 3);
    }
    bool same = true;
    const auto copy = [&](std::uint32_t to, std::uint32_t from, std::uint32_t n) {
      same &= m.call("copy", {to, from, n}).trap == TrapKind::None;
      std::memmove(model.data() + to, model.data() + from, n);
      same &= std::equal(model.begin(), model.end(), m.memory());
    };
    for (std::uint32_t n = 0; n < 300; ++n) {
      copy(1000, 2001, n);
      copy(1000 + n / 3, 1001, n);
      copy(3000, 3000 + n / 2, n);
      same &= m.call("fill", {5000, n + 256, n}).trap == TrapKind::None;
      std::fill_n(model.begin() + 5000, n, static_cast<std::uint8_t>(n));
    }
    copy(100, 30000, 5000);
    copy(65536 - 1024, 7, 1024);
    copy(65536, 65536, 0);
    CHECK(same);
    CHECK(m.call("copy72", {9, 65536 - 72}).trap == TrapKind::None);
    std::memmove(model.data() + 10, model.data() + 65536 - 72, 72);
    for (const std::uint32_t n : {1u, 8u, 40u, 100u, 200u, 2000u}) {
      CHECK(m.call("copy", {65537 - n, 0, n}).trap == TrapKind::OutOfBoundsMemoryAccess);
      CHECK(m.call("copy", {0, 65537 - n, n}).trap == TrapKind::OutOfBoundsMemoryAccess);
      CHECK(m.call("copy", {0xFFFFFFFF, 0, n}).trap == TrapKind::OutOfBoundsMemoryAccess);
      CHECK(m.call("fill", {65537 - n, 1, n}).trap == TrapKind::OutOfBoundsMemoryAccess);
    }
    CHECK(m.call("copy", {65537, 0, 0}).trap == TrapKind::OutOfBoundsMemoryAccess);
    CHECK(std::equal(model.begin(), model.end(), m.memory()));
  }
}

}  // namespace
}  // namespace wasmrt::interp::test
