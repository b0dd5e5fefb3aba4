// Conditions that are made of compares: each compare with each, with `and` and with `or`, branched
// on, chosen by and as numbers, for operands on either side of what they tell apart.
#include <cmath>
#include <string>
#include <vector>

#include "tests/jit/both_engines.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

const std::vector<std::string>& compares() {
  static const std::vector<std::string> all = {
      "(i32.lt_s (local.get 0) (local.get 1))",  "(i32.le_u (local.get 0) (local.get 1))",
      "(i32.eq (local.get 1) (local.get 0))",    "(i32.ne (local.get 0) (i32.const -31))",
      "(i32.gt_u (local.get 1) (i32.const 4))",  "(i32.eqz (i32.and (local.get 0) (i32.const 2)))",
      "(i64.ge_s (local.get 2) (local.get 3))",  "(i64.lt_u (local.get 2) (local.get 3))",
      "(i64.eq (local.get 3) (i64.const 31))",   "(i64.gt_s (local.get 2) (i64.const -32))",
      "(i64.le_s (local.get 2) (i64.const -1))", "(f64.lt (local.get 4) (local.get 5))",
      "(f64.le (local.get 4) (local.get 5))",    "(f64.eq (local.get 4) (local.get 5))",
      "(f64.ne (local.get 4) (local.get 5))",    "(f64.gt (local.get 4) (f64.const 0))",
      "(f64.ge (local.get 5) (local.get 4))"};
  return all;
}

constexpr unsigned kForms = 4;

/// The function `name` with each use of a condition, so that each compare has one reader.
std::string uses(const std::string& name, const std::string& condition) {
  const std::string forms[kForms] = {
      "(if (result i32) " + condition + " (then (i32.const 5)) (else (i32.const 6)))",
      "(if (result i32) (i32.eqz " + condition + ") (then (i32.const 5)) (else (i32.const 6)))",
      "(select (local.get 0) (i32.const 77) " + condition + ")", condition};
  std::string text;
  for (unsigned n = 0; n < kForms; ++n) {
    text += "(func (export \"" + name + "." + std::to_string(n) +
            "\") (param i32 i32 i64 i64 f64 f64) (result i32) " + forms[n] + ")";
  }
  return text;
}

std::string joined(const char* op, const std::string& a, const std::string& b) {
  return std::string("(i32.") + op + " " + a + " " + b + ")";
}

const std::vector<std::vector<Value>>& operands() {
  const double nan = std::nan("");
  const auto row = [](std::int32_t a, std::int32_t b, std::int64_t c, std::int64_t d, double x,
                      double y) {
    return std::vector<Value>{Value(a), Value(b), Value(c), Value(d), Value(x), Value(y)};
  };
  static const std::vector<std::vector<Value>> all = {row(1, 2, 3, 4, 1, 2),
                                                      row(2, 2, 31, 31, 0, -0.0),
                                                      row(-31, 5, -32, 31, nan, 1),
                                                      row(7, -1, -1, 0, 3, 2),
                                                      row(0, 0, INT64_MIN, 1, -1, nan),
                                                      row(-2, INT32_MIN, -33, -33, 2, 2),
                                                      row(4, 4, std::int64_t{1} << 32, 32, -3, -2)};
  return all;
}

}  // namespace

TEST_CASE("conditions of two compares", "[jit][conditions]") {
  const std::size_t count = compares().size();
  for (const char* op : {"and", "or"}) {
    std::string text = "(module";
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t b = 0; b < count; ++b) {
        text += uses(std::to_string(a * count + b), joined(op, compares()[a], compares()[b]));
      }
    }
    const std::vector<Instance> engines = on_all_engines(text + ")");
    for (std::size_t n = 0; n < count * count; ++n) {
      for (unsigned form = 0; form < kForms; ++form) {
        for (const std::vector<Value>& args : operands()) {
          same_outcome(engines, std::to_string(n) + "." + std::to_string(form), args);
        }
      }
    }
  }
}

TEST_CASE("conditions of many compares", "[jit][conditions]") {
  const std::size_t count = compares().size();
  std::string text = "(module";
  constexpr unsigned kMany = 60;
  for (unsigned n = 0; n < kMany; ++n) {
    // Up to seven, nested on either side or on both.
    std::string condition = compares()[n % count];
    for (unsigned k = 1; k <= n % 7; ++k) {
      const char* op = (n >> k & 1) != 0 ? "and" : "or";
      std::string other = compares()[(n * 5 + k * 7) % count];
      if ((n + k) % 5 == 0) other = joined("or", other, compares()[(n + k) % count]);
      condition = k % 2 == 0 ? joined(op, condition, other) : joined(op, other, condition);
    }
    text += uses(std::to_string(n), condition);
  }
  const std::vector<Instance> engines = on_all_engines(text + ")");
  for (unsigned n = 0; n < kMany; ++n) {
    for (unsigned form = 0; form < kForms; ++form) {
      for (const std::vector<Value>& args : operands()) {
        same_outcome(engines, std::to_string(n) + "." + std::to_string(form), args);
      }
    }
  }
}
