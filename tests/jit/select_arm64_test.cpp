// What arm64 selection takes in and what it leaves out, by the words of the code. Runs on any host.
#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <vector>

#include "tests/jit/compile.h"

using namespace wasmrt;

namespace {

/// The code of a function, from its inner entry to its first return.
std::vector<std::uint32_t> words(const std::string& function) {
  test::Compiled c(test::wat("(module (memory 1)" + function + ")"), jit::arm64_target());
  INFO(function);
  REQUIRE(c.checked.ok);
  REQUIRE(c.compile() == nullptr);
  std::vector<std::uint32_t> all;
  for (std::size_t at = c.blob.entry; at < c.blob.code_bytes; at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, c.blob.code.data() + at, 4);
    all.push_back(word);
    if (word == 0xD65F03C0) break;
  }
  return all;
}

struct Form {
  std::uint32_t mask, bits;
};
constexpr Form kMovRegister = {0x7FE0FFE0, 0x2A0003E0};
constexpr Form kUmull = {0xFFE0FC00, 0x9BA07C00};
constexpr Form kSmull = {0xFFE0FC00, 0x9B207C00};
constexpr Form kMul64 = {0xFFE0FC00, 0x9B007C00};
constexpr Form kSxtw = {0xFFFFFC00, 0x93407C00};
constexpr Form kAddShifted = {0x7FE00000, 0x0B000000};
constexpr Form kBitField = {0x7F800000, 0x53000000};  // ubfm: lsl, lsr, ubfx
constexpr Form kCmp = {0x7F20001F, 0x6B00001F};       // registers
constexpr Form kCmpImm = {0x7F80001F, 0x7100001F};
constexpr Form kTest = {0x7E000000, 0x36000000};  // tbz, tbnz
constexpr Form kCset = {0x7FFF0FE0, 0x1A9F07E0};

std::size_t count(const std::vector<std::uint32_t>& code, Form form) {
  std::size_t n = 0;
  for (const std::uint32_t w : code) n += (w & form.mask) == form.bits ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("what is extended by zeros needs no instruction", "[jit][arm64]") {
  const auto code = words(R"((func (param i32 i64) (result i64) (i64.xor (i64.add
    (i64.extend_i32_u (local.get 0)) (local.get 1)) (i64.extend_i32_u (local.get 0)))))");
  CHECK(code.size() == 3);
  CHECK(count(code, kMovRegister) == 0);
}

TEST_CASE("a product of a 32-bit number and a constant of 32 bits is one of halves",
          "[jit][arm64]") {
  const auto product = [](const char* extend, const char* constant) {
    return words(std::string("(func (param i32) (result i64) (i64.mul (i64.extend_i32_") + extend +
                 " (local.get 0)) (i64.const " + constant + ")))");
  };
  CHECK(count(product("u", "0xCCCCCCCD"), kUmull) == 1);
  CHECK(count(product("s", "-77777"), kSmull) == 1);
  CHECK(count(product("s", "-77777"), kSxtw) == 0);
  CHECK(count(product("s", "-0x80000000"), kSmull) == 1);
  // Numbers that a half does not hold.
  CHECK(count(product("u", "0x100000003"), kMul64) == 1);
  CHECK(count(product("u", "-77777"), kMul64) == 1);
  CHECK(count(product("s", "0xCCCCCCCD"), kMul64) == 1);
  CHECK(count(product("s", "0xCCCCCCCD"), kSxtw) == 1);
  CHECK(count(product("s", "0x80000003"), kMul64) == 1);
}

