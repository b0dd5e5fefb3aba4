// Instructions: immediates in their order, folded forms, labels, alignments.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/text/support.h"

using namespace wasmrt::text;

namespace {

// The code of the only function, without its count and size: it begins with the number of runs of
// locals.
std::string code(const std::string& instructions, const std::string& fields = "") {
  const std::string hex = section(fields + "(func $f " + instructions + ")", kCodeSection);
  return hex.size() < 6 || hex.substr(0, 2) != "01" ? hex : hex.substr(4);
}

}  // namespace

TEST_CASE("folded instructions stand behind their operands", "[text]") {
  CHECK(code("(drop (i32.add (i32.const 1) (i32.const 2)))") ==
        code("i32.const 1 i32.const 2 i32.add drop"));
  CHECK(code("(i32.const 1) (drop)") == "0041011a0b");
  CHECK(code("(block (result i32) (i32.const 1)) drop") ==
        code("block (result i32) i32.const 1 end drop"));
  CHECK(code("(if (i32.const 0) (then nop) (else (unreachable)))") ==
        code("i32.const 0 if nop else unreachable end"));
  CHECK(code("(if $l (result i32) (i32.const 0) (i32.const 1) (then (br $l (i32.const 2))))") ==
        code("i32.const 0 i32.const 1 if (result i32) i32.const 2 br 0 end"));
  CHECK(code("(loop $l (block $m (br_table $l $m 2 (i32.const 0))))") ==
        code("loop block i32.const 0 br_table 1 0 2 end end"));
}

TEST_CASE("labels shadow each other", "[text]") {
  CHECK(code("block $a block $a br $a end br $a end") == code("block block br 0 end br 0 end"));
  CHECK(code("block $a block $b block $a end br $a end end") ==
        code("block block block end br 1 end end"));
  CHECK(code("block $a end $a (i32.const 0) if $b else $b end $b") ==
        code("block end i32.const 0 if else end"));
}

TEST_CASE("block types are short where they can be", "[text]") {
  CHECK(code("block end") == "0002400b0b");
  CHECK(code("block (result i32) unreachable end drop") == "00027f000b1a0b");
  CHECK(code("block (type 0) end") == "0002000b0b");
  CHECK(code("block (param i32) end", "(type (func (param i32)))") == "0002000b0b");
}

TEST_CASE("memory immediates", "[text]") {
  const std::string memories = "(memory 1) (memory $m 1)";
  CHECK(code("i32.load") == "002802000b");
  CHECK(code("i32.load offset=16 align=1") == "002800100b");
  CHECK(code("i64.load $m offset=0xffff_ffff_ffff", memories) ==
        "0029430"
        "1ffffffffffff3f0b");
  CHECK(code("v128.load8_lane 15") == "00fd5400000f0b");
  CHECK(code("v128.load8_lane $m 15", memories) ==
        "00fd54400100"
        "0f0b");
  CHECK(code("v128.load8_lane 1 15", memories) ==
        "00fd54400100"
        "0f0b");
  CHECK(code("v128.load8_lane 1 offset=2 3", memories) ==
        "00fd54400102"
        "030b");
  CHECK(code("memory.copy $m 0", memories) == "00fc0a01000b");
  CHECK(code("memory.copy", memories) == "00fc0a00000b");
  CHECK(code("memory.init $m 0", memories + "(data)") == "00fc0800010b");
  CHECK(code("memory.init 0", memories + "(data)") == "00fc0800000b");
  CHECK(code("memory.grow $m", memories) == "0040010b");
}

TEST_CASE("table, reference and call immediates", "[text]") {
  const std::string tables = "(table 1 funcref) (table $t 1 funcref) (elem $e func)";
  CHECK(code("table.init $t $e", tables) == "00fc0c00010b");
  CHECK(code("table.init $e", tables) == "00fc0c00000b");
  CHECK(code("table.get $t", tables) == "0025010b");
  CHECK(code("call_indirect $t (type 0)", tables) == "001100010b");
  CHECK(code("ref.null func") == "00d0700b");
  CHECK(code("ref.null 0") == "00d0000b");
  CHECK(code("ref.test (ref 0)") == "00fb14000b");
  CHECK(code("ref.test (ref null 0)") == "00fb15000b");
  CHECK(code("ref.cast anyref") == "00fb176e0b");
  CHECK(code("br_on_cast 0 anyref (ref i31)") == "00fb1801006e6c0b");
  CHECK(code("select (result i32)") == "001c017f0b");
  CHECK(code("select") == "001b0b");
}

TEST_CASE("exceptions", "[text]") {
  CHECK(code("block $l (try_table (catch $e $l) (catch_all_ref 0)) end", "(tag $e)") ==
        "0002401f40020000"
        "0003000b0b0b");
  CHECK(code("throw $e", "(tag $e)") == "0008000b");
}

TEST_CASE("structs name their fields per type", "[text]") {
  const std::string types =
      "(type $a (struct (field $x i32) (field $y i32))) (type $b (struct (field i32 i32 i32) "
      "(field $x i32)))";
  CHECK(code("struct.get $a $y", types) == "00fb0200010b");
  CHECK(code("struct.set $b $x", types) == "00fb0501030b");
  CHECK(error_of(types + "(func struct.get $b $y)").find("unknown field $y") != std::string::npos);
}

TEST_CASE("vector constants", "[text]") {
  CHECK(code("v128.const i32x4 1 -1 0xffffffff 0") == "00fd0c01000000ffffffffffffffff000000000b");
  CHECK(code("v128.const f64x2 1 -inf") == "00fd0c000000000000f03f000000000000f0ff0b");
  CHECK(code("i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31") ==
        "00fd0d000102030405060708090a0b0c0d0e1f0b");
}

TEST_CASE("locals are counted behind parameters and written in runs", "[text]") {
  CHECK(section("(func (param $a i32) (local $b i64) (local i64 f32) local.get $b local.set $a)",
                kCodeSection) ==
        "010a02027e017d"
        "200121000b");
  CHECK(
      section("(type $t (func (param i32 i32))) (func (type $t) (local $l i32) local.get $l drop)",
              kCodeSection) == "010701017f20021a0b");
}

TEST_CASE("constants", "[text]") {
  CHECK(code("i32.const 0xffffffff") == "00417f0b");
  CHECK(code("i64.const -0x8000000000000000") ==
        "004280808080808080808"
        "07f0b");
  CHECK(code("f32.const nan:0x1") == "00430100807f0b");
  CHECK(code("atomic.fence") == "00fe03000b");
}

TEST_CASE("nesting costs no stack", "[text]") {
  const int depth = 200000;
  std::string blocks;
  std::string folded;
  for (int i = 0; i < depth; ++i) blocks += "block ";
  for (int i = 0; i < depth; ++i) blocks += "end ";
  for (int i = 0; i < depth; ++i) folded += "(drop ";
  folded += std::string(depth, ')');
  CHECK(wat_to_wasm("(func " + blocks + ")").ok());
  CHECK(wat_to_wasm("(func " + folded + ")").ok());
  CHECK_FALSE(wat_to_wasm("(func " + std::string(depth, '(')).ok());
}
