// Superinstructions of counting, moving and branching: that they arise, and what they compute.
#include <catch2/catch_test_macros.hpp>

#include "tests/interp/hand_made.h"

namespace wasmrt::interp::test {
namespace {

struct Case {
  const char* what;
  const char* made;  ///< What the translation contains where memories are guarded.
  const char* function;
  bool memory;  ///< Needs a guarded memory.
  std::initializer_list<std::uint64_t> arguments;
  std::uint64_t result;
};

// Memory: byte i holds i at 0..255, then 32-bit words 0, 1, 2 ... from 256 on.
const Case kCases[] = {
    {"a comparison added",
     "cmp_add/",
     "(param i32 i32) (result i32) (i32.add (i32.lt_u (local.get 0)"
     " (local.get 1)) (i32.const 5)) (i32.add (i32.eqz (local.get 0)) (local.get 1)) (i32.mul)",
     false,
     {0, 9},
     60},
    {"a 64-bit carry",
     "cmp_add/",
     "(param i64 i64) (result i64) (i64.add (local.get 1)"
     " (i64.extend_i32_u (i64.lt_u (local.get 0) (local.get 1))))",
     false,
     {1, 0x1'0000'0000u},
     0x1'0000'0001u},
    {"rotation of a sum",
     "pair.i32",
     "(param i32 i32) (result i32) (i32.rotl (i32.xor (local.get 0)"
     " (local.get 1)) (i32.const 8))",
     false,
     {0x12345678, 0xFF},
     0x34568712},
    {"a product with a wide constant",
     "pair.i64",
     "(param i64 i64) (result i64)"
     " (i64.add (i64.mul (local.get 0) (i64.const 0x100000001)) (local.get 1))",
     false,
     {3, 4},
     0x3'0000'0007u},
    {"a pair with the accumulator on the right",
     "pair.i32",
     "(param i32 i32) (result i32)"
     " (i32.xor (i32.mul (local.get 0) (local.get 1)) (i32.shr_u (local.get 0) (i32.const 8)))",
     false,
     {0x1000, 3},
     0x3010},
    {"a masked value compared",
     "mask_br/",
     "(param i32) (result i32) (block (br_if 0 (i32.eq (i32.and"
     " (local.get 0) (i32.const 0xC0)) (i32.const 0x80))) (return (i32.const 1))) (i32.const 2)",
     false,
     {0x9F},
     2},
    {"a masked sum compared and kept",
     "mask_br/",
     "(param i32) (result i32) (local i32) (block (br_if 0"
     " (i32.lt_u (local.tee 1 (i32.and (i32.add (local.get 0) (i32.const -48)) (i32.const 255)))"
     " (i32.const 10))) (return (i32.const 77))) (local.get 1)",
     false,
     {57},
     9},
    {"two counters",
     "add2_br/",
     "(param i32) (result i32) (local i32) (loop"
     " (local.set 1 (i32.add (local.get 1) (i32.const 3)))"
     " (br_if 0 (local.tee 0 (i32.add (local.get 0) (i32.const -1))))) (local.get 1)",
     false,
     {5},
     15},
    {"a copy and a counter by a local",
     "add2_br/",
     "(param i32 i32) (result i32) (local i32 i32) (loop"
     " (local.set 2 (local.get 3))"
     " (br_if 0 (i32.lt_u (local.tee 3 (i32.add (local.get 3) (local.get 1))) (local.get 0))))"
     " (i32.add (local.get 2) (i32.mul (local.get 3) (i32.const 100)))",
     false,
     {10, 4},
     1208},
    {"a sum of the accumulator and a counter",
     "add2_br/",
     "(param i32) (result i32) (local i32) (loop"
     " (local.set 1 (i32.add (i32.popcnt (local.get 0)) (local.get 1)))"
     " (br_if 0 (local.tee 0 (i32.add (local.get 0) (i32.const -1))))) (local.get 1)",
     false,
     {5},
     7},
    {"two counters and a jump",
     "add2_br/",
     "(param i32) (result i32) (local i32 i32) (block (loop"
     " (br_if 1 (i32.ge_u (local.get 1) (local.get 0)))"
     " (local.set 2 (i32.add (local.get 2) (i32.const 7)))"
     " (local.set 1 (i32.add (local.get 1) (i32.const 2))) (br 0))) (local.get 2)",
     false,
     {5},
     21},
    {"a copy before a branch",
     "move_br/",
     "(param i32 i32) (result i32) (local i32) (block"
     " (local.set 2 (local.get 1)) (br_if 0 (i32.gt_s (local.get 0) (i32.const -3)))"
     " (local.set 2 (i32.const 1))) (local.get 2)",
     false,
     {0xFFFFFFFE, 8},
     8},
    {"a constant before a branch",
     "move_br/",
     "(param i32 i32) (result i32) (local i32) (block"
     " (local.set 2 (i32.const -1)) (br_if 0 (i32.lt_u (local.get 0) (local.get 1)))"
     " (return (i32.const 3))) (local.get 2)",
     false,
     {1, 2},
     0xFFFFFFFF},
    {"constants together",
     "const2",
     "(result i32) (local i32 i32) (local.set 0 (i32.const -5))"
     " (local.set 1 (i32.const 7)) (i32.mul (local.get 0) (local.get 1))",
     false,
     {},
     0xFFFFFFDD},
    {"a constant that a copy must not overtake",
     "const32",
     "(param i32) (result i32) (local i32 i32)"
     " (local.set 1 (i32.const 6)) (local.set 2 (local.get 1)) (local.set 1 (local.get 0))"
     " (i32.add (local.get 1) (i32.mul (local.get 2) (i32.const 10)))",
     false,
     {3},
     63},
    {"four copies",
     "copy4",
     "(param i64 i64) (result i64) (local i64 i64 i64 i64)"
     " (local.set 2 (local.get 0)) (local.set 3 (local.get 1)) (local.set 4 (local.get 2))"
     " (local.set 5 (local.get 3)) (i64.sub (i64.mul (local.get 4) (local.get 5)) (local.get 2))",
     false,
     {0x1'0000'0000u, 3},
     0x2'0000'0000u},
    {"a sum as the last argument",
     "call_add/0",
     "(param i32) (result i32) (i32.mul (call $twice"
     " (i32.add (local.get 0) (i32.const 1))) (i32.const 10))",
     false,
     {4},
     100},
    {"a copy and a sum as arguments",
     "call_add/1",
     "(param i32 i32) (result i32)"
     " (call $minus (local.get 1) (i32.add (local.get 0) (i32.const 1)))",
     false,
     {4, 50},
     45},
    {"a sum returned",
     "return.add",
     "(param i32 i32) (result i32) (i32.add (local.get 0)"
     " (local.get 1))",
     false,
     {0xFFFFFFFF, 3},
     2},
    {"three terms of an address",
     "load_at/",
     "(param i32 i32) (result i32) (i32.load8_u offset=2"
     " (i32.add (i32.add (local.get 0) (local.get 1)) (i32.const 5)))",
     true,
     {0xFFFFFFFE, 7},
     12},
    {"a load from a sum, compared",
     "load_at_br/",
     "(param i32 i32) (result i32) (local i32) (block"
     " (br_if 0 (i32.eq (local.tee 2 (i32.load8_u offset=1 (i32.add (local.get 0) (local.get 1))))"
     " (i32.const 31))) (return (i32.const 0))) (local.get 2)",
     true,
     {10, 20},
     31},
    {"a load beside a constant, compared",
     "load_at_br/",
     "(param i32) (result i32) (block (br_if 0"
     " (i32.lt_s (i32.load8_s (i32.add (local.get 0) (i32.const 128))) (i32.const -1)))"
     " (return (i32.const 0))) (i32.const 1)",
     true,
     {2},
     1},
    {"a store and a counter",
     "store_add/",
     "(param i32) (result i32) (local i32) (local.set 1"
     " (i32.mul (local.get 0) (i32.const 3))) (i32.store (local.get 0) (local.get 1))"
     " (local.set 0 (i32.add (local.get 0) (i32.const 4)))"
     " (i32.add (i32.mul (local.get 0) (i32.const 1000)) (i32.load (i32.const 16)))",
     true,
     {16},
     20048},
    {"a loop of stores",
     "store_add_br/",
     "(param i32) (result i32) (loop (i32.store8 offset=4"
     " (i32.add (local.get 0) (i32.const 6)) (i32.const 0xEE)) (br_if 0 (i32.ne (local.tee 0"
     " (i32.add (local.get 0) (i32.const 1))) (i32.const 54)))) (i32.load16_u (i32.const 63))",
     true,
     {50},
     0x40EE},
    {"an address made before its value",
     "store_at/",
     "(param i32) (result i32) (i32.store offset=8"
     " (i32.add (local.get 0) (i32.const 4)) (i32.mul (i32.load8_u (local.get 0)) (i32.const 9)))"
     " (i32.load (i32.const 22))",
     true,
     {10},
     90},
    {"an address made of a local that changes",
     "i32_add s0 #0x4 ->",
     "(param i32) (result i32)"
     " (i32.store (i32.add (local.get 0) (i32.const 4)) (i32.mul (local.tee 0 (i32.const 3))"
     " (local.get 0))) (i32.load (i32.const 14))",
     true,
     {10},
     9},
    {"the next byte of a byte code",
     "br_table_next",
     "(param i32) (result i32) (local i32) (loop"
     " (block (block (block (local.set 0 (i32.add (local.tee 1 (local.get 0))"
     " (i32.const 1))) (br_table 0 1 2 (i32.load8_u offset=1 (local.get 1))))"
     " (return (i32.const 5))) (return (local.get 0))) (local.set 0 (i32.const 0)) (br 0))"
     " (unreachable)",
     true,
     {40},
     1},
    {"a jump back to the next byte of a byte code",
     "br_table_again",
     "(param i32) (result i32) (local i32 i32) (loop (block (block (block"
     " (local.set 0 (i32.add (local.tee 1 (local.get 0)) (i32.const 1)))"
     " (br_table 0 1 2 (i32.load8_u (local.get 1))))"
     " (local.set 2 (i32.add (local.get 2) (i32.const 100))) (local.set 0 (i32.const 1)) (br 2))"
     " (return (i32.add (local.get 0) (local.get 2))))"
     " (local.set 2 (i32.add (local.get 2) (i32.const 10)))"
     " (local.set 0 (i32.const 0)) (br 0)) (unreachable)",
     true,
     {40},
     112},
    {"two wide constants",
     "pair.i64w/",
     "(param i64) (result i64) (i64.mul (i64.rotl (local.get 0) (i64.const 31))"
     " (i64.const 0x9e3779b185ebca87))",
     false,
     {0x123456789ABCDEF1},
     0xBF0D98B6CEFE24A4},
    {"two wide constants on the accumulator",
     "pair.i64w/",
     "(param i64) (result i64) (local i64) (local.tee 1 (i64.mul (i64.add"
     " (i64.popcnt (local.get 0)) (i64.const 0x123456789)) (i64.const 0x987654321)))"
     " (i64.xor (local.get 1)) (i64.add (local.get 1))",
     false,
     {0xFF},
     0x123456791 * std::uint64_t{0x987654321}},
    {"a load from a sum that is kept",
     "add_load/",
     "(param i32) (result i32) (local i32) (i32.sub (i32.load8_u offset=2 (local.tee 1"
     " (i32.add (local.get 0) (i32.const 5)))) (i32.mul (local.get 1) (i32.const 3)))",
     true,
     {10},
     std::uint32_t(17 - 45)},
    {"a load from a sum of locals that is kept",
     "add_load/",
     "(param i32 i32) (result i32) (local i32 i32) (local.set 3 (i32.load16_u (local.tee 2"
     " (i32.add (local.get 0) (local.get 1))))) (i32.mul (local.get 3) (local.get 2))",
     true,
     {10, 7},
     0x1211 * 17},
    {"a load from a sum replaces it",
     "add_load/",
     "(param i32) (result i32) (local.set 0 (i32.load8_u offset=2 (local.tee 0"
     " (i32.add (local.get 0) (i32.const 5))))) (i32.mul (local.get 0) (i32.const 2))",
     true,
     {10},
     34},
    {"a load from a sum replaces it while it is needed",
     "add_load/",
     "(param i32) (result i32) (local i32) (i32.sub (local.tee 1 (i32.add (local.get 0)"
     " (i32.const 5))) (local.tee 1 (i32.load8_u offset=3 (local.get 1)))) (i32.mul (local.get 1))",
     true,
     {10},
     std::uint32_t(-3 * 18)},
    {"a float from a sum that is kept",
     "add_load/",
     "(param i32) (result i32) (local i32 f64) (local.set 2 (f64.load (local.tee 1 (i32.add"
     " (local.get 0) (i32.const 8))))) (i32.store (local.get 1) (i32.const 77)) (i32.add"
     " (i32.trunc_sat_f64_u (f64.mul (local.get 2) (f64.const 0)))"
     " (i32.add (local.get 1) (i32.load (local.get 1))))",
     true,
     {10},
     95},
    {"a short loop",
     "add_br_near/",
     "(param i32) (result i32) (local i32) (loop (local.set 1 (i32.xor (i32.mul (local.get 1)"
     " (i32.const 3)) (local.get 0))) (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0)"
     " (i32.const -1))) (i32.const 0)))) (local.get 1)",
     false,
     {3},
     32},
    {"a short loop's jump back",
     "add_jump_near/",
     "(param i32) (result i32) (local i32) (block (loop (br_if 1 (i32.gt_u (local.get 1)"
     " (i32.const 20))) (local.set 0 (i32.mul (local.get 0) (i32.const 3)))"
     " (local.set 1 (i32.add (local.get 1) (i32.const 9))) (br 0))) (local.get 0)",
     false,
     {5},
     135},
    {"a sum for two locals",
     "add2 ",
     "(param i32) (result i32) (local i32) (local.set 0 (local.tee 1 (i32.add (local.get 0)"
     " (i32.const 7)))) (i32.mul (local.get 0) (local.get 1))",
     false,
     {5},
     144},
};

TEST_CASE("fused: branches, counters, moves and their neighbours", "[interp]") {
  for (const Case& c : kCases) {
    std::string bytes;
    for (unsigned i = 0; i < 256; ++i) {
      const char hex[] = "0123456789abcdef";
      bytes += {'\\', hex[i / 16], hex[i % 16]};
    }
    const std::string wat =
        "(module (memory 1) (data (i32.const 0) \"" + bytes +
        "\") (func $twice (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))"
        " (func $minus (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))"
        " (func (export \"f\") " +
        c.function + "))";
    for (const bool fuse : {false, true}) {
      HandMade m(wat, {std::uint64_t{1} << 33, false, fuse});
      INFO(c.what << "\n" << m.print("f"));
      if (fuse && (!c.memory || install_faults())) {
        CHECK(m.print("f").find(c.made) != std::string::npos);
      }
      CHECK(m.call("f", c.arguments).value() == c.result);
    }
  }
}

TEST_CASE("fused: an access out of bounds stays where it was", "[interp][fault]") {
  for (const bool fuse : {false, true}) {
    HandMade m(
        "(module (memory 1) (func (export \"load\") (param i32) (result i32) (block (br_if 0"
        " (i32.eq (i32.load8_u offset=1 (i32.add (local.get 0) (i32.const 65535))) (i32.const 3)))"
        " (return (i32.const 1))) (i32.const 2))"
        " (func (export \"sum\") (param i32) (result i32) (local i32)"
        " (i32.load8_u offset=1 (local.tee 1 (i32.add (local.get 0) (i32.const 65535)))))"
        " (func (export \"store\") (param i32) (i32.store8 (local.get 0) (i32.const 1))"
        " (local.set 0 (i32.add (local.get 0) (i32.const 1)))))",
        {std::uint64_t{1} << 33, false, fuse});
    INFO(m.print("load") + m.print("store"));
    CHECK(m.call("load", {0}).trap == TrapKind::OutOfBoundsMemoryAccess);
    CHECK(m.call("sum", {0}).trap == TrapKind::OutOfBoundsMemoryAccess);
    CHECK(m.report().frames[0].func_idx == 1);
    CHECK(m.call("store", {65535}).trap == TrapKind::None);
    CHECK(m.call("store", {65536}).trap == TrapKind::OutOfBoundsMemoryAccess);
  }
}

}  // namespace
}  // namespace wasmrt::interp::test
