// What intervals prove: which additions may become part of addresses, which masks go, and where
// neither may happen. Each function also runs on both engines, next to where it would be wrong.
#include <string>

#include "jit/opt/pipeline.h"
#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// A module of one function, whose parameters are $x and $y, around this body.
std::string module_of(const std::string& body) {
  return "(module (memory 1 1) (data (i32.const 0) \"\\10\\80\\ff\\03\\01\")"
         "(func (export \"f\") (param $x i32) (param $y i32) (result i32) (local $i i32)"
         "(local $s i32) " +
         body + "))";
}

/// Its SSA form after all passes; what it does must be the same on both engines.
std::string optimised(const std::string& body) {
  INFO(body);
  const std::string text = module_of(body);
  const std::vector<Instance> all = on_all_engines(text);
  for (const std::uint32_t x : {0u, 1u, 3u, 4u, 5u, 255u, 256u, 65530u, 65536u, 0x7FFFFFFFu,
                                0x80000000u, 0xFFFFFFF0u, 0xFFFFFFFCu, 0xFFFFFFFFu}) {
    for (const std::int32_t y : {0, 1, 60, -1}) {
      same_outcome(all, "f", {Value(static_cast<std::int32_t>(x)), Value(y)});
    }
  }
  Compiled c(wat(text));
  REQUIRE(c.checked.ok);
  REQUIRE(c.build() == nullptr);
  jit::opt::optimise(c.context, c.func);
  return jit::ir::print(c.func, true);
}

bool no_wrap(const std::string& body) { return count(optimised(body), "no_wrap") != 0; }

std::string load(const std::string& address) { return "(i32.load8_u " + address + ")"; }

}  // namespace

TEST_CASE("sums of what is small do not wrap", "[jit][ranges]") {
  const char* const kSmall[] = {
      "(i32.add (i32.and (local.get $x) (i32.const 255)) (i32.const 7))",
      "(i32.add (i32.load8_u (i32.and (local.get $x) (i32.const 3))) (i32.const 100))",
      "(i32.add (i32.load16_u (i32.and (local.get $x) (i32.const 2))) (i32.const 100))",
      "(i32.add (i32.shr_u (local.get $x) (i32.const 1)) (i32.const 5))",
      "(i32.add (i32.or (i32.const 8) (i32.and (local.get $x) (i32.const 3))) (i32.const -8))",
      "(i32.add (i32.rem_u (local.get $x) (i32.load8_u (i32.const 0))) (i32.const 9))",
      "(i32.add (i32.gt_u (local.get $x) (i32.const 9)) (i32.const 4))",
      "(i32.add (i32.clz (local.get $x)) (i32.const 4))",
      "(i32.add (select (i32.const 4) (i32.const 9) (local.get $x)) (i32.const -4))",
      "(i32.shl (i32.and (local.get $x) (i32.const 15)) (i32.const 3))",
  };
  for (const char* sum : kSmall) {
    INFO(sum);
    CHECK(no_wrap(load(sum)));
  }
}

TEST_CASE("sums that can wrap are not marked", "[jit][ranges]") {
  const char* const kLarge[] = {
      "(i32.add (local.get $x) (i32.const 1))",
      "(i32.add (local.get $x) (i32.const -4))",
      "(i32.add (i32.and (local.get $x) (i32.const 255)) (i32.const -1))",
      "(i32.add (i32.or (i32.const 8) (i32.and (local.get $x) (i32.const 3))) (i32.const -9))",
      "(i32.add (i32.load8_s (i32.and (local.get $x) (i32.const 3))) (i32.const 1))",
      "(i32.add (i32.shr_s (local.get $x) (i32.const 1)) (i32.const 5))",
      "(i32.add (i32.rotl (local.get $x) (i32.const 8)) (i32.const 5))",
      "(i32.add (i32.sub (i32.const 4) (i32.and (local.get $x) (i32.const 7))) (i32.const 8))",
      "(i32.add (i32.mul (i32.shr_u (local.get $x) (i32.const 9)) (i32.const 999)) (i32.const 9))",
      "(i32.shl (local.get $x) (i32.const 2))",
      "(i32.shl (i32.and (local.get $x) (i32.const 0x7fffffff)) (i32.const 2))",
  };
  for (const char* sum : kLarge) {
    INFO(sum);
    CHECK(!no_wrap(load(sum)));
  }
}