TEST_CASE("small shifts go into all their users", "[jit][arm64]") {
  const auto twice = [](const char* by) {
    return words(std::string("(func (param i32 i32 i32) (result i32) (local i32)"
                             "(local.set 3 (i32.shl (local.get 0) (i32.const ") +
                 by +
                 ")))"
                 "(i32.mul (i32.add (local.get 3) (local.get 1)) (i32.add (local.get 3) "
                 "(local.get 2))))");
  };
  CHECK(count(twice("4"), kBitField) == 0);
  CHECK(count(twice("4"), kAddShifted) == 2);
  CHECK(count(twice("5"), kBitField) == 1);
  // A user that needs the shift itself.
  CHECK(count(words(R"((func (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.shl (local.get 0) (i32.const 3)))
    (i32.mul (i32.add (local.get 2) (local.get 1)) (local.get 2))))"),
              kBitField) == 1);
  // A constant that is no immediate keeps no shift out.
  CHECK(count(words(R"((func (param i32) (result i32)
    (i32.add (i32.shl (local.get 0) (i32.const 2)) (i32.const 0x12345))))"),
              kBitField) == 0);
}

TEST_CASE("signs are tested as bits", "[jit][arm64]") {
  const auto branch = [](const char* condition) {
    return words(std::string("(func (param i32) (if ") + condition +
                 " (then (i32.store (i32.const 8) (i32.const 1)))))");
  };
  for (const char* const condition :
       {"(i32.gt_s (local.get 0) (i32.const -1))", "(i32.le_s (local.get 0) (i32.const -1))",
        "(i32.lt_s (local.get 0) (i32.const 0))", "(i32.ge_s (local.get 0) (i32.const 0))"}) {
    INFO(condition);
    CHECK(count(branch(condition), kTest) == 1);
    CHECK(count(branch(condition), kCmpImm) == 0);
  }
  CHECK(count(branch("(i32.gt_s (local.get 0) (i32.const -2))"), kTest) == 0);
  CHECK(count(branch("(i32.gt_u (local.get 0) (i32.const -1))"), kTest) == 0);
  // As a number.
  const auto number =
      words("(func (param i32) (result i32) (i32.lt_s (local.get 0) (i32.const 0)))");
  CHECK(count(number, kBitField) == 1);
  CHECK(count(number, kCset) == 0);
}

TEST_CASE("the contrary of a comparison of floats is tested by its flags", "[jit][arm64]") {
  const std::string less = "(f64.lt (local.get 0) (local.get 1))";
  for (const std::string& condition : {less, "(i32.eqz " + less + ")"}) {
    const auto chosen = words(
        "(func (param f64 f64 i32 i32) (result i32) (select (local.get 2) "
        "(local.get 3) " +
        condition + "))");
    CHECK(chosen.size() == 3);  // fcmp, csel, ret
    const auto branched = words("(func (param f64 f64 i32 i32) (if " + condition +
                                "(then (i32.store (local.get 2) (local.get 3)))))");
    CHECK(count(branched, kCset) == 0);
  }
}

TEST_CASE("a compare is not repeated while its flags are there", "[jit][arm64]") {
  const char* const kThreeWay =
      "(select (i32.const -1) (i32.gt_u (local.get 0) (local.get 1))"
      " (i32.lt_u (local.get 0) (local.get 1)))";
  CHECK(count(words(std::string("(func (param i32 i32) (result i32)") + kThreeWay + ")"), kCmp) ==
        1);
  // In the block that only the branch leads to, and not in one that others lead to as well.
  CHECK(count(words(R"((func (param i32 i32) (result i32)
    (if (i32.lt_u (local.get 0) (local.get 1)) (then (return (i32.const 5))))
    (if (i32.eq (local.get 0) (local.get 1)) (then (return (i32.const 6))))
    (i32.const 7)))"),
              kCmp) == 1);
  CHECK(count(words(R"((func (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.lt_u (local.get 0) (local.get 1)))
    (if (local.get 2) (then (i32.store (i32.const 8) (i32.const 1))))
    (i32.add (local.get 2) (i32.eq (local.get 0) (local.get 1)))))"),
              kCmp) == 2);
  // What was compared has changed, or something else was compared.
  CHECK(count(words(R"((func (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.lt_u (local.get 0) (local.get 1)))
    (local.set 0 (i32.mul (local.get 0) (local.get 1)))
    (i32.add (local.get 2) (i32.lt_u (local.get 0) (local.get 1)))))"),
              kCmp) == 2);
  CHECK(count(words(R"((func (param i32 i32 i32) (result i32) (local i32)
    (local.set 3 (i32.lt_u (local.get 0) (local.get 1)))
    (local.set 3 (i32.add (local.get 3) (i32.lt_u (local.get 1) (local.get 2))))
    (i32.add (local.get 3) (i32.gt_u (local.get 0) (local.get 1)))))"),
              kCmp) == 3);
  CHECK(count(words(R"((func (param i64 i64) (result i32)
    (i32.add (i64.lt_u (local.get 0) (local.get 1)) (i32.lt_u (i32.wrap_i64 (local.get 0))
      (i32.wrap_i64 (local.get 1))))))"),
              kCmp) == 2);
}

