// Superinstructions that end in a store: arithmetic whose result is stored, memory changed in
// place.
#include <bit>
#include <catch2/catch_test_macros.hpp>

#include "tests/interp/hand_made.h"

namespace wasmrt::interp::test {
namespace {

struct Case {
  const char* made;  ///< What the translation contains where memories are guarded.
  const char* function;
  std::initializer_list<std::uint64_t> arguments;
  std::uint64_t result;
};

constexpr std::uint64_t f64(double x) { return std::bit_cast<std::uint64_t>(x); }

// Memory: byte i holds i at 0..255.
const Case kCases[] = {
    {"op_store/",
     "(param i32 i32) (result i32) (i32.store offset=8 (local.get 0)"
     " (i32.sub (local.get 1) (local.get 0))) (i32.load (i32.const 18))",
     {10, 1000},
     990},
    {"op_store/",
     "(param i32 i32) (result i32) (i32.store (local.get 0) (i32.sub (i32.clz (local.get 1))"
     " (local.get 0))) (i32.load (i32.const 10))",
     {10, 1},
     21},
    {"op_store/",
     "(param i32 i32) (result i32) (i32.store (local.get 0) (i32.sub (local.get 0)"
     " (i32.clz (local.get 1)))) (i32.load (i32.const 40))",
     {40, 1},
     9},
    {"op_store/",
     "(param i32 i32) (result i32) (i32.store8 offset=1 (local.get 0) (i32.or (i32.clz"
     " (local.get 1)) (i32.const 0x140))) (i32.load (i32.const 40))",
     {40, 1},
     0x2B2A5F28},
    {"op_store/",
     "(param i32 i32) (result i32) (i32.store8 offset=1 (local.get 0) (i32.and (local.get 1)"
     " (i32.const 0xFF0))) (i32.load (i32.const 40))",
     {40, 0xABCD},
     0x2B2AC028},
    {"op_store/",
     "(param i32 i64) (result i64) (i64.store (local.get 0) (i64.xor (local.get 1)"
     " (i64.const 0x1234567812345678))) (i64.load (local.get 0))",
     {64, 0xFFFF0000FFFF0000},
     0xEDCB5678EDCB5678},
    {"op_store/",
     "(param i32 f64 f64) (result f64) (f64.store offset=8 (local.get 0) (f64.sub (local.get 1)"
     " (local.get 2))) (f64.load (i32.const 24))",
     {16, f64(2.5), f64(10)},
     f64(-7.5)},
    {"op_store/",
     "(param i32 f64 f64) (result f64) (f64.store offset=8 (i32.and (local.get 0)"
     " (i32.const 0xF8)) (f64.mul (f64.neg (local.get 1)) (local.get 2))) (f64.load (i32.const "
     "24))",
     {0x113, f64(2.5), f64(10)},
     f64(-25)},
    {"op_store/",
     "(param i32 f64) (result f64) (f64.store (local.get 0) (f64.add (f64.abs (local.get 1))"
     " (f64.const 0.25))) (f64.load (local.get 0))",
     {16, f64(-2.5)},
     f64(2.75)},
    {"load_op_store/",
     "(param i32 i32) (result i32) (i32.store offset=4 (local.get 0) (i32.add (local.get 1)"
     " (i32.load offset=4 (local.get 0)))) (i32.load (i32.const 12))",
     {8, 0x01010101},
     0x100F0E0D},
    {"load_op_store/",
     "(param i32 i32) (result i32) (i32.store (local.get 0) (i32.sub (i32.popcnt (local.get 1))"
     " (i32.load (local.get 0)))) (i32.load (i32.const 8))",
     {8, 0xFF},
     std::uint32_t(8 - 0x0B0A0908)},
    {"load_op_store/",
     "(param i32 i32) (result i32) (local i32) (i32.store (local.get 0) (local.tee 2 (i32.xor"
     " (local.get 1) (i32.load (local.get 0))))) (i32.add (i32.load (i32.const 8)) (local.get 2))",
     {8, 0x0B0A0900},
     16},
    {"load_op_store/",
     "(param i32 f64) (result f64) (f64.store (local.get 0) (f64.const 3)) (f64.store"
     " (local.get 0) (f64.sub (local.get 1) (f64.load (local.get 0)))) (f64.load (local.get 0))",
     {8, f64(10)},
     f64(7)},
    // Another offset, another pointer: read and written apart.
    {"op_load/",
     "(param i32 i32) (result i32) (i32.store offset=8 (local.get 0) (i32.add (local.get 1)"
     " (i32.load offset=4 (local.get 0)))) (i32.load (i32.const 16))",
     {8, 0x01010101},
     0x100F0E0D},
    {"op_load/",
     "(param i32 i32) (result i32) (i32.store (local.get 1) (i32.add (local.get 1)"
     " (i32.load (local.get 0)))) (i32.load (i32.const 32))",
     {8, 32},
     0x0B0A0928},
};

TEST_CASE("fused: arithmetic with a store", "[interp]") {
  for (const Case& c : kCases) {
    std::string bytes;
    for (unsigned i = 0; i < 256; ++i) {
      const char hex[] = "0123456789abcdef";
      bytes += {'\\', hex[i / 16], hex[i % 16]};
    }
    const std::string wat = "(module (memory 1) (data (i32.const 0) \"" + bytes +
                            "\") (func (export \"f\") " + c.function + "))";
    for (const bool fuse : {false, true}) {
      HandMade m(wat, {std::uint64_t{1} << 33, false, fuse});
      INFO(c.function << "\n" << m.print("f"));
      if (fuse && install_faults()) CHECK(m.print("f").find(c.made) != std::string::npos);
      CHECK(m.call("f", c.arguments).value() == c.result);
    }
  }
}

TEST_CASE("fused: a store out of bounds stays where it was", "[interp][fault]") {
  for (const bool fuse : {false, true}) {
    HandMade m(
        "(module (memory 1) (func (export \"store\") (param i32 i64)"
        " (i64.store (local.get 0) (i64.add (local.get 1) (i64.const 1))))"
        " (func (export \"change\") (param i32 i64)"
        " (i64.store (local.get 0) (i64.add (local.get 1) (i64.load (local.get 0))))))",
        {std::uint64_t{1} << 33, false, fuse});
    CHECK(m.call("store", {65528, 1}).trap == TrapKind::None);
    CHECK(m.call("change", {65528, 1}).trap == TrapKind::None);
    CHECK(m.call("store", {65529, 1}).trap == TrapKind::OutOfBoundsMemoryAccess);
    CHECK(m.report().frames[0].func_idx == 0);
    CHECK(m.call("change", {65529, 1}).trap == TrapKind::OutOfBoundsMemoryAccess);
    CHECK(m.report().frames[0].func_idx == 1);
  }
}

}  // namespace
}  // namespace wasmrt::interp::test
