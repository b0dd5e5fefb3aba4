// Comparing results with what a script expects.
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <wasmrt/engine.hpp>

#include "spectest/values.h"

using namespace wasmrt;
using namespace wasmrt::spectest;

namespace {

struct World {
  Engine engine = Engine::create().value();
  Store store{engine};
  HostRefs refs{store};

  // Whether `found` is what the text of an expected result says.
  bool is(const Value& found, const std::string& expected) {
    auto script = text::parse_wast("(assert_return (invoke \"f\") " + expected + ")");
    return matches(found, (*script)[0].expected[0], refs);
  }
};

Value f32_bits(std::uint32_t bits) { return Value(std::bit_cast<float>(bits)); }

}  // namespace

TEST_CASE("numbers match by bits and type", "[spectest]") {
  World w;
  CHECK(w.is(Value(std::int32_t{-1}), "(i32.const 0xffffffff)"));
  CHECK_FALSE(w.is(Value(std::int64_t{1}), "(i32.const 1)"));
  CHECK(w.is(Value(0.5), "(f64.const 0.5)"));
  CHECK_FALSE(w.is(Value(-0.0), "(f64.const 0)"));
  CHECK(w.is(Value(std::int32_t{2}), "(either (i32.const 1) (i32.const 2))"));
  CHECK_FALSE(w.is(Value(std::int32_t{3}), "(either (i32.const 1) (i32.const 2))"));
}

TEST_CASE("kinds of NaN", "[spectest]") {
  World w;
  CHECK(w.is(f32_bits(0x7fc00000), "(f32.const nan:canonical)"));
  CHECK(w.is(f32_bits(0xffc00000), "(f32.const nan:canonical)"));
  CHECK_FALSE(w.is(f32_bits(0x7fc00001), "(f32.const nan:canonical)"));
  CHECK(w.is(f32_bits(0x7fc00001), "(f32.const nan:arithmetic)"));
  CHECK_FALSE(w.is(f32_bits(0x7f800001), "(f32.const nan:arithmetic)"));
  CHECK_FALSE(w.is(f32_bits(0x3f800000), "(f32.const nan:arithmetic)"));
  const V128 lanes = V128::from_u64(0x3f800000'7fc00000, 0);
  CHECK(w.is(Value(lanes), "(v128.const f32x4 nan:canonical 1 0 0)"));
  CHECK_FALSE(w.is(Value(lanes), "(v128.const f32x4 1 nan:canonical 0 0)"));
}

TEST_CASE("references", "[spectest]") {
  World w;
  const Value one = w.refs.get(1).to_value();
  CHECK(w.is(one, "(ref.extern 1)"));
  CHECK(w.is(one, "(ref.extern)"));
  CHECK_FALSE(w.is(one, "(ref.extern 2)"));
  CHECK_FALSE(w.is(one, "(ref.func)"));
  CHECK_FALSE(w.is(one, "(ref.null)"));
  CHECK(w.is(Value::null(kFuncref), "(ref.null func)"));
  CHECK(w.is(Value::null(kFuncref), "(ref.null)"));
  CHECK_FALSE(w.is(Value::null(kFuncref), "(ref.null extern)"));
  CHECK_FALSE(w.is(Value::null(kFuncref), "(ref.func)"));
}
