// Behind each check of bounds that a branch decides stands what keeps the index inside when the
// branch is guessed wrong, on both machines; and nothing of it where the option is off.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "jit/x64/mir_ops.h"
#include "tests/jit/compile.h"

using namespace wasmrt;

namespace {

struct Guards {
  std::size_t clamps = 0;
  std::size_t barriers = 0;
  friend bool operator==(const Guards&, const Guards&) = default;
};

Guards on_x64(const test::Compiled& c) {
  Guards g;
  for (const jit::MInst& i : c.machine.insts) {
    const bool check = i.op == jit::x64::kMemCheck || i.op == jit::x64::kJumpTable;
    const bool barrier = check && (i.aux & jit::kOffsetOutside) != 0;
    g.clamps += i.op == jit::x64::kCmpGuard || (check && !barrier && (i.aux & jit::kSpectreGuard));
  }
  constexpr std::array<std::uint8_t, 3> kLfence = {0x0F, 0xAE, 0xE8};
  const auto end = c.blob.code.begin() + c.blob.code_bytes;
  for (auto at = c.blob.code.begin();; ++at, ++g.barriers) {
    at = std::search(at, end, kLfence.begin(), kLfence.end());
    if (at == end) return g;
  }
}

Guards on_arm64(const test::Compiled& c) {
  Guards g;
  for (std::uint32_t at = 0; at + 4 <= c.blob.code_bytes; at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, c.blob.code.data() + at, 4);
    g.clamps += word == 0xD503229F;    // csdb
    g.barriers += word == 0xD5033F9F;  // dsb sy
  }
  return g;
}

/// Of function 0, which both machines must have alike.
Guards guards(const std::string& fields, bool on = true) {
  std::vector<Guards> both;
  for (const jit::Target* target : test::all_targets()) {
    test::Compiled c(test::wat("(module " + fields + ")"), *target);
    INFO(c.checked.error.message);
    REQUIRE(c.checked.ok);
    c.context.options.spectre_guards = on;
    REQUIRE(c.compile() == nullptr);
    both.push_back(target == &jit::x64_target() ? on_x64(c) : on_arm64(c));
  }
  CHECK(both[0] == both[1]);
  return both[0];
}

const std::string kOwnTable = "(table 4 funcref) (elem (i32.const 0) $g) (func $g)";
const std::string kSharedTable = "(table (export \"t\") 4 funcref)";

}  // namespace

TEST_CASE("indices of tables stay inside where a branch is guessed wrong", "[jit][spectre]") {
  const std::string call = "(func (param i32) (call_indirect (local.get 0)))";
  const std::string twice =
      "(func (param i32) (call_indirect (local.get 0)) (call_indirect (local.get 0)))";
  CHECK(guards(call + kOwnTable) == Guards{1, 0});
  CHECK(guards(call + kSharedTable) == Guards{1, 0});
  CHECK(guards("(func (param i32) (return_call_indirect (local.get 0)))" + kSharedTable) ==
        Guards{1, 0});
  CHECK(guards("(func (param i32) (result funcref) (table.get (local.get 0)))" + kSharedTable) ==
        Guards{1, 0});
  CHECK(guards("(func (param i32) (table.set (local.get 0) (ref.null func)))" + kSharedTable) ==
        Guards{1, 0});
  // Where the first one's check holds for the second, its index does, too.
  CHECK(guards(twice + kOwnTable) == Guards{1, 0});
  for (const std::string& table : {kOwnTable, kSharedTable}) {
    CHECK(guards(call + table, false) == Guards{0, 0});
  }
}

TEST_CASE("br_table stays in its table where a branch is guessed wrong", "[jit][spectre]") {
  const std::string jump = R"((func (param i32) (result i32)
    (block (block (block (block (block (br_table 0 1 2 1 3 4 (local.get 0)))
      (return (i32.const 10))) (return (i32.const 21))) (return (i32.const 35)))
      (return (i32.const 47))) (i32.const 5)))";
  CHECK(guards(jump) == Guards{1, 0});
  CHECK(guards(jump, false) == Guards{0, 0});
}

TEST_CASE("checked addresses stay inside where a branch is guessed wrong", "[jit][spectre]") {
  const auto load = [](const std::string& memory, const std::string& offset) {
    return "(memory " + memory + ") (func (param i64) (result i32) (i32.load offset=" + offset +
           " (local.get 0)))";
  };
  CHECK(guards(load("i64 1", "0")) == Guards{1, 0});
  CHECK(guards(load("i64 1", "65532")) == Guards{1, 0});
  // An offset that may itself be outside is none that an index of 0 would mend.
  CHECK(guards(load("i64 1", "65533")) == Guards{0, 1});
  CHECK(guards(load("i64 0", "0")) == Guards{0, 1});
  CHECK(guards(load("i64 1", "0x100000000")) == Guards{0, 1});
  CHECK(guards(load("i64 1", "0"), false) == Guards{0, 0});
  CHECK(guards(load("i64 0", "0"), false) == Guards{0, 0});
  // Guard pages need none: no address of 32 bits gets behind them.
  CHECK(guards("(memory 1) (func (param i32) (result i32) (i32.load (local.get 0)))") ==
        Guards{0, 0});
}
