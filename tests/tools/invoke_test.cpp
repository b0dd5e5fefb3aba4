// Values of --invoke as text.
#include "tools/wasmrt_run/invoke.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace wasmrt;
using namespace wasmrt::tools;

namespace {

Result<std::vector<Value>> parse(std::vector<ValType> types, std::vector<std::string> words) {
  return parse_arguments(FuncType{std::move(types), {}}, words);
}

}  // namespace

TEST_CASE("integers are signed, unsigned or hexadecimal", "[tools]") {
  const auto values = parse({kI32, kI32, kI32, kI64, kI64},
                            {"-1", "4294967295", "0x80000000", "-9223372036854775808", "0xff"});
  REQUIRE(values.ok());
  CHECK((*values)[0].i32() == -1);
  CHECK((*values)[1].i32() == -1);
  CHECK((*values)[2].i32() == INT32_MIN);
  CHECK((*values)[3].i64() == INT64_MIN);
  CHECK((*values)[4].i64() == 255);
  for (const char* bad : {"4294967296", "-2147483649", "", "1x", "0x", "1.0", "--1"}) {
    INFO(bad);
    CHECK_FALSE(parse({kI32}, {bad}).ok());
  }
}

TEST_CASE("floats and vectors", "[tools]") {
  const auto values =
      parse({kF32, kF64, kF64, kV128, kV128},
            {"0.1", "-inf", "nan", "i32x4:1,-1,0x10,4", "0x000102030405060708090a0b0c0d0e0f"});
  REQUIRE(values.ok());
  CHECK((*values)[0].f32() == 0.1f);
  CHECK(std::isinf((*values)[1].f64()));
  CHECK(std::isnan((*values)[2].f64()));
  CHECK((*values)[3].v128() == V128::from_u64(0xffffffff00000001, 0x0000000400000010));
  CHECK((*values)[4].v128() == V128::from_u64(0x08090a0b0c0d0e0f, 0x0001020304050607));
  CHECK(print_result((*values)[4]) == "0x000102030405060708090a0b0c0d0e0f");
  CHECK_FALSE(parse({kV128}, {"i32x4:1,2,3"}).ok());
  CHECK_FALSE(parse({kV128}, {"i32x4:1,2,3,4,5"}).ok());
  CHECK_FALSE(parse({kF64}, {"1.0x"}).ok());
}

TEST_CASE("a mistake names the word and the type", "[tools]") {
  const auto count = parse({kI32, kI32}, {"1"});
  REQUIRE_FALSE(count.ok());
  CHECK(count.error().message ==
        "the function has type (i32, i32) -> (): expected 2 arguments, found 1");
  const auto word = parse({kI32, kI64}, {"1", "two"});
  REQUIRE_FALSE(word.ok());
  CHECK(word.error().message == "argument 2: expected i64, found 'two'");
}

TEST_CASE("references can only be null", "[tools]") {
  const auto values = parse({kFuncref}, {"null"});
  REQUIRE(values.ok());
  CHECK((*values)[0].is_null());
  CHECK(print_result((*values)[0]) == "null");
  CHECK_FALSE(parse({kExternref}, {"0"}).ok());
}
