// Passes over loops: which polls go, which work moves in front, and that results stay the same.
#include <string>

#include "jit/opt/pipeline.h"
#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// The SSA form of the first function after all passes.
std::string optimised(const std::string& fields, const jit::Target& target = jit::x64_target()) {
  Compiled c(wat("(module " + fields + ")"), target);
  REQUIRE(c.checked.ok);
  REQUIRE(c.build(c.checked.module->imported_funcs) == nullptr);
  c.context.options.verify = true;
  jit::opt::optimise(c.context, c.func);
  return jit::ir::print(c.func, true);
}

/// A loop from `from` by `step` that goes on while `again`, which reads local 0.
std::string counting(const std::string& from, const std::string& step, const std::string& again,
                     const std::string& body = "") {
  return "(memory 1) (func (export \"f\") (param i32) (result i32) (local i32 i32)"
         "(local.set 1 (i32.const " +
         from +
         "))"
         "(loop " +
         body +
         "(local.set 2 (i32.add (local.get 2) (i32.const 1)))"
         "(local.set 1 (i32.add (local.get 1) (i32.const " +
         step + "))) (br_if 0 " + again + ")) (local.get 2))";
}

bool polls(const std::string& text) { return optimised(text).find("poll") != std::string::npos; }

/// What the loop counts must not change.
void check_count(const std::string& fields) {
  const std::vector<Instance> all = on_all_engines("(module " + fields + ")");
  INFO(fields);
  same_outcome(all, "f", {Value(std::int32_t{7})});
}

}  // namespace

TEST_CASE("loops with few known turns do not poll", "[jit][loops]") {
  const char* const kCounting[][3] = {
      {"0", "1", "(i32.lt_u (local.get 1) (i32.const 1000))"},
      {"0", "8", "(i32.ne (local.get 1) (i32.const 0x800))"},
      {"-100", "4", "(local.get 1)"},
      {"100", "-1", "(i32.gt_s (local.get 1) (i32.const -5))"},
      {"-5", "1", "(i32.le_s (local.get 1) (i32.const 5))"},
      {"50", "-7", "(i32.ge_u (local.get 1) (i32.const 8))"},
      {"3", "3", "(i32.eqz (i32.ge_s (local.get 1) (i32.const 300)))"},
  };
  for (const auto& c : kCounting) {
    const std::string text = counting(c[0], c[1], c[2]);
    INFO(text);
    CHECK(!polls(text));
    check_count(text);
  }
}

TEST_CASE("loops that may run long keep their poll", "[jit][loops]") {
  for (const std::string& text :
       {counting("0", "1", "(i32.lt_u (local.get 1) (local.get 0))"),
        counting("0", "0", "(i32.lt_u (local.get 1) (i32.const 10))"),
        counting("0", "2", "(i32.ne (local.get 1) (i32.const 5))"),
        counting("0", "1", "(i32.ne (local.get 1) (i32.const 0))"),
        counting("0", "1", "(i32.lt_u (local.get 1) (i32.const 0x7FFFFFFF))"),
        counting("0", "3", "(i32.le_u (local.get 1) (i32.const -1))"),
        counting("5", "1", "(i32.gt_u (local.get 1) (i32.const 2))"),
        counting("0", "-1", "(i32.lt_s (local.get 1) (i32.const 2))")}) {
    INFO(text);
    CHECK(polls(text));
  }
}

TEST_CASE("turns of nested loops multiply", "[jit][loops]") {
  const auto nested = [](const std::string& turns) {
    return "(func (local i32 i32) (loop (local.set 1 (i32.const 0)) (loop (local.set 1 (i32.add "
           "(local.get 1) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 1) (i32.const " +
           turns +
           ")))) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u "
           "(local.get 0) (i32.const " +
           turns + ")))))";
  };
  CHECK(count(optimised(nested("100")), "poll") == 0);
  CHECK(count(optimised(nested("1000")), "poll") == 1);
  CHECK(count(optimised(nested("1000000")), "poll") == 1);
}

TEST_CASE("turns of loops one after the other add up", "[jit][loops]") {
  const auto in_a_row = [](int loops, const std::string& turns) {
    std::string text = "(func (local i32)";
    for (int n = 0; n < loops; ++n) {
      text += "(local.set 0 (i32.const " + turns +
              ")) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))";
    }
    return text + ")";
  };
  CHECK(count(optimised(in_a_row(10, "1000")), "poll") == 0);
  const std::size_t left = count(optimised(in_a_row(100, "100000")), "poll");
  CHECK(left > 90);
  CHECK(left < 100);
}