TEST_CASE("a divisor is compared with zero once", "[jit][arm64]") {
  constexpr Form kCbz = {0x7F000000, 0x34000000};
  const std::string a = "(i32.div_u (local.get 0) (local.get 1))";
  CHECK(count(words("(func (param i32 i32) (result i32) " + a + ")"), kCbz) == 1);
  CHECK(count(words("(func (param i32 i32) (result i32) (i32.add " + a +
                    "(i32.rem_u (i32.const 77) (local.get 1))))"),
              kCbz) == 1);
  CHECK(count(words("(func (param i32 i32) (result i32) (i32.add " + a +
                    "(i32.rem_u (local.get 1) (local.get 0))))"),
              kCbz) == 2);
}

TEST_CASE("flags outlast what sets none", "[jit][arm64]") {
  const auto code = words(R"((func (param i32 i32 i32) (result i32)
    (i32.add (select (local.get 0) (local.get 2) (i32.lt_u (local.get 0) (local.get 1)))
             (i32.mul (local.get 2)
                      (select (local.get 1) (local.get 2) (i32.lt_u (local.get 0) (local.get 1)))))))");
  CHECK(count(code, kCmp) == 1);
}

TEST_CASE("conditions of compares are compares in a row", "[jit][arm64]") {
  constexpr Form kConditional = {0x3FE00400, 0x3A400000};  // ccmp, ccmn
  constexpr Form kFloat = {0xFF200C10, 0x1E200400};        // fccmp
  constexpr Form kLogic = {0x1F000000, 0x0A000000};        // of two registers
  const auto both = [](const char* op, const std::string& a, const std::string& b) {
    return std::string("(i32.") + op + " " + a + " " + b + ")";
  };
  const std::string less = "(i32.lt_s (local.get 0) (local.get 1))";
  const std::string equal = "(i64.eq (local.get 2) (i64.const 7))";
  const std::string below = "(i32.gt_s (local.get 1) (i32.const -9))";
  const std::string far = "(i32.gt_u (local.get 1) (i32.const 1000))";
  const std::string floats = "(f64.le (local.get 3) (local.get 4))";
  const auto branch = [](const std::string& condition) {
    return words("(func (param i32 i32 i64 f64 f64) (result i32) (if (result i32) " + condition +
                 " (then (i32.const 9)) (else (local.get 0))))");
  };
  const auto value = [](const std::string& condition) {
    return words("(func (param i32 i32 i64 f64 f64) (result i32) " + condition + ")");
  };
  for (const char* op : {"and", "or"}) {
    for (const std::string& second : {equal, below, far}) {
      for (const auto& code : {branch(both(op, less, second)), value(both(op, second, less)),
                               branch("(i32.eqz " + both(op, less, second) + ")")}) {
        CHECK(count(code, kConditional) == 1);
        CHECK(count(code, kLogic) == 0);
        CHECK(count(code, kCset) <= 1);
      }
    }
    CHECK(count(branch(both(op, less, floats)), kFloat) == 1);
    CHECK(count(branch(both("and", both(op, less, equal), both("or", below, far))), kConditional) ==
          2);
  }
  // Numbers are no conditions.
  CHECK(count(value(both("and", less, "(local.get 1)")), kConditional) == 0);
  CHECK(count(value(both("or", less, "(local.get 1)")), kConditional) == 0);
}
