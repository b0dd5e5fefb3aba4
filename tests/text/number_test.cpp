// Numbers: exact rounding of floats, ranges of integers, forms that are no numbers.
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "libwasmrt/text/number.h"

using namespace wasmrt::text;

TEST_CASE("forms of numbers", "[text]") {
  CHECK(is_nat("0"));
  CHECK(is_nat("1_000"));
  CHECK(is_nat("0xdead_BEEF"));
  CHECK_FALSE(is_nat(""));
  CHECK_FALSE(is_nat("_1"));
  CHECK_FALSE(is_nat("1_"));
  CHECK_FALSE(is_nat("1__0"));
  CHECK_FALSE(is_nat("0x"));
  CHECK_FALSE(is_nat("0b1"));
  CHECK(is_int("+1"));
  CHECK(is_int("-0x1"));
  CHECK_FALSE(is_int("1"));
  CHECK_FALSE(is_int("--1"));
  for (const char* good : {"1.", "1.5e10", "1e-3", "0x1p4", "0x1.fp+2", "inf", "-nan", "nan:0x1"}) {
    CHECK(is_float(good));
  }
  for (const char* bad : {"", ".5", "1e", "1.e+", "0x1p", "0x1e+1z", "infinity", "nan:1", "nan:0x",
                          "1.5p3", "0x.8p1"}) {
    CHECK_FALSE(is_float(bad));
  }
}

TEST_CASE("ranges of integers", "[text]") {
  CHECK(parse_int("0xffffffff", 32) == 0xffffffffu);
  CHECK(parse_int("-0x80000000", 32) == 0x80000000u);
  CHECK(parse_int("-1", 8) == 0xffu);
  CHECK_FALSE(parse_int("-129", 8));
  CHECK_FALSE(parse_int("256", 8));
  CHECK_FALSE(parse_int("0x100000000", 32));
  CHECK_FALSE(parse_int("-2147483649", 32));
  CHECK(parse_int("18446744073709551615", 64) == ~std::uint64_t{0});
  CHECK_FALSE(parse_int("18446744073709551616", 64));
  CHECK(parse_int("-9223372036854775808", 64) == std::uint64_t{1} << 63);
  CHECK_FALSE(parse_int("-9223372036854775809", 64));
  CHECK(parse_nat("1_0") == 10u);
  CHECK_FALSE(parse_nat("0x1_0000_0000_0000_0000"));
}

TEST_CASE("floats are rounded once, to nearest even", "[text]") {
  CHECK(parse_f32("1") == 0x3f800000u);
  CHECK(parse_f32("-0") == 0x80000000u);
  CHECK(parse_f32("0.1") == 0x3dcccccdu);
  CHECK(parse_f64("0.1") == 0x3fb999999999999aull);
  // Halfway between two floats, and a little above: rounding to double first would lose the rest.
  CHECK(parse_f32("0x1.000001p0") == 0x3f800000u);
  CHECK(parse_f32("0x1.00000100000000001p0") == 0x3f800001u);
  CHECK(parse_f32("0x1.000003p0") == 0x3f800002u);
  CHECK(parse_f32("1.00000005960464477539062500000000000001") == 0x3f800001u);
  CHECK(parse_f64("0x1.00000000000008p0") == 0x3ff0000000000000ull);
  CHECK(parse_f64("0x1.000000000000080000000000000001p0") == 0x3ff0000000000001ull);
  CHECK(parse_f64("0x1.00000000000018p0") == 0x3ff0000000000002ull);
}

TEST_CASE("the smallest and the largest floats", "[text]") {
  CHECK(parse_f32("0x1p-149") == 1u);
  CHECK(parse_f32("0x1p-150") == 0u);
  CHECK(parse_f32("0x1.000001p-150") == 1u);
  CHECK(parse_f32("0x1.fffffcp-127") == 0x7fffffu);
  CHECK(parse_f32("0x1.fffffep-127") == 0x800000u);
  CHECK(parse_f64("0x1p-1074") == 1u);
  CHECK(parse_f64("0x0.8p-1074") == 0u);
  CHECK(parse_f64("4.9e-324") == 1u);
  CHECK(parse_f64("1e-400") == 0u);
  CHECK(parse_f64("-1e-400") == std::uint64_t{1} << 63);
  CHECK(parse_f64("0." + std::string(400, '0') + "1") == 0u);
  CHECK(parse_f32("0x1.fffffep127") == 0x7f7fffffu);
  CHECK_FALSE(parse_f32("0x1.ffffffp127"));
  CHECK(parse_f32("0x1.fffffefffffffp127") == 0x7f7fffffu);
  CHECK_FALSE(parse_f32("340282356779733661637539395458142568448"));
  CHECK(parse_f32("340282356779733661637539395458142568447") == 0x7f7fffffu);
  CHECK_FALSE(parse_f64("1e309"));
  CHECK_FALSE(parse_f64("1" + std::string(400, '0')));
  CHECK_FALSE(parse_f64("0x1p1024"));
  CHECK_FALSE(parse_f64("0x1p99999999999999999999"));
  CHECK(parse_f64("0x1p-99999999999999999999") == 0u);
  CHECK(parse_f64("0x" + std::string(100, '0') + "1p0") == std::bit_cast<std::uint64_t>(1.0));
}

TEST_CASE("infinities and NaN payloads", "[text]") {
  CHECK(parse_f32("inf") == 0x7f800000u);
  CHECK(parse_f64("-inf") == 0xfff0000000000000ull);
  CHECK(parse_f32("nan") == 0x7fc00000u);
  CHECK(parse_f32("-nan:0x1") == 0xff800001u);
  CHECK(parse_f64("nan:0xfffffffffffff") == 0x7fffffffffffffffull);
  CHECK_FALSE(parse_f64("nan:0x10000000000000"));
  CHECK_FALSE(parse_f32("nan:0x0"));
  CHECK_FALSE(parse_f32("nan:0x800000"));
}
