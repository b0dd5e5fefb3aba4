// What the decoder reads out of well-formed modules.
#include "libwasmrt/frontend/decode.h"

#include <catch2/catch_test_macros.hpp>

#include "libwasmrt/frontend/const_expr.h"
#include "tests/frontend/support.h"

namespace wasmrt {
namespace {

using test::Checked;
using test::wasm;
using test::wat;

TEST_CASE("imports come first in their index spaces", "[decode]") {
  const Checked c(wat(R"((module
    (import "m" "f" (func (param i32)))
    (import "m" "g" (global (mut i64)))
    (import "m" "t" (table 1 2 funcref))
    (import "m" "mem" (memory 1))
    (func (export "run") (result i32) (i32.const 7))
    (global (export "k") i32 (i32.const -1))))"));
  REQUIRE(c.ok);
  const DecodedModule& m = *c.module;
  CHECK(m.imports.size() == 4);
  CHECK(m.imports[1].name == "g");
  CHECK(m.imports[1].kind == ExternKind::Global);
  CHECK(m.imported_funcs == 1);
  CHECK(m.funcs.size() == 2);
  CHECK(m.func_type(FuncIdx{0}).params.size() == 1);
  CHECK(m.func_type(FuncIdx{1}).results.size() == 1);
  CHECK(m.tables[0].type.limits.max == 2u);
  CHECK(m.globals[1].init->form == ConstExpr::Form::I32);
  CHECK(m.exports[1].index == 1);
}

TEST_CASE("segments", "[decode]") {
  const Checked c(wat(R"((module
    (memory 1) (table 4 funcref)
    (func $f) (func $g)
    (elem (i32.const 1) $f $g)
    (elem funcref (ref.null func) (ref.func $g))
    (elem declare func $f)
    (data (i32.const 8) "abc")
    (data "xyz")))"));
  REQUIRE(c.ok);
  const DecodedModule& m = *c.module;
  CHECK(m.elems[0].mode == SegmentMode::Active);
  CHECK(m.elems[0].funcs.size() == 2);
  CHECK(m.elems[0].offset.value == 1);
  CHECK(m.elems[1].mode == SegmentMode::Passive);
  CHECK(m.elems[1].exprs.size() == 2);
  CHECK(m.elems[1].exprs[1].form == ConstExpr::Form::RefFunc);
  CHECK(m.elems[2].mode == SegmentMode::Declarative);
  CHECK(m.datas[0].size == 3);
  CHECK(m.datas[0].kind == DataSegment::Kind::Placed);
  CHECK(m.datas[0].offset == 8);
  CHECK(!m.datas[1].is_active());
  CHECK(m.declared_funcs[0]);
}

TEST_CASE("the same type in two modules of an engine has one id", "[decode]") {
  TypeInterner interner;
  DecodeOptions options;
  options.interner = &interner;
  const auto one = decode_module(wat("(module (type (func)) (type (func (param i32))))"), options);
  const auto two = decode_module(
      wat("(module (type (func (param i32))) (rec (type $a (struct (field (ref null $a))))))"),
      options);
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  CHECK((*one)->type_ids[1] == (*two)->type_ids[0]);
  CHECK((*one)->type_ids[0] != (*two)->type_ids[1]);
}

TEST_CASE("modules give their types back", "[decode]") {
  TypeInterner interner;
  DecodeOptions options;
  options.interner = &interner;
  {
    const auto m = decode_module(
        wat("(module (type (func)) (rec (type $a (struct (field (ref null $a))))))"), options);
    REQUIRE(m.ok());
    CHECK(interner.live_groups() == 2);
  }
  CHECK(interner.live_groups() == 0);
}

TEST_CASE("names and custom sections", "[decode]") {
  // (module $mod (func $alpha) (@custom "hello" "\01\02"))
  const test::Bytes bytes =
      wasm({{1, "01 60 00 00"},
            {3, "01 00"},
            {10, "01 02 00 0b"},
            {0, "05 68 65 6c 6c 6f  01 02"},
            {0, "04 6e 61 6d 65  00 04 03 6d 6f 64  01 08 01 00 05 61 6c 70 68 61"}});
  const Checked c(bytes);
  REQUIRE(c.ok);
  CHECK(c.module->names.module == "mod");
  CHECK(c.module->names.funcs.find(0)->second == "alpha");
  CHECK(c.module->names.funcs.find(1) == c.module->names.funcs.end());
  REQUIRE(c.module->customs.size() == 2);
  CHECK(c.module->customs[0].name == "hello");
  CHECK(c.module->customs[0].bytes.size() == 2);

  TypeInterner interner;
  DecodeOptions options;
  options.interner = &interner;
  const auto dropped = decode_module(bytes, options);
  REQUIRE(dropped.ok());
  CHECK((*dropped)->customs.empty());
}

TEST_CASE("a malformed name section is no error", "[decode]") {
  // The name of function 0 is longer than its section.
  CHECK(Checked(wasm({{0, "04 6e 61 6d 65  01 04 01 00 05 61"}})).ok);
}

TEST_CASE("branch hints", "[decode]") {
  // Function 0: one hint at body offset 5, likely. (if of the body below)
  const Checked c(wasm({{1, "01 60 00 00"},
                        {3, "01 00"},
                        {0,
                         "19 6d 65 74 61 64 61 74 61 2e 63 6f 64 65 2e 62 72 61 6e 63 68 5f 68 69 "
                         "6e 74  01 00 01 03 01 01"},
                        {10, "01 08 00 41 00 04 40 0b 0b 0b"}}));
  CHECK_FALSE(c.ok);  // one `end` too many
  CHECK(c.error.message.find("END opcode expected") != std::string::npos);
  const Checked good(wasm({{1, "01 60 00 00"},
                           {3, "01 00"},
                           {0,
                            "19 6d 65 74 61 64 61 74 61 2e 63 6f 64 65 2e 62 72 61 6e 63 68 5f 68 "
                            "69 6e 74  01 00 01 03 01 01"},
                           {10, "01 07 00 41 00 04 40 0b 0b"}}));
  REQUIRE(good.ok);
  REQUIRE(good.module->branch_hints.count(0) == 1);
  CHECK(good.module->branch_hints.at(0)[0].offset == 3);
  CHECK(good.module->branch_hints.at(0)[0].likely);
}

TEST_CASE("constant expressions are evaluated", "[decode]") {
  const Checked c(wat(R"((module
    (import "m" "g" (global i32))
    (func $f)
    (global i32 (i32.add (i32.mul (global.get 0) (i32.const 3)) (i32.const 1)))
    (global i64 (i64.sub (i64.const 0) (i64.const 9)))
    (global f64 (f64.const 2.5))
    (global funcref (ref.func $f))
    (global externref (ref.null extern))
    (global i32 (global.get 1))
    (global v128 (v128.const i64x2 1 2))))"));
  REQUIRE(c.ok);
  const ConstEnv env{[](GlobalIdx g) { return Value(std::int32_t{g == GlobalIdx{0} ? 5 : 16}); },
                     [](FuncIdx f) { return RawRef{0x1000 + raw(f)}; }};
  const auto value = [&](std::size_t i) {
    return eval_const(*c.module, *c.module->globals[i].init, env);
  };
  CHECK(value(1).i32() == 16);
  CHECK(value(2).i64() == -9);
  CHECK(value(3).f64() == 2.5);
  CHECK(value(4).ref().bits == 0x1000);
  CHECK(value(5).is_null());
  CHECK(value(6).i32() == 16);
  CHECK(value(7).v128() == V128::from_u64(1, 2));
}

TEST_CASE("modules that only declare GC and exception things can run", "[decode]") {
  CHECK(Checked(wat("(module (type (struct (field i32))) (tag (param i32)) (memory 1 1 shared))"))
            .module->not_executable.empty());
  const Checked body(
      wat("(module (type $a (array i32)) (func (drop (array.new_default $a (i32.const 1)))))"));
  REQUIRE(body.ok);
  CHECK(body.module->not_executable == "array.new_default (in function 0)");
  const Checked init(wat("(module (global (ref i31) (ref.i31 (i32.const 1))))"));
  REQUIRE(init.ok);
  CHECK(init.module->not_executable == "ref.i31 (in a constant expression)");
}

}  // namespace
}  // namespace wasmrt
