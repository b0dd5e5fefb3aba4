// Errors: the specification's wording, the offending token, its line and column; nothing crashes.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/text/support.h"

using namespace wasmrt;
using namespace wasmrt::text;

TEST_CASE("an error tells wording, token and place", "[text]") {
  const auto r = wat_to_wasm("(module\n  (func (result i32)\n    i32.cnst 1))");
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == ErrorCode::Text);
  CHECK(r.error().message == "text error: unknown operator i32.cnst at line 3, column 5");
  CHECK(r.error().line == 3);
  CHECK(r.error().column == 5);
}

TEST_CASE("wordings of malformed modules", "[text]") {
  const struct {
    const char* wat;
    const char* wording;
  } cases[] = {
      {"(func", "unexpected token end of input"},
      {"(module) x", "unknown operator x"},
      {"(module))", "unexpected token )"},
      {"(func func)", "unexpected token func"},
      {"(func (i32.const 1 i32.add))", "unexpected token i32.add"},
      {"(func end)", "unexpected token end"},
      {"(func block)", "unexpected token )"},
      {"(func (if (i32.const 0)))", "unexpected token )"},
      {"(func (if (i32.const 0) (then) (then)))", "unexpected token"},
      {"(func (if (i32.const 0) (then) (else) (else)))", "unexpected token"},
      {"(func i32.const 4294967296)", "i32 constant out of range 4294967296"},
      {"(func f32.const 1e39)", "constant out of range 1e39"},
      {"(func br $l)", "unknown label $l"},
      {"(func block $a end $b)", "mismatching label $b"},
      {"(func block end $b)", "mismatching label $b"},
      {"(func local.get $x)", "unknown local $x"},
      {"(func call $x)", "unknown function $x"},
      {"(func (param $x i32) (local $x i32))", "duplicate local $x"},
      {"(func $f) (func $f)", "duplicate func $f"},
      {"(type (struct (field $a i32) (field $a i32)))", "duplicate field $a"},
      {"(memory 1) (func (drop (i32.load align=3 (i32.const 0))))",
       "alignment must be a power of two align=3"},
      {"(type (func)) (func (type 0) (param i32))", "inline function type"},
      {"(func (type 3) (param i32))", "unknown type"},
      {"(func (result i32) (param i32))", "unexpected token param"},
      {"(func) (import \"m\" \"f\" (func))", "import after function"},
      {"(memory 1) (table (import \"m\" \"f\") 1 funcref)", "import after memory"},
      {"(func) (start 0) (start 0)", "multiple start sections"},
      {"(func (v128.const i32x4 1 2 3))", "wrong number of lane literals"},
      {"(func (v128.const i8x16 1 2 x))", "unknown operator x"},
      {"(func (i8x16.shuffle 1 2))", "invalid lane length"},
      {"(func (i8x16.extract_lane_s 256))", "i8 constant out of range"},
      {"(memory 0 (pagesize 3))", "invalid custom page size"},
      {"(memory (pagesize 0) (data \"x\"))", "invalid custom page size"},
      {"(memory (pagesize x))", "unknown operator x"},
      {"(import \"\\ff\" \"\" (func))", "malformed UTF-8 encoding"},
      {"(func block (param $x i32) end)", "unexpected token $x"},
      {"(func br_table)", "unexpected token )"},
      {"(func call_indirect (param $x i32))", "unexpected token $x"},
      {"(elem 0)", "unexpected token"},
      {"(data (memory))", "unexpected token )"},
      {"(func (@metadata.code.branch_hint \"\\01\") nop)",
       "@metadata.code.branch_hint annotation: invalid target"},
      {"(func (@custom \"c\") nop)", "misplaced @custom annotation"},
      {"(module (func) (@name \"n\"))", "misplaced @name annotation"},
  };
  for (const auto& c : cases) {
    INFO(c.wat);
    const std::string message = error_of(c.wat);
    CHECK(message.find(c.wording) != std::string::npos);
    CHECK(message.substr(0, 12) == "text error: ");
  }
}

TEST_CASE("the first error by position wins over a missing parenthesis", "[text]") {
  CHECK(error_of("(module (func foo)").find("unknown operator foo") != std::string::npos);
}

TEST_CASE("long and binary tokens are cut in messages", "[text]") {
  const std::string message = error_of("(func " + std::string(10000, 'x') + ")");
  CHECK(message.size() < 200);
  CHECK(message.find("xxx...") != std::string::npos);
}

TEST_CASE("every error shows what it is about", "[text]") {
  const auto message = [](std::string_view text) {
    const auto r = wat_to_wasm(text);
    REQUIRE_FALSE(r.ok());
    return r.error().message;
  };
  CHECK(message("(module (func (i8x16.shuffle 1 2 3)))")
            .ends_with("invalid lane length 1 at line 1, column 30"));
  CHECK(message("(module \x01)").ends_with("illegal character 0x01 at line 1, column 9"));
  CHECK(message("(module (func \"a))").find("unclosed string \"a") != std::string::npos);
  CHECK(message("(module (; ").ends_with("unclosed comment (; at line 1, column 9"));
  CHECK(message("(module").ends_with("unexpected token end of input at line 1, column 8"));
}

TEST_CASE("every prefix and every changed byte of a module is answered", "[text]") {
  const std::string wat =
      "(module $m (rec (type $t (sub (struct (field $f (mut i8)))))) (import \"a\" \"b\" (func $i "
      "(param i32)))"
      "(table $tab 1 funcref (ref.null func)) (memory (data \"\\00x\")) (global $g (mut f64) "
      "(f64.const 0x1.8p1))"
      "(func $h (export \"e\") (local $l v128) (@metadata.code.branch_hint \"\\01\") (if $x "
      "(i32.const 1)"
      "(then (br_table $x 0 (i32.load offset=1 (i32.const 2)))) (else block $y end $y)))"
      "(elem (i32.const 0) $h) (data (i32.const 0) \"z\") (@custom \"c\" (after code) \"d\"))";
  REQUIRE(wat_to_wasm(wat).ok());
  for (std::size_t i = 0; i < wat.size(); ++i) {
    (void)wat_to_wasm(std::string_view(wat).substr(0, i));
    std::string changed = wat;
    for (char c : {'(', ')', '"', '$', '0', ' ', ';', '@', '\xff'}) {
      changed[i] = c;
      (void)wat_to_wasm(changed);
    }
    changed = wat;
    changed.erase(i, 1);
    (void)wat_to_wasm(changed);
  }
}
