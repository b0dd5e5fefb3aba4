// Malformed and invalid sections: each kind once, as hex with its text beside it.
#include <catch2/catch_test_macros.hpp>

#include "tests/frontend/support.h"

namespace wasmrt {
namespace {

using test::hex;
using test::refusal;
using test::Section;
using test::wasm;
using test::wat;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("headers", "[malformed]") {
  CHECK(contains(refusal({}), "invalid Wasm binary: unexpected end"));
  CHECK(contains(refusal(hex("00 61 73")), "unexpected end"));
  CHECK(contains(refusal(hex("00 61 73 6e 01 00 00 00")), "magic header not detected"));
  CHECK(contains(refusal(hex("00 61 73 6d 02 00 00 00")), "unknown binary version"));
  CHECK(contains(refusal(hex("00 61 73 6d 0d 00 01 00")), "component"));
  CHECK(refusal(hex("00 61 73 6d 01 00 00 00")).empty());
}

TEST_CASE("other programs' files are no text", "[malformed]") {
  CHECK(looks_like_wasm(hex("00 61 73 6d 01 00 00 00")));
  CHECK(looks_like_wasm(hex("7f 45 4c 46 02 01 01 00 00 00")));  // an ELF file
  CHECK_FALSE(looks_like_wasm(hex("28 6d 6f 64 75 6c 65 29")));  // (module)
  CHECK_FALSE(looks_like_wasm({}));
}

TEST_CASE("names have a limit", "[malformed]") {
  const auto exporting = [](std::size_t length) {
    return refusal(wat("(module (func) (export \"" + std::string(length, 'n') + "\" (func 0)))"));
  };
  CHECK(exporting(100'000).empty());
  CHECK(contains(exporting(100'001), "implementation limit exceeded: name too long"));
  const std::string long_name(100'001, 'n');
  CHECK(contains(refusal(wat("(module (import \"" + long_name + "\" \"f\" (func)))")),
                 "name too long"));
}

TEST_CASE("malformed sections", "[malformed]") {
  struct Case {
    Section section;
    const char* text;  // what is wrong, as the suite words it
  };
  const Case cases[] = {
      {{14, "00"}, "malformed section id"},
      {{0, "05 61"}, "length out of bounds"},  // (@custom "a...
      {{0, "01 ff"}, "malformed UTF-8 encoding"},
      {{1, "01 61 00 00"}, "malformed definition type"},
      {{1, "01 60 01 79 00"}, "malformed value type"},
      {{1, "01 60 00"}, "unexpected end of section or function"},  // (func (result ...
      {{1, "01 60 00 00 00"}, "section size mismatch"},
      {{1, "01 5f 01 7f 02"}, "malformed mutability"},  // (struct (field i32 with mut 2
      {{1, "01 5f 01 79 00"}, "malformed storage type"},
      {{1, "01 60 01 64 05 00"}, "unknown type 5"},     // (func (param (ref 5)))
      {{1, "01 50 01 00 60 00 00"}, "unknown type 0"},  // (sub 0 (func)) of itself
      {{1, "02 60 00 00 50 01 00 60 00 00"},
       "sub type 1 does not match super type 0"},  // of a final type
      {{1, "02 50 00 5f 01 7f 00 50 01 00 5f 01 7e 00"}, "sub type 1 does not match super type 0"},
      {{2, "01 01 61 01 62 05"}, "malformed import kind"},  // (import "a" "b" (?))
      {{2, "01 01 61 01 62 00 00"}, "unknown type 0"},
      {{2, "01 01 61 01 62 03 7f 02"}, "malformed mutability"},
      {{3, "01 00"}, "unknown type 0"},
      {{4, "01 7f 00 00"}, "malformed reference type"},  // (table 0 i32)
      {{4, "01 70 10 00"}, "malformed limits flags"},
      {{4, "01 70 01 02 01"}, "size minimum must not be greater than maximum"},
      {{4, "01 64 70 00 01"}, "type mismatch"},  // (table 1 (ref func)) without init
      {{5, "01 20 00"}, "malformed limits flags"},
      {{5, "01 00 81 80 04"}, "memory size must be at most 65536 pages (4GiB)"},
      {{5, "01 02 01"}, "shared memory must have maximum"},
      {{5, "01 08 01 0c"}, "invalid custom page size"},
      {{6, "01 7f 00 42 00 0b"}, "type mismatch"},              // (global i32 (i64.const 0))
      {{6, "01 7f 00 01 0b"}, "constant expression required"},  // nop
      {{6, "01 7f 00 23 00 0b"}, "unknown global 0"},
      {{6, "01 70 00 d2 00 0b"}, "unknown function 0"},
      {{6, "01 7f 00 41 00"}, "unexpected end of section or function"},
      {{13, "01 01 00"}, "malformed tag attribute"},
      {{13, "01 00 00"}, "unknown type 0"},
      {{7, "01 01 61 05 00"}, "malformed export kind"},
      {{7, "01 01 61 00 00"}, "unknown function 0"},
      {{8, "00"}, "unknown function 0"},
      {{9, "01 08"}, "malformed elements segment kind"},
      {{9, "01 00 41 00 0b 00"}, "unknown table 0"},
      {{9, "01 01 01 00"}, "malformed element kind"},
      {{9, "01 05 70 01 41 00 0b"}, "type mismatch"},
      {{10, "01 02 00 0b"}, "function and code section have inconsistent lengths"},
      {{11, "01 03 00"}, "malformed data segment kind"},
      {{11, "01 00 41 00 0b 00"}, "unknown memory 0"},
      {{11, "01 01 05 61"}, "unexpected end of section or function"},
      {{12, "01"}, "data count and data section have inconsistent lengths"},
      {{3, "ff ff ff ff 0f"}, "too many functions"},
      {{1, "ff ff ff ff 0f"}, "too many types"},
  };
  for (const Case& c : cases) {
    const std::string message = refusal(wasm({c.section}));
    INFO("section " << int{c.section.id} << ": " << c.section.contents << " gave: " << message);
    CHECK(contains(message, c.text));
    CHECK(contains(message, "at offset 0x"));
  }
}

TEST_CASE("order of sections", "[malformed]") {
  CHECK(contains(refusal(wasm({{3, "00"}, {1, "00"}})), "unexpected content after last section"));
  CHECK(contains(refusal(wasm({{1, "00"}, {1, "00"}})), "unexpected content after last section"));
  CHECK(refusal(
            wasm({{5, "00"}, {13, "00"}, {6, "00"}, {9, "00"}, {12, "00"}, {10, "00"}, {11, "00"}}))
            .empty());
}

TEST_CASE("a section longer than the module", "[malformed]") {
  CHECK(contains(refusal(hex("00 61 73 6d 01 00 00 00 01 7f 00")), "length out of bounds"));
}

TEST_CASE("start functions and exports", "[malformed]") {
  CHECK(contains(refusal(wat("(module (func $f (param i32)) (start $f))")), "start function"));
  CHECK(contains(refusal(wasm({{1, "01 60 00 00"},
                               {3, "01 00"},
                               {7, "02 01 61 00 00 01 61 00 00"},  // (export "a" (func 0)) twice
                               {10, "01 02 00 0b"}})),
                 "duplicate export name"));
  CHECK(contains(refusal(wasm({{1, "01 60 00 01 7f"}, {13, "01 00 00"}})),
                 "non-empty tag result type"));
}

TEST_CASE("the first error by position wins", "[malformed]") {
  // The body (i32.const; end) of a function without results, then a malformed data section.
  const test::Bytes body_first =
      wasm({{1, "01 60 00 00"}, {3, "01 00"}, {10, "01 04 00 41 00 0b"}, {11, "01 07"}});
  CHECK(contains(refusal(body_first), "type mismatch"));
  // The same data section with a good body.
  const test::Bytes data =
      wasm({{1, "01 60 00 00"}, {3, "01 00"}, {10, "01 02 00 0b"}, {11, "01 07"}});
  CHECK(contains(refusal(data), "malformed data segment kind"));
  // Two bad bodies: the first is named.
  const test::Bytes two =
      wasm({{1, "01 60 00 00"}, {3, "02 00 00"}, {10, "02 04 00 41 00 0b 03 00 ff 0b"}});
  const test::Checked c(two);
  CHECK(c.error.function == 0);
  CHECK(c.error.code == ErrorCode::Validation);
}

TEST_CASE("errors carry category, offset and function with its name", "[malformed]") {
  const test::Checked c(
      wasm({{1, "01 60 00 00"},
            {3, "01 00"},
            {10, "01 04 00 41 00 0b"},
            {0, "04 6e 61 6d 65  01 05 01 00 02 68 69"}}));  // function 0 is called "hi"
  CHECK(c.error.message ==
        "validation error: type mismatch: values remaining on stack at end of block: expected 0, "
        "found 1 "
        "(at offset 0x19, in function 0 <hi>)");
  CHECK(c.error.offset == 0x19);
  CHECK(c.error.function == 0);
}

TEST_CASE("counts are not trusted", "[malformed]") {
  // Vectors that claim 2^28 elements in a few bytes: refused, and quickly, without their memory.
  for (const int id : {2, 6, 7, 9, 11}) {
    const std::string message = refusal(wasm({{static_cast<std::uint8_t>(id), "ff ff ff ff 00"}}));
    INFO(id << " " << message);
    CHECK_FALSE(message.empty());
  }
  // 65,520 br_table targets, locals 2^32 - 1, 2^20 struct fields
  CHECK(contains(
      refusal(wasm({{1, "01 60 00 00"}, {3, "01 00"}, {10, "01 08 01 ff ff ff ff 0f 7f 0b"}})),
      "too many locals"));
  CHECK(contains(refusal(wasm({{1, "01 5f ff ff 3f"}})), "too many fields"));
}

TEST_CASE("every prefix of a module is refused or accepted without harm", "[malformed]") {
  const test::Bytes whole = wat(R"((module
    (type $s (sub (struct (field (mut i32)))))
    (import "m" "f" (func $f (param i32) (result i32)))
    (table 2 funcref) (memory 1) (tag (param i32))
    (global (mut i64) (i64.const 5))
    (export "x" (func $g))
    (elem (i32.const 0) $f $g)
    (func $g (local i64 f32) (local.set 0 (i64.load offset=16 (i32.const 4)))
      (block (br_table 0 0 (i32.const 1))) (drop (call $f (i32.const 1))))
    (data (i32.const 0) "hello")))");
  REQUIRE(refusal(whole).empty());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    // Cut off, and with each byte changed: no crash, and the message has a category.
    test::Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    const std::string message = refusal(cut);
    CHECK((message.empty() || contains(message, ": ")));
    for (const int bits : {0x01, 0x40, 0x80, 0xFF}) {
      test::Bytes changed = whole;
      changed[n] = static_cast<std::uint8_t>(changed[n] ^ bits);
      const std::string other = refusal(changed);
      if (!other.empty() && !contains(other, ": ")) FAIL(other);
    }
  }
}

}  // namespace
}  // namespace wasmrt