TEST_CASE("a comparison narrows only where it has been made", "[jit][ranges]") {
  const auto guarded = [](const std::string& condition, const std::string& address) {
    return "(if (result i32) " + condition + " (then " + load(address) + ") (else (i32.const -1)))";
  };
  const std::string next = "(i32.add (local.get $x) (i32.const 1))";
  const std::string before = "(i32.add (local.get $x) (i32.const -4))";
  CHECK(no_wrap(guarded("(i32.lt_u (local.get $x) (i32.const 100))", next)));
  CHECK(no_wrap(guarded("(i32.ne (local.get $x) (i32.const -1))", next)));
  const std::string two = "(i32.add (local.get $x) (i32.const -2))";
  CHECK(no_wrap(guarded("(i32.lt_u (i32.sub (local.get $x) (i32.const 2)) (i32.const 9))", next)));
  CHECK(!no_wrap(guarded("(i32.lt_u (i32.add (local.get $x) (i32.const 1)) (i32.const 9))", two)));

  CHECK(!no_wrap(guarded("(i32.le_u (local.get $x) (i32.const -1))", next)));
  CHECK(!no_wrap(guarded("(i32.ge_u (local.get $x) (i32.const 3))", before)));
  CHECK(!no_wrap(guarded("(i32.ge_s (local.get $x) (i32.const -4))", before)));
  CHECK(!no_wrap(guarded("(i32.lt_s (local.get $x) (i32.const 100))", next)));
  CHECK(!no_wrap(guarded("(i32.gt_u (local.get $x) (i32.const 100))", next)));
  CHECK(!no_wrap(guarded("(i32.lt_u (local.get $y) (i32.const 100))", next)));
  // Behind the join nothing of it is known.
  CHECK(
      !no_wrap("(if (i32.lt_u (local.get $x) (i32.const 100)) (then (local.set $s (i32.const 1)))"
               " (else (local.set $s (i32.const 3)))) " +
               load("(i32.add (i32.add (local.get $x) (i32.const 1)) (local.get $s))")));
  // The other way has another number.
  CHECK(
      !no_wrap("(if (i32.lt_u (local.get $x) (i32.const 100)) (then (local.set $s (i32.const 1)))"
               " (else (local.set $s (local.get $x)))) " +
               load("(i32.add (local.get $s) (i32.const 1))")));
}

// A processor that guesses the condition wrongly must stay within the reservation.
TEST_CASE("no comparison lets an address go below the base or beyond 32 bits", "[jit][ranges]") {
  const auto guarded = [](const std::string& condition, const std::string& address) {
    return "(if (result i32) " + condition + " (then " + load(address) + ") (else (i32.const -1)))";
  };
  const std::string below = "(i32.add (local.get $x) (i32.const -4))";
  const std::string scaled = "(i32.shl (local.get $x) (i32.const 3))";
  const std::string masked = "(i32.shl (i32.and (local.get $x) (i32.const 7)) (i32.const 3))";
  for (const char* condition :
       {"(i32.ge_u (local.get $x) (i32.const 4))", "(i32.gt_s (local.get $x) (i32.const 3))",
        "(i32.eq (local.get $x) (i32.const 5))",
        "(i32.lt_u (i32.sub (local.get $x) (i32.const 4)) (i32.const 9))",
        "(i32.lt_u (local.get $x) (i32.const 8))"}) {
    INFO(condition);
    CHECK(!no_wrap(guarded(condition, below)));
    CHECK(!no_wrap(guarded(condition, scaled)));
    const std::string code = optimised(guarded(condition, masked));
    CHECK(count(code, "no_wrap") == 1);
    CHECK(count(code, "= and.") == 1);  // the mask holds it, whatever the condition says
  }
  // What a phi is does not depend on a guess: it is one of its operands.
  CHECK(
      no_wrap("(local.set $s (i32.load8_u (i32.const 0))) (if (local.get $x) (then (local.set $s "
              "(i32.load8_u (i32.const 1))))) " +
              load("(i32.shl (local.get $s) (i32.const 2))")));
}

