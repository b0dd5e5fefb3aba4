// Turns of tiny loops behind each other: where it is done, what is left alone, and that every way
// around still passes a poll.
#include <algorithm>
#include <span>
#include <string>

#include "jit/lower/unroll.h"
#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// How often the first function's code has an instruction of this kind.
struct Counts {
  std::uint32_t polls = 0;
  std::uint32_t loads = 0;
};

/// Whether somebody can go around without passing a poll: a circle among the blocks without one.
bool polls_everywhere(const jit::MFunc& func) {
  enum : std::uint8_t { kNew, kOpen, kDone };
  std::vector<std::uint8_t> state(func.blocks.size(), kNew);
  const auto polls = [&](std::uint32_t b) {
    return std::any_of(func.blocks[b].insts.begin(), func.blocks[b].insts.end(),
                       [&](std::uint32_t i) { return func.insts[i].op == jit::kPoll; });
  };
  struct Step {
    std::uint32_t block;
    std::size_t succ;
  };
  for (std::uint32_t start = 0; start < func.blocks.size(); ++start) {
    if (state[start] != kNew || polls(start)) continue;
    std::vector<Step> path = {{start, 0}};
    state[start] = kOpen;
    while (!path.empty()) {
      Step& at = path.back();
      if (at.succ == func.blocks[at.block].succs.size()) {
        state[at.block] = kDone;
        path.pop_back();
        continue;
      }
      const std::uint32_t to = raw(func.blocks[at.block].succs[at.succ++].to);
      if (polls(to) || state[to] == kDone) continue;
      if (state[to] == kOpen) return false;
      state[to] = kOpen;
      path.push_back({to, 0});
    }
  }
  return true;
}

/// The links of both directions say the same, and loops lie where their headers say.
bool is_sound(const jit::MFunc& func) {
  std::size_t ways = 0;
  for (std::uint32_t b = 0; b < func.blocks.size(); ++b) {
    const jit::MBlock& block = func.blocks[b];
    if (block.insts.empty()) return false;
    ways += block.succs.size();
    for (const jit::MEdge& edge : block.succs) {
      const std::span<const jit::MBlockId> preds = func.blocks[raw(edge.to)].preds;
      if (std::count(preds.begin(), preds.end(), jit::MBlockId{b}) != 1) return false;
      if (raw(edge.to) <= b && !func.blocks[raw(edge.to)].is_loop_header) return false;
    }
    if (block.is_loop_header && (block.loop_end <= b || block.loop_end > func.blocks.size())) {
      return false;
    }
    if (block.loop_header != jit::MBlockId{~0u}) {
      const jit::MBlock& head = func.blocks[raw(block.loop_header)];
      if (!head.is_loop_header || raw(block.loop_header) > b || b >= head.loop_end) return false;
    }
  }
  for (const jit::MBlock& block : func.blocks) ways -= block.preds.size();
  return ways == 0;
}

Counts counts_of(const std::string& fields) {
  INFO(fields);
  const std::vector<Instance> all = on_all_engines("(module " + fields + ")");
  for (const std::int32_t x : {1, 2, 3, 4, 5, 6, 7, 8, 9, 65530, 65536}) {
    same_outcome(all, "f", {Value(x)});
  }
  Compiled c(wat("(module " + fields + ")"));
  REQUIRE(c.checked.ok);
  REQUIRE(c.compile() == nullptr);
  CHECK(is_sound(c.machine));
  CHECK(polls_everywhere(c.machine));
  Counts counts;
  for (const jit::MBlock& block : c.machine.blocks) {
    for (const std::uint32_t i : block.insts) {
      counts.polls += c.machine.insts[i].op == jit::kPoll ? 1 : 0;
      counts.loads += c.machine.insts[i].mem_guest ? 1 : 0;
    }
  }
  return counts;
}

const std::string kFunc =
    "(memory 1) (data (i32.const 0) \"abc\\00defghi\") (func $f (export \"f\") (param $x i32)"
    "(result i32) (local $s i32) (local $n i32)";
