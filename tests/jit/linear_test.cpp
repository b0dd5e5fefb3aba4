// Nothing makes the compiler's work grow faster than its input. What is compared is the work that
// is counted (instructions, intervals, splits, moves, bytes of code), for inputs of n and 2n, and
// that each of the sizes ends; where a stage's budget is used up the function must be declined by
// name.
#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <string>

#include "tests/jit/compile.h"

namespace wasmrt {
namespace {

using test::Compiled;

struct Work {
  std::uint64_t insts = 0, machine = 0, intervals = 0, moves = 0, bytes = 0;
  std::string declined;
};

Work compile(const std::string& text) {
  Compiled c(test::wat(text));
  REQUIRE(c.checked.ok);
  Work w;
  c.context.options.verify = false;
  if (const char* why = c.compile()) w.declined = why;
  w.insts = c.func.insts.size();
  w.machine = c.machine.insts.size();
  w.intervals = c.state.allocator.stats().intervals;
  w.moves = c.state.allocator.stats().moves;
  w.bytes = c.blob.code.size();
  return w;
}

/// n and 2n lie on the same side of the light mode's threshold.
void check_linear(const std::function<std::string(unsigned)>& make, unsigned n) {
  const Work one = compile(make(n));
  const Work two = compile(make(2 * n));
  CHECK(one.declined.empty());
  CHECK(two.declined.empty());
  CHECK(two.insts <= 2 * one.insts + 1000);
  CHECK(two.machine <= 5 * one.machine / 2 + 1000);
  CHECK(two.intervals <= 5 * one.intervals / 2 + 1000);
  CHECK(two.moves <= 5 * one.moves / 2 + 1000);
  CHECK(two.bytes <= 5 * one.bytes / 2 + 1000);
}

std::string repeat(const std::string& text, unsigned n) {
  std::string all;
  for (unsigned k = 0; k < n; ++k) all += text;
  return all;
}

TEST_CASE("many blocks compile in linear work") {
  const auto make = [](unsigned n) {
    return "(module (func (param i32 i32) (result i32)" +
           repeat(
               "(if (local.get 0) (then (local.set 1 (i32.add (local.get 1) (local.get 0)))))"
               "(local.set 0 (i32.xor (local.get 1) (i32.const 77)))",
               n) +
           "(local.get 1)))";
  };
  check_linear(make, 5000);
  check_linear(make, 35000);
}

TEST_CASE("many instructions compile in linear work") {
  check_linear(
      [](unsigned n) {
        return "(module (func (param i32 i32) (result i32)" +
               repeat("(local.set 0 (i32.mul (i32.add (local.get 0) (local.get 1)) (local.get 0)))",
                      n) +
               "(local.get 0)))";
      },
      100000);
}

TEST_CASE("many locals that live across a loop compile in linear work") {
  check_linear(
      [](unsigned n) {
        std::string text =
            "(module (func (param i32) (result i32) (local" + repeat(" i32", n) + ")";
        for (unsigned k = 1; k <= n; ++k) {
          text += "(local.set " + std::to_string(k) + " (i32.add (local.get 0) (i32.const " +
                  std::to_string(k) + ")))";
        }
        text += "(loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))";
        for (unsigned k = 1; k <= n; ++k) {
          text += "(local.set 0 (i32.xor (local.get 0) (local.get " + std::to_string(k) + ")))";
        }
        return text + "(local.get 0)))";
      },
      5000);
}

TEST_CASE("deep nesting compiles in linear work") {
  check_linear(
      [](unsigned n) {
        return "(module (func (param i32) (result i32)" + repeat(" block", n) +
               " (br_if 0 (local.get 0))" +
               repeat(" (local.set 0 (i32.add (local.get 0) (i32.const 3))) end", n) +
               "(local.get 0)))";
      },
      20000);
}

TEST_CASE("a long br_table compiles in linear work") {
  check_linear(
      [](unsigned n) {
        std::string text = "(module (func (param i32) (result i32)" + repeat(" block", 100) +
                           " local.get 0 br_table";
        for (unsigned k = 0; k < n; ++k) text += " " + std::to_string(k % 100);
        return text + repeat(" (local.set 0 (i32.add (local.get 0) (i32.const 3))) end", 100) +
               "(local.get 0)))";
      },
      30000);
}

TEST_CASE("loops in loops that all assign all locals are declined, or linear") {
  const auto make = [](unsigned n) {
    std::string text =
        "(module (func (param i32) (local" + repeat(" i32", n) + ")" + repeat(" loop", n);
    for (unsigned k = 0; k < n; ++k) {
      text += "(local.set " + std::to_string(k) + " (i32.add (local.get " + std::to_string(k) +
              ") (i32.const 1)))";
    }
    return text + repeat(" (br_if 0 (local.get 0)) end", n) + "))";
  };
  const Work w = compile(make(3000));  // nine million phis, were they made
  CHECK(w.declined == "too many locals are assigned in nested blocks");
  CHECK(w.insts < 1000000);
}

}  // namespace
}  // namespace wasmrt
