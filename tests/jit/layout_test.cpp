// The order of blocks in memory: every block that has code once, and jumps saved at loops.
#include <algorithm>

#include "jit/lower/layout.h"
#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// Scans bytes: two ways meet in the last block, which goes on with the next byte.
constexpr const char* kScan =
    "(module (memory 1) (data (i32.const 3) \"abc d\\0aef\\00\") (func (export \"f\") (param i32) "
    "(result i32) (local i32)"
    "(block $out (loop $next"
    " (local.set 1 (i32.load8_u (local.get 0)))"
    " (block $on"
    "  (br_if $on (i32.gt_u (local.get 1) (i32.const 32)))"
    "  (br_if $out (i32.eqz (local.get 1)))"
    "  (br_if $out (i32.eq (local.get 1) (i32.const 10))))"
    " (local.set 0 (i32.add (local.get 0) (i32.const 1)))"
    " (br $next)))"
    "(local.get 0)))";

/// Leaves in the middle, with one way to the next turn.
constexpr const char* kMiddle =
    "(module (memory 1) (func (export \"f\") (param i32) (result i32)"
    "(block $out (loop $next"
    " (br_if $out (i32.load8_u (local.get 0)))"
    " (local.set 0 (i32.add (local.get 0) (i32.const 4096)))"
    " (br $next)))"
    "(local.get 0)))";

/// The inner loop's way out has moves to make and falls into the outer loop's last block.
constexpr const char* kNested =
    "(module (func (export \"f\") (param i32) (result i32) (local $x i32) (local $s i32)"
    "(block $out (loop $outer"
    " (br_if $out (i32.eqz (local.get 0)))"
    " (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
    " (local.set $x (i32.and (local.get 0) (i32.const 7)))"
    " (block $join"
    "  (br_if $join (i32.and (local.get 0) (i32.const 1)))"
    "  (loop $inner"
    "   (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 3)) (i32.const 1)))"
    "   (if (i32.gt_u (local.get $x) (i32.const 100))"
    "    (then (local.set $x (i32.const 77)) (br $join)))"
    "   (br $inner)))"
    " (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31)) (local.get $x)))"
    " (br $outer)))"
    "(local.get $s)))";

void check_complete(const jit::Layout& layout) {
  std::vector<std::uint32_t> order = layout.order;
  REQUIRE(!order.empty());
  CHECK(order[0] == 0);
  std::sort(order.begin(), order.end());
  CHECK(std::adjacent_find(order.begin(), order.end()) == order.end());
  for (std::uint32_t b = 0; b < layout.ends.size(); ++b) {
    const bool there = std::binary_search(order.begin(), order.end(), b);
    REQUIRE(there == (b == 0 || layout.ends[b] == b));
    REQUIRE(std::binary_search(order.begin(), order.end(), layout.ends[b]));
  }
}

/// Blocks that only jump, each to the one named here.
jit::Layout of_jumps(const std::vector<std::uint32_t>& targets) {
  jit::MFunc func;
  func.clear();
  jit::MInst jump;
  jump.op = jit::kJump;
  for (std::uint32_t b = 0; b < targets.size(); ++b) {
    func.insts.push_back(jump);
    jit::MBlock& block = func.blocks.emplace_back();
    block.insts = func.lists->make<std::uint32_t>(1);
    block.insts[0] = b;
    block.succs = func.lists->make<jit::MEdge>(1);
    block.succs[0].to = jit::MBlockId{targets[b]};
  }
  return jit::lay_out(func);
}

/// The block in front of the first loop's head, and whether it belongs to the loop.
bool begins_with_its_last(const char* text, bool rotate_all = false) {
  Compiled c(wat(text));
  REQUIRE(c.checked.ok);
  REQUIRE(c.compile() == nullptr);
  const jit::Layout layout = jit::lay_out(c.machine, rotate_all);
  const std::vector<std::uint32_t>& order = layout.order;
  check_complete(layout);
  for (std::size_t n = 1; n < order.size(); ++n) {
    const jit::MBlock& head = c.machine.blocks[order[n]];
    if (!head.is_loop_header) continue;
    return order[n - 1] > order[n] && order[n - 1] < head.loop_end;
  }
  FAIL("there is no loop");
  return false;
}

}  // namespace

TEST_CASE("a loop begins with its last block where several ways meet", "[jit][layout]") {
  CHECK(begins_with_its_last(kScan));
  CHECK(!begins_with_its_last(kMiddle));
  CHECK(begins_with_its_last(kMiddle, true));
  CHECK(begins_with_its_last(kScan, true));
  CHECK(begins_with_its_last(kNested));
  same_outcome(on_all_engines(kNested), "f", {Value(std::int32_t{9})});
  same_outcome(on_all_engines(kScan), "f", {Value(std::int32_t{3})});
  same_outcome(on_all_engines(kScan), "f", {Value(std::int32_t{8})});
  same_outcome(on_all_engines(kMiddle), "f", {Value(std::int32_t{0})});
}

TEST_CASE("chains of empty blocks end at one that is there", "[jit][layout]") {
  std::vector<std::uint32_t> chain;
  for (std::uint32_t b = 0; b < 100; ++b) chain.push_back(b + 1);
  chain.push_back(100);  // around itself
  const jit::Layout line = of_jumps(chain);
  check_complete(line);
  CHECK(line.order == std::vector<std::uint32_t>{0, 100});
  const jit::Layout circle = of_jumps({2, 3, 1, 2});
  check_complete(circle);
  CHECK(circle.order == std::vector<std::uint32_t>{0, circle.ends[0]});
}

TEST_CASE("what a branch hint calls unlikely lies behind everything else", "[jit][layout]") {
  // Both arms go around; the one that adds 5 is a block of its own.
  const auto order_of = [](const std::string& hint, bool hot_first) {
    const std::string text =
        "(module (memory 1) (func (export \"f\") (param i32) (result i32) (local $s i32)"
        "(loop $next " +
        hint + "(if (i32.and (local.get 0) (i32.const 3)) " +
        (hot_first ? "(then (local.set $s (i32.xor (local.get $s) (local.get 0))))"
                     "(else (local.set $s (i32.mul (local.get $s) (i32.const 5))))"
                   : "(then (local.set $s (i32.mul (local.get $s) (i32.const 5))))"
                     "(else (local.set $s (i32.xor (local.get $s) (local.get 0))))") +
        ") (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get $s)))";
    same_outcome(on_all_engines(text), "f", {Value(std::int32_t{1000})});
    Compiled c(wat(text));
    REQUIRE(c.checked.ok);
    REQUIRE(c.compile() == nullptr);
    const jit::Layout layout = jit::lay_out(c.machine);
    check_complete(layout);
    std::vector<bool> cold;
    for (const std::uint32_t b : layout.order) cold.push_back(c.machine.blocks[b].cold);
    return cold;
  };
  const auto ends_cold = [](const std::vector<bool>& cold) {
    return cold.back() && !cold.front() && std::is_sorted(cold.begin(), cold.end());
  };
  const std::string unlikely = "(@metadata.code.branch_hint \"\\00\")";
  const std::string likely = "(@metadata.code.branch_hint \"\\01\")";
  CHECK(ends_cold(order_of(unlikely, false)));
  CHECK(ends_cold(order_of(likely, true)));
  const std::vector<bool> none = order_of("", true);
  CHECK(std::count(none.begin(), none.end(), true) == 0);
}
