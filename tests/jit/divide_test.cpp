// Divisions by constants: every kind of divisor against the interpreter's division, on edge values.
#include <limits>
#include <string>
#include <vector>

#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

const char* const kOps[] = {"div_u", "div_s", "rem_u", "rem_s"};

std::string name_of(const char* op, const std::string& divisor) { return op + (" " + divisor); }

/// One function per operation and divisor.
std::string module_of(const char* type, const std::vector<std::string>& divisors) {
  std::string text = "(module";
  for (const char* op : kOps) {
    for (const std::string& d : divisors) {
      text += "(func (export \"" + name_of(op, d) + "\") (param " + type + ") (result " + type +
              ") (" + type + "." + op + " (local.get 0) (" + type + ".const " + d + ")))";
    }
  }
  return text + ")";
}

template <class U>
std::vector<U> edges(const std::vector<U>& around) {
  std::vector<U> all;
  for (const U x : around) {
    for (U by = 0; by < 3; ++by) {
      for (const U near : {static_cast<U>(x + by), static_cast<U>(x - by)}) {
        all.push_back(near);
        all.push_back(static_cast<U>(0 - near));
      }
    }
  }
  return all;
}

template <class U>
void check_divisions(const char* type, const std::vector<U>& divisors, std::vector<U> dividends) {
  std::vector<std::string> names;
  for (const U d : divisors) names.push_back(std::to_string(d));
  const std::vector<Instance> all = on_all_engines(module_of(type, names));
  for (std::size_t n = 0; n < divisors.size(); ++n) {
    std::vector<U> values = dividends;
    for (const U k : {U{1}, U{2}, U{1000}}) values.push_back(static_cast<U>(divisors[n] * k));
    values = edges(values);
    for (const char* op : kOps) {
      for (const U x : values) {
        using S = std::make_signed_t<U>;
        INFO(op << " of " << x);
        same_outcome(all, name_of(op, names[n]), {Value(static_cast<S>(x))});
      }
    }
  }
}

}  // namespace

TEST_CASE("32-bit divisions by constants", "[jit][divide]") {
  check_divisions<std::uint32_t>(
      "i32", {1,          2,          3,          5,          6,          7,          9,
              10,         11,         12,         13,         14,         25,         28,
              100,        125,        641,        1000,       10000,      65535,      65536,
              65537,      1000003,    1u << 30,   0x55555555, 0x7FFFFFFE, 0x7FFFFFFF, 0x80000000,
              0x80000001, 0x99999999, 0xFFFFFF00, 0xFFFFFFF9, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF},
      {0, 1, 0x7FFFFFFF, 0xAAAAAAAA, 0x12345678});
}

TEST_CASE("64-bit divisions by constants", "[jit][divide]") {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  check_divisions<std::uint64_t>(
      "i64",
      {1,
       2,
       3,
       5,
       6,
       7,
       9,
       10,
       11,
       14,
       25,
       28,
       100,
       641,
       1000,
       65537,
       1000000007,
       1ull << 32,
       (1ull << 32) + 1,
       1ull << 62,
       6700417,
       0x5555555555555555,
       kMax / 2,
       kMax / 2 + 1,
       kMax / 2 + 2,
       kMax - 7,
       kMax - 2,
       kMax - 1,
       kMax},
      {0, 1, kMax / 2, 0xAAAAAAAAAAAAAAAA, 0x123456789ABCDEF0, 1ull << 32});
}

TEST_CASE("a division by a constant does not divide", "[jit][divide]") {
  for (const std::string& d : {std::string("7"), std::string("10"), std::string("-3")}) {
    for (const char* type : {"i32", "i64"}) {
      Compiled c(wat(module_of(type, {d})));
      REQUIRE(c.checked.ok);
      for (std::uint32_t f = 0; f < 4; ++f) {
        REQUIRE(c.build(f) == nullptr);
        const std::string text = jit::ir::print(c.func, true);
        CHECK(text.find("div_") == std::string::npos);
        CHECK(text.find("rem_") == std::string::npos);
      }
    }
  }
}