TEST_CASE("what counts between bounds does not wrap", "[jit][ranges]") {
  const auto loop = [](const std::string& from, const std::string& step, const std::string& again,
                       const std::string& add) {
    return "(local.set $i " + from + ") (loop (local.set $s (i32.add (local.get $s) (i32.load8_u " +
           "(i32.add (local.get $i) (i32.const " + add + "))))) (local.set $i (i32.add " +
           "(local.get $i) (i32.const " + step + "))) (br_if 0 " + again + ")) (local.get $s)";
  };
  const auto ne = [](const std::string& n) {
    return "(i32.ne (local.get $i) (i32.const " + n + "))";
  };
  // The access, and the addition that counts.
  const auto marked = [&](const std::string& body) { return count(optimised(body), "no_wrap"); };
  CHECK(marked(loop("(i32.const 0)", "4", ne("400"), "8")) == 2);
  CHECK(marked(loop("(i32.const 500)", "-4", ne("100"), "100")) == 1);  // the access
  CHECK(marked(loop("(i32.and (local.get $x) (i32.const 7))", "1", ne("100"), "50")) == 2);
  CHECK(marked(loop("(i32.and (local.get $x) (i32.const 7))", "3",
                    "(i32.lt_u (local.get $i) (i32.const 100))", "50")) == 2);
  CHECK(marked(loop("(i32.and (local.get $x) (i32.const 7))", "3",
                    "(i32.lt_s (local.get $i) (i32.and (local.get $y) (i32.const 63)))", "50")) ==
        2);
  // From below zero up to it; past the end of the numbers; steps over the bound; a start above it.
  CHECK(marked(loop("(i32.const -64)", "4", "(local.get $i)", "4096")) == 0);
  CHECK(marked(loop("(i32.const -64)", "4", ne("64"), "4096")) == 0);
  CHECK(marked(loop("(i32.and (local.get $x) (i32.const 7))", "1", ne("7"), "50")) == 0);
  CHECK(marked(loop("(i32.and (local.get $x) (i32.const 1))", "2", ne("101"), "50")) == 0);
  CHECK(marked(loop("(i32.and (local.get $x) (i32.const 7))", "1",
                    "(i32.lt_u (local.get $i) (local.get $y))", "50")) != 2);
  // The bound moves, so it can be stepped over.
  CHECK(marked("(local.set $i (i32.const 0)) (local.set $s (i32.const 9))"
               "(block $out (loop (local.set $s (i32.add (i32.and (i32.xor (local.get $s) "
               "(local.get $x)) (i32.const 7)) (i32.const 1)))"
               "(br_if $out (i32.gt_u (i32.load8_u (i32.and (local.get $i) (i32.const 3)))"
               " (i32.const 2)))"
               "(local.set $i (i32.add (local.get $i) (i32.const 1)))"
               "(br_if 0 (i32.ne (local.get $i) (local.get $s)))))"
               "(local.get $i)") == 1);  // the sum with the mask
}

TEST_CASE("masks that change nothing go", "[jit][ranges]") {
  const auto masks = [](const std::string& body) { return count(optimised(body), "= and."); };
  CHECK(masks("(local.set $s (i32.load8_u (i32.const 0))) (if (local.get $x) (then (local.set $s "
              "(i32.load8_u (i32.const 1))))) (i32.and (local.get $s) (i32.const 255))") == 0);
  CHECK(masks("(local.set $s (i32.load8_u (i32.const 0))) (if (local.get $x) (then (local.set $s "
              "(i32.load8_u (i32.const 1))))) (i32.and (local.get $s) (i32.const 127))") == 1);
  CHECK(masks("(local.set $s (i32.load8_u (i32.const 0))) (if (local.get $x) (then (local.set $s "
              "(i32.load16_u (i32.const 1))))) (i32.and (local.get $s) (i32.const 255))") == 1);
  CHECK(masks("(i32.and (i32.and (i32.shr_u (local.get $x) (i32.const 24)) (local.get $y)) "
              "(i32.const 255))") == 1);
  CHECK(masks("(i32.and (i32.shr_s (local.get $x) (i32.const 24)) (i32.const 255))") == 1);
  // A byte that goes around a loop.
  const auto around = [&](const std::string& access) {
    return masks(
        "(local.set $s (i32.load8_u (local.get $x))) (loop (local.set $y (i32.add "
        "(local.get $y) (i32.and (local.get $s) (i32.const 255)))) (local.set $x (i32.add "
        "(local.get $x) (i32.const 1))) (local.set $s (" +
        access + " (local.get $x))) (br_if 0 (local.get $s))) (local.get $y)");
  };
  CHECK(around("i32.load8_u") == 0);
  CHECK(around("i32.load8_s") == 1);
}

TEST_CASE("an extension of what is not negative needs no sign", "[jit][ranges]") {
  const auto extended = [](const std::string& what) {
    return count(
        optimised("(i32.wrap_i64 (i64.rotl (i64.extend_i32_s " + what + ") (i64.const 20)))"),
        "= ext_s.");
  };
  CHECK(extended("(i32.shr_u (local.get $x) (i32.const 1))") == 0);
  CHECK(extended("(local.get $x)") == 1);
  CHECK(extended("(i32.or (local.get $x) (i32.const 1))") == 1);
}
