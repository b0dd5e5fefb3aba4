// Validation of bodies: typing rules, features, limits, order of errors.
#include "libwasmrt/frontend/validate_body.h"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <thread>

#include "tests/frontend/support.h"

namespace wasmrt {
namespace {

using test::Checked;
using test::features;
using test::refusal;
using test::wasm;
using test::wat;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A module with everything a body may want to name, around one function.
std::string around(const std::string& function) {
  return R"((module
    (type $v (func)) (type $s (struct (field i32) (field (mut i64)) (field i8)))
    (type $a (array (mut i16))) (type $c (array i32))
    (memory 1) (memory i64 1) (table 1 funcref) (table i64 1 externref)
    (global $g i32 (i32.const 0)) (tag $t (param i32)) (data "x") (elem func $h)
    (func $h) )" +
         function + ")";
}

TEST_CASE("bodies that are wrong", "[validate]") {
  struct Case {
    const char* function;
    const char* text;
  };
  const Case cases[] = {
      {"(func (result i32))", "type mismatch"},
      {"(func (i32.add (i32.const 1) (i64.const 1)) drop)",
       "type mismatch: instruction requires [i32 i32] but stack has [i32 i64]"},
      {"(func i32.eqz drop)", "type mismatch: instruction requires [i32] but stack has []"},
      {"(func (i32.const 1))", "type mismatch"},
      {"(func (local.get 0) drop)", "unknown local 0"},
      {"(func (local.set 0 (i32.const 1)))", "unknown local 0"},
      {"(func (call 9))", "unknown function 9"},
      {"(func (global.set $g (i32.const 1)))", "immutable global"},
      {"(func (drop (global.get 7)))", "unknown global 7"},
      {"(func (br 1))", "unknown label 1"},
      {"(func (block (result i32) (br 0)) drop)", "type mismatch"},
      {"(func (if (result i32) (i32.const 1) (then (i32.const 2))) drop)", "type mismatch"},
      {"(func (drop (i32.load align=8 (i32.const 0))))",
       "alignment must not be larger than natural"},
      {"(func (drop (i32.load 5 (i32.const 0))))", "unknown memory 5"},
      {"(func (drop (i32.load offset=0x100000000 (i32.const 0))))", "offset out of range"},
      {"(func (drop (i32.load 1 (i32.const 0))))", "type mismatch"},
      {"(func (drop (select (ref.null func) (ref.null func) (i32.const 1))))", "type mismatch"},
      {"(func (drop (i8x16.extract_lane_s 16 (v128.const i64x2 0 0))))", "invalid lane index"},
      {"(func (drop (i64x2.replace_lane 2 (v128.const i64x2 0 0) (i64.const 0))))",
       "invalid lane index"},
      {"(func (memory.init 3 (i32.const 0) (i32.const 0) (i32.const 0)))",
       "unknown data segment 3"},
      {"(func (table.init 0 4 (i32.const 0) (i32.const 0) (i32.const 0)))",
       "unknown elem segment 4"},
      {"(func (table.copy 0 1 (i32.const 0) (i64.const 0) (i32.const 0)))", "type mismatch"},
      {"(func (call_indirect 1 (type $v) (i64.const 0)))", "type mismatch"},
      {"(func (drop (ref.func 1)))", "undeclared function reference"},
      {"(func (local (ref $v)) (drop (local.get 0)))", "uninitialized local 0"},
      {"(func (local (ref $v)) (block (local.set 0 (ref.func $h))) (drop (local.get 0)))",
       "uninitialized local 0"},
      {"(func (result i64) (return_call $k)) (func $k (result i32) (i32.const 1))",
       "type mismatch"},
      {"(func (drop (struct.get $s 2 (ref.null $s))))", "field is packed"},
      {"(func (drop (struct.get_s $s 0 (ref.null $s))))", "field is unpacked"},
      {"(func (struct.set $s 0 (ref.null $s) (i32.const 1)))", "immutable field"},
      {"(func (drop (struct.get $s 3 (ref.null $s))))", "unknown field 3"},
      {"(func (array.set $c (ref.null $c) (i32.const 0) (i32.const 0)))", "immutable array"},
      {"(func (array.copy $a $c (ref.null $a) (i32.const 0) (ref.null $c) (i32.const 0) (i32.const "
       "0)))",
       "array types do not match"},
      {"(func (throw 2))", "unknown tag 2"},
      {"(func (throw $t (i64.const 0)))",
       "type mismatch: instruction requires [i32] but stack has [i64]"},
      {"(func (block (try_table (catch $t 0))))", "type mismatch"},
      {"(func (br_on_null 0 (i32.const 1)) drop)", "type mismatch"},
      {"(func (param eqref) (drop (br_on_cast 0 eqref anyref (local.get 0))))", "type mismatch"},
  };
  for (const Case& c : cases) {
    const test::Bytes bytes = wat(around(c.function));
    INFO(c.function);
    REQUIRE_FALSE(bytes.empty());
    const std::string message = refusal(bytes);
    INFO(message);
    CHECK(contains(message, c.text));
  }
}

TEST_CASE("bodies that are right though they look odd", "[validate]") {
  for (const char* function : {
           "(func (unreachable) (i32.add) (drop))",
           "(func (result i32) (unreachable))",
           "(func (result i32) (br 0 (i32.const 1)) (i64.const 2) (drop))",
           "(func (unreachable) (select) (drop))",
           "(func (result i32) (block (result i32) (br_table 0 1 (i32.const 1) (i32.const 0))))",
           "(func (result i64) (block (br_table 0 0 (unreachable))) (i64.const 1))",
           "(func (param i32) (result i32) (local.get 0) (loop (param i32) (result i32) "
           "(i32.eqz)))",
           "(func (local (ref $v)) (local.set 0 (ref.func $h)) (block (drop (local.get 0))))",
           "(func (memory.copy 0 1 (i32.const 0) (i64.const 0) (i32.const 0)))",
           "(func (drop (i64.load 1 offset=0x100000000 (i64.const 0))))",
           "(func (param i32) (if (local.get 0) (then (return)) (else (unreachable))))",
           "(func (drop (ref.as_non_null (ref.null $s))))",
           "(func (result (ref null any)) (ref.null none))",
           "(func (block $l (result i32) (try_table (catch $t $l) (throw $t (i32.const 3))) "
           "(i32.const 1)) drop)",
       }) {
    const test::Bytes bytes = wat(around(function));
    INFO(function);
    REQUIRE_FALSE(bytes.empty());
    CHECK(refusal(bytes) == "");
  }
}

TEST_CASE("disabled features are refused by name, with offset and function", "[validate]") {
  struct Case {
    const char* wat;
    const char* set;
    const char* feature;
  };
  const Case cases[] = {
      {"(module (func (drop (i32.extend8_s (i32.const 1)))))", "wasm1", "sign-extension"},
      {"(module (func (drop (i32.trunc_sat_f32_s (f32.const 1)))))", "wasm1",
       "saturating-float-to-int"},
      {"(module (func (result i32 i32) (i32.const 1) (i32.const 1)))", "wasm1", "multi-value"},
      {"(module (func (param externref)))", "wasm1", "reference-types"},
      {"(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))",
       "wasm1", "bulk-memory"},
      {"(module (func (param v128)))", "wasm1", "simd"},
      {"(module (import \"m\" \"g\" (global (mut i32))))", "wasm1,-mutable-global",
       "mutable-global"},
      {"(module (func (return_call 0)))", "wasm2", "tail-call"},
      {"(module (memory 1) (memory 1))", "wasm2", "multi-memory"},
      {"(module (memory i64 1))", "wasm2", "memory64"},
      {"(module (type (struct)))", "wasm2", "gc"},
      {"(module (tag))", "wasm2", "exceptions"},
      {"(module (func (param (ref func))))", "wasm2", "function-references"},
      {"(module (global i32 (i32.add (i32.const 1) (i32.const 1))))", "wasm2", "extended-const"},
      {"(module (memory 1 1 shared))", "wasm3", "threads"},
      {"(module (memory 1 (pagesize 1)))", "wasm3", "custom-page-sizes"},
      {"(module (func (i64.mul_wide_u (i64.const 1) (i64.const 1)) (drop) (drop)))", "wasm3",
       "wide-arithmetic"},
      {"(module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))",
       "wasm3,-relaxed-simd", "relaxed-simd"},
      {"(module (func (drop (i64.const 1)) (return_call 0)))", "wasm3,-tail-call", "tail-call"},
  };
  for (const Case& c : cases) {
    INFO(c.wat);
    const test::Bytes bytes = wat(c.wat);
    REQUIRE_FALSE(bytes.empty());
    const Checked refused(bytes, features(c.set));
    INFO(refused.error.message);
    CHECK(refused.error.code == ErrorCode::FeatureDisabled);
    CHECK(contains(refused.error.message, std::string("feature not enabled: ") + c.feature + ":"));
    CHECK(contains(refused.error.message, "at offset 0x"));
    const bool in_body = contains(c.wat, "(func (drop") || contains(c.wat, "(return_call");
    if (in_body) CHECK(contains(refused.error.message, "in function 0"));
    CHECK(refusal(bytes) == "");
  }
}

TEST_CASE("parallel validation finds the same first error as serial", "[validate]") {
  // 600 functions of 2 KB each: several chunks. Some in the middle are wrong.
  std::string text = "(module";
  for (int i = 0; i < 600; ++i) {
    text += "(func";
    for (int k = 0; k < 400; ++k) text += "(drop (i32.const 70000))";
    if (i == 311) text += "(i32.const 1)";
    if (i == 420 || i == 599) text += "i64.add";
    text += ")";
  }
  const test::Bytes bytes = wat(text + ")");
  REQUIRE_FALSE(bytes.empty());
  const Checked serial(bytes);
  CHECK(serial.error.function == 311);
  for (int round = 0; round < 8; ++round) {
    // Tasks from the last to the first, on two threads.
    const ParallelFor parallel = [&](std::size_t tasks,
                                     const std::function<void(std::size_t)>& run) {
      CHECK(tasks > 3);
      std::thread other([&] {
        for (std::size_t i = tasks; i-- > tasks / 2;) run(i);
      });
      for (std::size_t i = tasks / 2; i-- > 0;) run(i);
      other.join();
    };
    const Checked both(bytes, Features::all(), &parallel);
    CHECK(both.error.message == serial.error.message);
  }
}

TEST_CASE("hostile bodies cost little", "[validate]") {
  const auto start = std::chrono::steady_clock::now();
  // 50,000 blocks inside each other are allowed, more are not.
  for (const int depth : {49'000, 60'000}) {
    test::Bytes body = test::hex("00");
    for (int i = 0; i < depth; ++i) body.insert(body.end(), {0x02, 0x40});
    for (int i = 0; i <= depth; ++i) body.push_back(0x0B);
    test::Bytes bytes = wasm({{1, "01 60 00 00"}, {3, "01 00"}});
    const auto leb = [](std::size_t n) {
      test::Bytes out;
      for (; n > 0x7F; n >>= 7) out.push_back(static_cast<std::uint8_t>(n | 0x80));
      out.push_back(static_cast<std::uint8_t>(n));
      return out;
    };
    const test::Bytes size = leb(body.size());
    const test::Bytes section = leb(1 + size.size() + body.size());
    bytes.push_back(10);
    bytes.insert(bytes.end(), section.begin(), section.end());
    bytes.push_back(1);
    bytes.insert(bytes.end(), size.begin(), size.end());
    bytes.insert(bytes.end(), body.begin(), body.end());
    CHECK(contains(refusal(bytes), "nested too deeply") == (depth > 50'000));
  }
  // Twenty thousand functions, each with fifty thousand locals in five bytes.
  test::Bytes many = wasm({{1, "01 60 00 00"}});
  const int count = 20'000;
  test::Bytes functions = {0xA0, 0x9C, 0x01};
  test::Bytes code = functions;
  for (int i = 0; i < count; ++i) {
    functions.push_back(0);
    const test::Bytes one = test::hex("06 01 d0 86 03 7f 0b");
    code.insert(code.end(), one.begin(), one.end());
  }
  const auto add = [&](std::uint8_t id, const test::Bytes& contents) {
    many.push_back(id);
    std::size_t n = contents.size();
    for (; n > 0x7F; n >>= 7) many.push_back(static_cast<std::uint8_t>(n | 0x80));
    many.push_back(static_cast<std::uint8_t>(n));
    many.insert(many.end(), contents.begin(), contents.end());
  };
  add(3, functions);
  add(10, code);
  CHECK(refusal(many) == "");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

}  // namespace
}  // namespace wasmrt
