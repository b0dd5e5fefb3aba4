// Spilled parameters of loops: what comes back to them lies in their slot already.
#include <string>

#include "jit/lower/mir_print.h"
#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr int kWords = 20;  // more than there are registers

std::string get(int n) { return "(local.get " + std::to_string(n) + ")"; }
std::string set(int n, const std::string& value) {
  return "(local.set " + std::to_string(n) + " " + value + ")";
}

/// Local 0 counts down; the rest are made from each other in every turn by `step`.
template <class Step>
std::string words(Step&& step) {
  std::string text = "(module (func (export \"f\") (param i32) (result i32) (local";
  for (int n = 1; n <= kWords; ++n) text += " i32";
  text += ")";
  for (int n = 1; n <= kWords; ++n) {
    text += set(n, "(i32.add (local.get 0) (i32.const " + std::to_string(n * n * 77) + "))");
  }
  text += "(loop ";
  text += step();
  text += set(0, "(i32.sub (local.get 0) (i32.const 1))") + "(br_if 0 (local.get 0)))";
  std::string sum = get(1);
  for (int n = 2; n <= kWords; ++n) {
    sum = "(i32.add (i32.mul " + sum + " (i32.const 31)) " + get(n) + ")";
  }
  return text + sum + "))";
}

/// How many moves from slot to slot lie within loops; the results must be the same everywhere.
int slot_moves(const std::string& text) {
  const std::vector<Instance> all = on_all_engines(text);
  for (const std::int32_t x : {1, 2, 3, 10}) same_outcome(all, "f", {Value(x)});
  Compiled c(wat(text));
  REQUIRE(c.checked.ok);
  REQUIRE(c.compile() == nullptr);
  REQUIRE(c.machine.spill_slots != 0);
  int found = 0;
  for (const jit::MBlock& block : c.machine.blocks) {
    if (block.loop_depth == 0) continue;
    for (const std::uint32_t n : block.insts) {
      const jit::MInst& i = c.machine.insts[n];
      if (i.op != jit::kMove) continue;
      const auto ops = c.machine.operands(i);
      found += ops[0].loc.is_slot() && ops[1].loc.is_slot() ? 1 : 0;
    }
  }
  return found;
}

std::string mixed(int a, int b) {
  return "(i32.rotl (i32.xor " + get(a) + " " + get(b) + ") (i32.const 7))";
}

}  // namespace

TEST_CASE("what is made anew in each turn comes back in its own slot", "[jit][slots]") {
  CHECK(slot_moves(words([] {
          std::string text;
          for (int n = 1; n <= kWords; ++n) text += set(n, mixed(n, n % kWords + 1));
          return text;
        })) == 0);
}

TEST_CASE("what is still needed when its successor begins has a slot of its own", "[jit][slots]") {
  // Every word is read again after all are made: last and next value live beside each other.
  slot_moves(words([] {
    std::string text;
    for (int n = 1; n <= kWords; ++n) text += mixed(n, n % kWords + 1);
    for (int n = kWords; n >= 1; --n) {
      text += set(n, "(i32.add " + get(n) + " (i32.const 3))");
      text += "drop " + mixed(n, n % kWords + 1);
    }
    text += std::string("drop ");
    for (int n = 1; n < kWords; ++n) text += "drop ";
    return text;
  }));
  // All change places.
  slot_moves(words([] {
    std::string text;
    for (int n = 1; n <= kWords; ++n) text += get(n);
    for (int n = 1; n <= kWords; ++n) text += "(local.set " + std::to_string(n) + ") ";
    return text;
  }));
  // By two ways back, one of which changes half of them.
  slot_moves(words([] {
    std::string text;
    for (int n = 1; n <= kWords; n += 2) text += set(n, mixed(n, n % kWords + 1));
    text += set(0, "(i32.sub (local.get 0) (i32.const 1))") +
            "(br_if 0 (i32.gt_s (local.get 0) (i32.const 5)))";
    text += set(0, "(i32.add (local.get 0) (i32.const 1))");
    for (int n = 2; n <= kWords; n += 2) text += set(n, mixed(n, n % kWords + 1));
    return text;
  }));
  // A loop in the loop that hands its own on.
  slot_moves(words([] {
    std::string text = "(block $out (loop $in ";
    for (int n = 1; n <= kWords; ++n) text += set(n, mixed(n, n % kWords + 1));
    return text + "(br_if $in (i32.gt_u (i32.and (local.get 3) (i32.const 7)) (i32.const 2)))))";
  }));
}

TEST_CASE("a running largest stays in its register", "[jit][regalloc]") {
  const std::string text =
      "(module (func (export \"f\") (param $n i32) (result i32) (local $m i32)"
      "(local.set $m (i32.const 500))"
      "(loop $l (local.set $m (select (local.get $n) (local.get $m)"
      " (i32.gt_s (local.get $n) (local.get $m))))"
      "(br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (local.get $m)))";
  for (const std::int32_t n : {1, 3, 1000}) {
    same_outcome(on_all_engines(text), "f", {Value(n)});
  }
  Compiled c(wat(text));
  REQUIRE(c.checked.ok);
  REQUIRE(c.compile() == nullptr);
  const std::string listing = jit::print(*c.context.target, c.machine);
  INFO(listing);
  CHECK(count(listing, "= cmp.cmov") == 8);
  CHECK(count(listing, "= move") == 0);
}
