// LEB128, names, ends of ranges.
#include "libwasmrt/frontend/reader.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/frontend/support.h"

namespace wasmrt {
namespace {

using test::Bytes;
using test::hex;

Reader over(const Bytes& bytes) { return {bytes, 0, bytes.size()}; }

TEST_CASE("the reader takes unsigned LEB128", "[reader]") {
  struct Case {
    const char* bytes;
    std::uint32_t value;
  };
  for (const Case& c :
       {Case{"00", 0}, Case{"7f", 127}, Case{"80 01", 128}, Case{"e5 8e 26", 624485},
        Case{"ff ff ff ff 0f", UINT32_MAX}, Case{"80 80 80 80 00", 0}}) {
    const Bytes bytes = hex(c.bytes);
    Reader r = over(bytes);
    std::uint32_t v = 1;
    CHECK(r.u32(v));
    CHECK(v == c.value);
    CHECK(r.at_end());
  }
}

TEST_CASE("the reader takes signed LEB128", "[reader]") {
  const Bytes bytes = hex("7f  80 7f  80 80 80 80 78  c0 bb 78");
  Reader r = over(bytes);
  std::int32_t v = 0;
  CHECK((r.s32(v) && v == -1));
  CHECK((r.s32(v) && v == -128));
  CHECK((r.s32(v) && v == INT32_MIN));
  CHECK((r.s32(v) && v == -123456));
  const Bytes wide = hex("80 80 80 80 80 80 80 80 80 7f  80 80 80 80 70");
  Reader w = over(wide);
  std::int64_t x = 0;
  CHECK((w.s64(x) && x == INT64_MIN));
  CHECK((w.s33(x) && x == -4294967296));
}

TEST_CASE("LEB128 that is too long, too large or cut off", "[reader]") {
  struct Case {
    const char* bytes;
    Err err;
  };
  for (const Case& c :
       {Case{"80 80 80 80 80 00", Err::IntegerRepresentationTooLong},
        Case{"ff ff ff ff 1f", Err::IntegerTooLarge}, Case{"80 80 80 80 10", Err::IntegerTooLarge},
        Case{"80", Err::UnexpectedEndOfSection}, Case{"", Err::UnexpectedEndOfSection}}) {
    const Bytes bytes = hex(c.bytes);
    Reader r = over(bytes);
    std::uint32_t v = 0;
    CHECK_FALSE(r.u32(v));
    CHECK(r.failure().err == c.err);
  }
  const Bytes negative = hex("ff ff ff ff 4f");  // sign bits that disagree
  Reader r = over(negative);
  std::int32_t v = 0;
  CHECK_FALSE(r.s32(v));
  CHECK(r.failure().err == Err::IntegerTooLarge);
}

TEST_CASE("an integer that leaves its range is never taken", "[reader]") {
  const Bytes bytes = hex("80 01");
  Reader r(bytes, 0, 1);
  std::uint32_t v = 7;
  CHECK_FALSE(r.u32(v));
  CHECK(v == 7);
  CHECK(r.failure().err == Err::UnexpectedEndOfSection);
}

TEST_CASE("UTF-8", "[reader]") {
  const auto valid = [](const char* text) { return is_utf8(hex(text)); };
  CHECK(valid("61 c3 a9 e2 82 ac f0 9f 98 80"));  // a, e acute, euro sign, an emoji
  CHECK(valid("ef bf bf"));
  CHECK_FALSE(valid("80"));
  CHECK_FALSE(valid("c0 80"));        // overlong
  CHECK_FALSE(valid("e0 9f bf"));     // overlong
  CHECK_FALSE(valid("ed a0 80"));     // surrogate
  CHECK_FALSE(valid("f4 90 80 80"));  // beyond U+10FFFF
  CHECK_FALSE(valid("f0 9f 98"));     // cut off
  CHECK_FALSE(valid("ff"));
}

}  // namespace
}  // namespace wasmrt
