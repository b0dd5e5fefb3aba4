// Division and remainder by constants against the functions of the semantics: divisors of every
// kind, dividends around their multiples and at the ends of the range, operand and result in the
// accumulator and in slots.
#include <catch2/catch_test_macros.hpp>

#include <string>

#include "libwasmrt/wasm/semantics_int.h"
#include "tests/interp/hand_made.h"

namespace wasmrt::interp::test {
namespace {

const char* const kNames[] = {"div_s", "div_u", "rem_s", "rem_u"};

/// Four operations by d: the operand a parameter or a sum, the result returned or kept in a local.
std::string text_of(const std::string& type, const std::string& d) {
  std::string text = "(module";
  for (const char* const name : kNames) {
    const std::string op = type + "." + name;
    const std::string by = " (" + type + ".const " + d + "))";
    const std::string head = std::string(" (func (export \"") + name;
    const std::string params = " (param " + type + ") (result " + type + ") ";
    const std::string sum = " (" + type + ".add (local.get 0) (" + type + ".const 1))";
    text += head + "\")" + params + "(" + op + " (local.get 0)" + by + ")";
    text += head + "_sum\")" + params + "(" + op + sum + by + ")";
    text += head + "_kept\")" + params + "(local " + type + ") (local.set 1 (" + op + sum + by +
            ") (" + type + ".xor (local.get 1) (" + type + ".mul (local.get 0) (local.get 0))))";
    text += head + "_local\")" + params + "(local " + type + ") (local.set 1 (" + op +
            " (local.get 0)" + by + ") (" + type + ".xor (local.get 1) (" + type +
            ".mul (local.get 0) (local.get 0))))";
  }
  return text + ")";
}

template <class T>
sem::Checked<T> expected(int which, T a, T b) {
  if constexpr (sizeof(T) == 4) {
    return which == 0   ? sem::i32_div_s(a, b)
           : which == 1 ? sem::i32_div_u(a, b)
           : which == 2 ? sem::i32_rem_s(a, b)
                        : sem::i32_rem_u(a, b);
  } else {
    return which == 0   ? sem::i64_div_s(a, b)
           : which == 1 ? sem::i64_div_u(a, b)
           : which == 2 ? sem::i64_rem_s(a, b)
                        : sem::i64_rem_u(a, b);
  }
}

template <class T>
void check_divisor(T d) {
  const std::string type = sizeof(T) == 4 ? "i32" : "i64";
  HandMade m(text_of(type, std::to_string(d)));
  const T all = static_cast<T>(~T{0});
  const T half = all / 2;
  std::vector<T> near = {0, half, half + 1, all, 1, static_cast<T>(0x9E3779B97F4A7C15u)};
  for (const T n :
       {T{1}, T{2}, T{7}, static_cast<T>(all / (d | 1)), static_cast<T>(half / (d | 1))})
    near.push_back(static_cast<T>(n * d)), near.push_back(static_cast<T>(T{0} - n * d));
  for (int which = 0; which < 4; ++which) {
    for (const T center : near) {
      for (const T x : {static_cast<T>(center - 1), center, static_cast<T>(center + 1)}) {
        const std::string name = kNames[which];
        const auto want = expected<T>(which, x, d);
        const auto more = expected<T>(which, static_cast<T>(x + 1), d);
        const auto square = static_cast<T>(x * x);
        const auto same = [&](const sem::Checked<T>& w, const char* suffix, T mask) {
          INFO(type << '.' << name << suffix << ' ' << x << " by " << d);
          const Outcome got = m.call(name + suffix, {x});
          REQUIRE(got.trap == w.trap);
          if (w.ok()) REQUIRE(static_cast<T>(got.value()) == static_cast<T>(w.value ^ mask));
        };
        same(want, "", 0);
        same(more, "_sum", 0);
        same(more, "_kept", square);
        same(want, "_local", square);
      }
    }
  }
}

TEST_CASE("interp: 32-bit division by constants", "[interp]") {
  for (std::uint32_t d = 0; d < 20; ++d) check_divisor<std::uint32_t>(d);
  for (const std::uint32_t d : {60u, 100u, 641u, 1000u, 4096u, 10007u, 65535u, 65536u, 1000000007u})
    check_divisor<std::uint32_t>(d);
  for (unsigned k = 28; k < 32; ++k)
    for (const std::uint32_t d : {(1u << k) - 1, 1u << k, (1u << k) + 1})
      check_divisor<std::uint32_t>(d), check_divisor<std::uint32_t>(0 - d);
  for (std::uint32_t d = 0; d < 12; ++d) check_divisor<std::uint32_t>(~d);
}

TEST_CASE("interp: 64-bit division by constants", "[interp]") {
  for (std::uint64_t d = 0; d < 20; ++d) check_divisor<std::uint64_t>(d);
  for (const std::uint64_t d :
       {60ull, 100ull, 641ull, 86400ull, 1000000007ull, 0xFFFFFFFFull, 0x100000000ull,
        0x100000001ull, 10000000000000ull, 274177ull, 6700417ull, 0x5555555555555555ull,
        0x5555555555555556ull, 12297829382473034411ull})
    check_divisor<std::uint64_t>(d);
  for (unsigned k = 60; k < 64; ++k)
    for (const std::uint64_t d : {(1ull << k) - 1, 1ull << k, (1ull << k) + 1})
      check_divisor<std::uint64_t>(d), check_divisor<std::uint64_t>(0 - d);
  for (std::uint64_t d = 0; d < 12; ++d) check_divisor<std::uint64_t>(~d);
}

TEST_CASE("interp: no division is left by a constant", "[interp]") {
  HandMade m(text_of("i32", "10"));
  CHECK(m.call("div_u", {100}).value() == 10);
  CHECK(m.print("div_u").find("div_const.i32") != std::string::npos);
  HandMade wide(text_of("i64", "-10"));
  CHECK(wide.call("rem_s", {std::uint64_t{0} - 13}).value() == std::uint64_t{0} - 3);
  CHECK(wide.print("rem_s").find("div_const.i64") != std::string::npos);
  CHECK(wide.print("rem_u").find("div_const") == std::string::npos);
}

}  // namespace
}  // namespace wasmrt::interp::test