const std::string kAdd =
    "(local.set $s (i32.add (local.get $s) (i32.load8_u (local.get $n))))"
    "(local.set $n (i32.add (local.get $n) (i32.const 1)))";

}  // namespace

TEST_CASE("tiny loops share a poll among several turns", "[jit][unroll]") {
  const Counts ends_below = counts_of(kFunc + "(loop " + kAdd +
                                      "(br_if 0 (i32.ne (local.get $n) (local.get $x))))"
                                      "(local.get $s))");
  CHECK(ends_below.polls == 1);
  CHECK(ends_below.loads == 8);
  // Left in the middle, by two ways of which one has something to do.
  const Counts middle = counts_of(
      kFunc + "(block $out (loop $next (br_if $out (i32.eq (local.get $n) (local.get $x)))" + kAdd +
      "(if (i32.eqz (i32.load8_u (local.get $n))) (then (local.set $n (i32.const 99))"
      " (br $out))) (br $next))) (i32.add (local.get $n) (local.get $s)))");
  CHECK(middle.polls == 1);
  CHECK(middle.loads == 16);
  // Two ways back.
  const Counts two =
      counts_of(kFunc + "(loop $next " + kAdd +
                "(br_if $next (i32.and (local.get $n) (i32.const 1)))"
                "(local.set $s (i32.xor (local.get $s) (i32.const 5)))"
                "(br_if $next (i32.lt_u (local.get $n) (local.get $x)))) (local.get $s))");
  CHECK(two.polls == 1);
  CHECK(two.loads == 8);
  // A cold way back is repeated as well.
  const Counts cold = counts_of(kFunc + "(loop $next " + kAdd +
                                "(@metadata.code.branch_hint \"\\00\")"
                                "(if (i32.ne (local.get $n) (local.get $x)) (then "
                                "(local.set $s (i32.xor (local.get $s) (i32.const 5)))"
                                "(br $next)))) (local.get $s))");
  CHECK(cold.polls == 1);
  CHECK(cold.loads == 8);
  // Of larger ones four stand behind each other.
  const Counts larger = counts_of(kFunc + "(loop " + kAdd + kAdd + kAdd + kAdd + kAdd +
                                  "(br_if 0 (i32.ne (local.get $n) (local.get $x))))"
                                  "(local.get $s))");
  CHECK(larger.polls == 1);
  CHECK(larger.loads == 20);
}

TEST_CASE("only the innermost loop is repeated", "[jit][unroll]") {
  const Counts nest =
      counts_of(kFunc + "(loop $outer (local.set $n (i32.const 0)) (loop $inner " + kAdd +
                "(br_if $inner (i32.lt_u (local.get $n) (i32.and (local.get $x) (i32.const 15)))))"
                "(local.set $x (i32.shr_u (local.get $x) (i32.const 1)))"
                "(br_if $outer (local.get $x))) (local.get $s))");
  CHECK(nest.polls == 1);
  CHECK(nest.loads == 8);
  const Counts beside = counts_of(
      kFunc + "(loop " + kAdd + "(br_if 0 (i32.ne (local.get $n) (local.get $x))))" + "(loop " +
      "(local.set $s (i32.add (local.get $s) (i32.load8_u (local.get $x))))"
      "(local.set $x (i32.sub (local.get $x) (i32.const 1)))"
      "(br_if 0 (local.get $x))) (local.get $s))");
  CHECK(beside.polls == 2);
  CHECK(beside.loads == 16);
}

TEST_CASE("loops with calls or of many instructions stay", "[jit][unroll]") {
  const std::string again = "(br_if 0 (i32.lt_u (local.get $n) (local.get $x)))) (local.get $s))";
  const Counts call =
      counts_of(kFunc + "(loop " + kAdd + "(local.set $s (call $g (local.get $s)))" + again +
                "(func $g (param i32) (result i32) (local.get 0))");
  CHECK(call.loads == 1);
  std::string many;
  for (int n = 0; n < 9; ++n) many += kAdd;
  const Counts large = counts_of(kFunc + "(loop " + many + again);
  CHECK(large.polls == 1);
  CHECK(large.loads == 9);
}
