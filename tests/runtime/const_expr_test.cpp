// Constant expressions as instantiation evaluates them.
#include <string>
#include <vector>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("constant expressions of every kind", "[runtime][const]") {
  const Instance instance = instantiate(R"((module
    (global $a (export "a") i32 (i32.const -7))
    (global (export "b") i64 (i64.const -9223372036854775808))
    (global (export "c") f32 (f32.const -0.5))
    (global (export "d") f64 (f64.const 1e300))
    (global (export "e") v128 (v128.const i32x4 1 2 3 4))
    (global (export "f") funcref (ref.func $f))
    (global (export "g") externref (ref.null extern))
    (global (export "h") i32 (i32.mul (i32.add (global.get $a) (i32.const 2147483647)) (i32.const 3)))
    (global (export "i") i64 (i64.sub (i64.const 1) (i64.mul (i64.const 5) (i64.const 1000000000000))))
    (global (export "j") i32 (global.get $a))
    (func $f (result i32) (i32.const 3))))");
  const auto get = [&](const char* name) { return instance.get_global(name)->get(); };
  CHECK(get("a").i32() == -7);
  CHECK(get("b").i64() == INT64_MIN);
  CHECK(get("c").f32() == -0.5f);
  CHECK(get("d").f64() == 1e300);
  CHECK(get("e").v128() == V128::from_u64(0x200000001, 0x400000003));
  CHECK(must(Func::from_value(instance.store(), get("f"))->call({}))[0].i32() == 3);
  CHECK(get("g").is_null());
  CHECK(get("h").i32() == static_cast<std::int32_t>((2147483640u) * 3u));
  CHECK(get("i").i64() == -4999999999999);
  CHECK(get("j").i32() == -7);
}

TEST_CASE("constants of every length", "[runtime][const]") {
  std::string text = "(module";
  std::vector<std::int64_t> values;
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const auto v =
          static_cast<std::int64_t>((std::uint64_t{1} << bit) + static_cast<std::uint64_t>(off));
      values.push_back(v);
      values.push_back(static_cast<std::int64_t>(~static_cast<std::uint64_t>(v)));
    }
  }
  for (std::size_t n = 0; n < values.size(); ++n) {
    const std::string name = std::to_string(n);
    const auto low = static_cast<std::int32_t>(values[n]);
    text += "(global (export \"w" + name + "\") i64 (i64.const " + std::to_string(values[n]) + "))";
    text += "(global (export \"n" + name + "\") i32 (i32.const " + std::to_string(low) + "))";
  }
  const Instance instance = instantiate(text + ")");
  for (std::size_t n = 0; n < values.size(); ++n) {
    INFO(values[n]);
    const std::string name = std::to_string(n);
    CHECK(instance.get_global("w" + name)->get().i64() == values[n]);
    CHECK(instance.get_global("n" + name)->get().i32() == static_cast<std::int32_t>(values[n]));
  }
}

TEST_CASE("offsets and elements may be computed", "[runtime][const]") {
  const Instance instance = instantiate(R"((module
    (global $base i32 (i32.const 40))
    (memory (export "m") 1)
    (table 10 funcref)
    (data (i32.add (global.get $base) (i32.const 2)) "x")
    (elem (offset (i32.sub (global.get $base) (i32.const 35))) funcref (ref.func $f) (ref.null func))
    (func $f (result i32) (i32.const 9))
    (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))))");
  CHECK(instance.get_memory("m")->data()[42] == 'x');
  CHECK(must(instance.get_func("call")->call({Value(5)}))[0].i32() == 9);
  CHECK(must_trap(instance.get_func("call")->call({Value(6)})).kind() ==
        TrapKind::UninitializedElement);
}