TEST_CASE("a loop with a call keeps its poll", "[jit][loops]") {
  CHECK(count(optimised("(import \"a\" \"b\" (func)) " +
                        counting("0", "1", "(i32.lt_u (local.get 1) (i32.const 9))", "(call 0)")),
              "poll") == 1);
  CHECK(count(optimised(counting("0", "1", "(i32.lt_u (local.get 1) (i32.const 9))",
                                 "(memory.fill (i32.const 0) (i32.const 0) (local.get 0))")),
              "poll") == 1);
}

TEST_CASE("constants and invariant work lie in front of loops", "[jit][loops]") {
  const std::string text = optimised(R"((memory 1)
    (func (param $n i32) (param $x i64) (local $s f64) (local $t i64)
      (loop
        (loop
          (local.set $s (f64.add (f64.mul (local.get $s) (f64.const 0.5)) (f64.const 0.25)))
          (local.set $t (i64.add (local.get $t) (i64.mul (local.get $x) (i64.const 77))))
          (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.set $s (f64.mul (local.get $s) (f64.const 0.5)))
        (f64.store (i32.const 0) (local.get $s))
        (i64.store (i32.const 8) (local.get $t))
        (br_if 0 (local.get $n)))))");
  const std::size_t first_loop = text.find("phi");
  REQUIRE(first_loop != std::string::npos);
  const std::string inside = text.substr(first_loop);
  CHECK(inside.find("const.f64") == std::string::npos);
  CHECK(inside.find("mul.i64") == std::string::npos);
  CHECK(count(text, "const.f64") == 3);  // 0, 0.5 once, 0.25
}

TEST_CASE("nothing moves over a call or out of the loop it depends on", "[jit][loops]") {
  const std::string text = optimised(R"((import "a" "b" (func $f))
    (func (param $n i32) (result f64) (local $s f64)
      (loop (call $f) (local.set $s (f64.mul (local.get $s) (f64.const 0.5)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s)))");
  CHECK(text.find("phi") < text.rfind("const.f64"));
  CHECK(text.find("phi") < text.find("fmul"));
}

TEST_CASE("of sums in a loop the part that rests lies in front where addresses take in no sums",
          "[jit][loops]") {
  // Base and number are added up in front; in the loop is one addition for the address.
  const auto scan = [](const std::string& again) {
    return "(import \"a\" \"b\" (func $f)) (memory 1)"
           "(func (export \"f\") (param $p i32) (result i32) (local $i i32) (local $s i32)"
           "(loop (local.set $s (i32.add (local.get $s) (i32.load8_u"
           " (i32.add (i32.add (local.get $p) (local.get $i)) (i32.const 1000)))))" +
           again +
           "(br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1)))"
           " (i32.const 100)))) (local.get $s))";
  };
  const auto inside = [](const std::string& text) { return text.substr(text.find("phi")); };
  const jit::Target& arm64 = jit::arm64_target();
  // s + x, i + 1 and the address.
  CHECK(count(inside(optimised(scan(""), arm64)), " add.i32") == 3);
  CHECK(count(inside(optimised(scan(""))), " add.i32") == 4);
  CHECK(count(inside(optimised(scan("(call $f)"), arm64)), " add.i32") == 4);
  // Both parts move, or the sum is wanted elsewhere.
  CHECK(count(inside(optimised("(memory 1) (func (param $p i32) (local $i i32)"
                               "(loop (i32.store (i32.add (i32.add (local.get $i) (i32.load"
                               " (local.get $i))) (i32.const 1000)) (local.get $p))"
                               "(br_if 0 (local.tee $i (i32.add (local.get $i) (i32.const 1))))))",
                               arm64)),
              " add.i32") == 3);
  CHECK(count(inside(optimised("(memory 1) (func (param $p i32) (local $i i32)"
                               "(loop (i32.store (i32.add (i32.add (local.get $p) (local.get $i))"
                               " (i32.const 1000)) (i32.add (local.get $p) (local.get $i)))"
                               "(br_if 0 (local.tee $i (i32.add (local.get $i) (i32.const 1))))))",
                               arm64)),
              " add.i32") == 3);
}

TEST_CASE("values that rest in a crowded loop rest in their slots", "[jit][loops]") {
  // Nine values and a counter go round the loop; four parameters are wanted behind it.
  std::string text = "(func (export \"f\") (param i32 i32 i32 i32) (result i32) (local";
  for (int n = 4; n < 14; ++n) text += " i32";
  text += ")(local.set 13 (local.get 0)) (loop ";
  for (int n = 4; n < 13; ++n) {
    const std::string from = std::to_string(n == 12 ? 4 : n + 1);
    text += "(local.set " + std::to_string(n) + " (i32.add (i32.rotl (local.get " +
            std::to_string(n) + ") (i32.const 3)) (i32.add (local.get " + from +
            ") (local.get 13))))";
  }
  text += "(br_if 0 (local.tee 13 (i32.sub (local.get 13) (i32.const 1)))))";
  for (int n = 0; n < 13; ++n) text += "(local.get " + std::to_string(n) + ")";
  for (int n = 0; n < 12; ++n) text += "(i32.xor)";
  text += ")";
  Compiled c(wat("(module " + text + ")"));
  REQUIRE(c.checked.ok);
  REQUIRE(c.compile() == nullptr);
  std::size_t moves = 0;
  for (const jit::MBlock& block : c.machine.blocks) {
    if (block.loop_depth == 0) continue;
    for (const std::uint32_t i : block.insts) {
      const jit::MInst& inst = c.machine.insts[i];
      if (inst.op != jit::kMove) continue;
      for (const jit::MOperand& op : c.machine.operands(inst)) moves += op.loc.is_slot() ? 1 : 0;
    }
  }
  CHECK(moves == 0);
  CHECK(c.machine.spill_slots > 0);
  const std::vector<Instance> all = on_all_engines("(module " + text + ")");
  same_outcome(all, "f",
               {Value(std::int32_t{7}), Value(std::int32_t{-2}), Value(std::int32_t{30}),
                Value(std::int32_t{400})});
}

TEST_CASE("a turn that passes another poll has none of its own", "[jit][loops]") {
  // Loops of unknown turns: x goes down to zero, or memory says when it is over.
  const std::string again = "(br_if 0 (i32.load (i32.const 8)))";
  const auto polls_in = [](const std::string& body, const std::string& more = "") {
    const std::string fields = "(memory 1) (func $f (export \"f\") (param i32) (result i32) " +
                               body + " (i32.const 0))" + more;
    check_count(fields);
    return count(optimised(fields), "poll");
  };
  const std::string inner = "(loop " + again + ")";
  CHECK(polls_in(inner) == 1);
  CHECK(polls_in("(loop " + inner + again + ")") == 1);
  CHECK(polls_in("(loop (loop " + inner + again + ")" + again + ")") == 1);
  CHECK(polls_in("(loop " + inner + inner + again + ")") == 2);
  // Some turns do not come to the loop inside.
  CHECK(polls_in("(loop (if (i32.load (i32.const 4)) (then " + inner + "))" + again + ")") == 2);
  CHECK(polls_in("(loop (br_if 0 (i32.load (i32.const 4)))" + inner + again + ")") == 2);
  CHECK(polls_in("(loop (if (i32.load (i32.const 4)) (then " + inner + ") (else " + inner + "))" +
                 again + ")") == 2);
  // One inside that counts few turns has no poll to rely on.
  CHECK(polls_in("(loop (local.set 0 (i32.const 0)) (loop (local.set 0 (i32.add (local.get 0)"
                 "(i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 9))))" +
                 again + ")") == 1);
  // The function's own entry looks for interrupts, others may not.
  const std::string self =
      "(if (local.get 0) (then (drop (call $f (i32.sub (local.get 0) (i32.const 1))))))";
  const std::string always = "(drop (call $f (i32.const 0)))";
  const std::string recurse = "(if (i32.eqz (local.get 0)) (then (return (i32.const 1))))";
  CHECK(polls_in(recurse + "(loop " + always + again + ")") == 0);
  CHECK(polls_in("(loop " + self + again + ")") == 1);
  CHECK(polls_in("(loop (drop (call $g)) " + again + ")", "(func $g (result i32) (i32.const 1))") ==
        1);
}
