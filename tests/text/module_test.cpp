// Fields of a module: what each form of the text becomes in the binary.
#include <catch2/catch_test_macros.hpp>

#include "tests/text/support.h"

using namespace wasmrt::text;

TEST_CASE("an empty module, with and without its parentheses", "[text]") {
  const std::string empty("\0asm\1\0\0\0", 8);
  CHECK(encode("(module)") == empty);
  CHECK(encode("") == empty);
  CHECK(encode("(module $m (@annotation (anything)))") == empty);
  CHECK(encode("(func)") == encode("(module (func))"));
}

TEST_CASE("types", "[text]") {
  CHECK(section("(type (func (param i32 i64) (param $x f32) (result f64 v128)))", kTypeSection) ==
        "0160037f7e7d027c7b");
  CHECK(section("(type (struct (field i8 (mut i16)) (field $f (ref null any))))", kTypeSection) ==
        "015f03780077016e00");
  CHECK(section("(type $a (array (mut (ref $a))))", kTypeSection) == "015e640001");
  CHECK(section("(rec (type $a (struct (field (ref null $b)))) (type $b (sub $a (struct))))",
                kTypeSection) ==
        "014e025f01630100500100"
        "5f00");
  CHECK(section("(type (sub final (func)))", kTypeSection) ==
        section("(type (func))", kTypeSection));
  CHECK(section("(type (sub (func)))", kTypeSection) ==
        "0150006000"
        "00");
  CHECK(section("(type (func (param funcref (ref null func) (ref func))))", kTypeSection) ==
        "016003707064"
        "7000");
}

TEST_CASE("uses imply types, appended in the order of the text", "[text]") {
  const char* wat =
      "(func (result i32) (block (param i32)) (call_indirect (result f32)))"
      "(type $given (func (param i64)))"
      "(func (param i64))"
      "(import \"m\" \"f\" (func (param f64)))";
  CHECK(section(std::string(wat).substr(0, std::string(wat).find("(import")), kTypeSection) ==
        "0460017e00"
        "6000017f"
        "60017f00"
        "6000017d");
  // An open type, a recursive one or a member of a larger group is never implied.
  CHECK(section("(type (sub (func))) (func)", kTypeSection) ==
        "02500060000060"
        "0000");
  CHECK(section("(rec (type (func)) (type (struct))) (func)", kFuncSection) == "0102");
  CHECK(section("(type $t (func (param (ref $t)))) (func (param (ref $t)))", kFuncSection) ==
        "0101");
}

TEST_CASE("imports", "[text]") {
  CHECK(section("(import \"m\" \"f\" (func $f)) (import \"m\" \"g\" (global (mut i64)))"
                "(import \"m\" \"t\" (table 1 2 funcref)) (import \"m\" \"n\" (memory 1))"
                "(import \"m\" \"e\" (tag))",
                kImportSection) ==
        "05016d01660000"
        "016d0167037e01"
        "016d01740170010102"
        "016d016e020001"
        "016d0165040000");
  CHECK(section("(func $f (import \"m\" \"f\") (param i32))", kImportSection) == "01016d01660000");
  CHECK(section("(memory (export \"x\") (import \"m\" \"n\") i64 1 2 shared)", kImportSection) ==
        "01016d016e02070102");
}

TEST_CASE("tables and memories", "[text]") {
  CHECK(section("(table 1 externref)", kTableSection) == "016f0001");
  CHECK(section("(table i64 1 5 funcref)", kTableSection) ==
        "01700501"
        "05");
  CHECK(section("(table 3 (ref func) (ref.func 0)) (func)", kTableSection) ==
        "0140006470000"
        "3d2000b");
  CHECK(section("(memory 1 2 shared)", kMemorySection) == "01030102");
  CHECK(section("(memory i64 0x1_0000_0000)", kMemorySection) ==
        "0104808080"
        "8010");
  CHECK(section("(memory 0 (pagesize 1))", kMemorySection) == "01080000");
  CHECK(section("(memory (data \"abc\" \"d\"))", kMemorySection) == "01010101");
  CHECK(section("(memory (pagesize 1) (data \"abc\"))", kMemorySection) == "0109030300");
}

TEST_CASE("globals, tags, exports and start", "[text]") {
  CHECK(section("(global $g (mut i32) (i32.const -1))", kGlobalSection) == "017f01417f0b");
  CHECK(section("(global i32 i32.const 1 i32.const 2 i32.add)", kGlobalSection) ==
        "017f00410141026a0b");
  CHECK(section("(tag (param i32))", kTagSection) == "010000");
  CHECK(section("(func $f (export \"a\") (export \"b\")) (export \"c\" (func $f))",
                kExportSection) == "03016100000162000001630000");
  CHECK(section("(func) (func $f) (start $f)", kStartSection) == "01");
}

TEST_CASE("element segments", "[text]") {
  CHECK(section("(table 1 funcref) (elem (i32.const 0) $f) (func $f)", kElemSection) ==
        "010041000b0100");
  CHECK(section("(elem func $f 0) (func $f)", kElemSection) == "010100020000");
  CHECK(section("(elem declare funcref (ref.func 0) (item ref.func 0)) (func)", kElemSection) ==
        "01077002d2000bd2000b");
  CHECK(section("(table 1 externref) (table $t 1 externref)"
                "(elem (table $t) (offset i32.const 1) externref (ref.null extern))",
                kElemSection) == "01060141010b6f01d06f0b");
  CHECK(section("(table funcref (elem 0 0)) (func)", kElemSection) == "010041000b020000");
  CHECK(section("(table i64 funcref (elem 0)) (func)", kTableSection) == "0170050101");
  CHECK(section("(type $t (func)) (table (ref null $t) (elem $f)) (func $f)", kElemSection) ==
        "01060041000b630001d2000b");
  // The form of the first version of the format.
  CHECK(section("(table 1 funcref) (elem 0 (i32.const 0) 0) (func)", kElemSection) ==
        section("(table 1 funcref) (elem (i32.const 0) 0) (func)", kElemSection));
}

TEST_CASE("data segments", "[text]") {
  CHECK(section("(data \"a\" \"b\")", kDataSection) ==
        "01010261"
        "62");
  CHECK(section("(memory 1) (memory $n 1) (data (memory $n) (i32.const 3) \"\\ff\")",
                kDataSection) == "01020141030b01ff");
  CHECK(section("(memory 1) (data 0 (i32.const 0))", kDataSection) == "010041000b00");
  // The data count is there exactly when code needs it.
  CHECK(section("(memory 1) (data \"a\")", kDataCountSection).empty());
  CHECK(section("(memory 1) (data \"a\") (func (data.drop 0))", kDataCountSection) == "01");
}

TEST_CASE("identifiers in quotes name the same things", "[text]") {
  CHECK(section("(func $a) (func $\"b c\") (start $\"b c\") (export \"\" (func $\"\\61\"))",
                kExportSection) == "01000000");
}
