// br_table in all the forms it is compiled to: comparisons, bit tests and tables, with every index
// around the runs of its targets, to blocks, loops and the function's end, with values on the way.
#include <cstdint>
#include <string>
#include <vector>

#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// Targets 0 to 3, the last entry the default. The forms are those of jit/build/build_switch.cpp.
struct Switch {
  const char* what;
  std::vector<int> targets;
  bool jumps_by_table;
};

std::vector<Switch> switches() {
  std::vector<Switch> all = {
      {"only a default", {2}, false},
      {"one entry", {1, 0}, false},
      {"one entry, the same", {1, 1}, false},
      {"nothing but the default", {3, 3, 3, 3, 3, 3}, false},
      {"one run from zero", {1, 1, 1, 0}, false},
      {"one run after the default", {0, 0, 2, 2, 0}, false},
      {"two entries apart", {0, 2, 2, 0, 2}, false},
      {"three different beside each other", {0, 1, 2, 3}, false},
      {"three runs beside each other", {0, 0, 1, 2, 2, 2, 3}, false},
      {"three runs, then the default again", {0, 0, 3, 2, 2, 3, 3, 1, 3, 3, 3}, false},
      {"one target, many runs", {0, 1, 0, 1, 0, 1, 0, 1, 1}, false},
      {"two targets, many runs", {0, 1, 2, 1, 0, 2, 0, 1, 0, 0, 1, 2, 2, 2}, false},
      {"two targets and no default between", {0, 1, 0, 1, 0, 1, 0, 1, 2}, false},
      {"two targets, three runs", {0, 1, 0, 2}, false},
      {"three targets, many runs", {0, 1, 2, 0, 1, 2, 3}, true},
      {"four different", {0, 1, 2, 1, 3}, true},
  };
  for (const int length : {31, 32, 33, 63, 64, 65, 66, 129}) {
    Switch one{"one target in every third place", {}, length > 64};
    Switch two{"two targets in turn", {}, length > 64};
    Switch run{"one long run", {}, false};
    for (int n = 0; n < length; ++n) {
      one.targets.push_back(n % 3 == 0 || n == length - 1 ? 1 : 0);
      two.targets.push_back(n % 2 == 0 ? 2 : 3);
      run.targets.push_back(n < 5 ? 3 : 2);
    }
    for (Switch* t : {&one, &two, &run}) t->targets.push_back(t == &run ? 3 : 0);
    all.push_back(one);
    all.push_back(two);
    all.push_back(run);
  }
  return all;
}

std::string list(const std::vector<int>& targets) {
  std::string text;
  for (const int t : targets) text += ' ' + std::to_string(t);
  return text;
}

/// Per table: to blocks, where locals meet; with an operand, out of the function too; and round a
/// loop.
std::string module_of(const std::vector<Switch>& all) {
  std::string text = "(module";
  for (std::size_t n = 0; n < all.size(); ++n) {
    const std::string number = std::to_string(n);
    const std::string targets = list(all[n].targets);
    text += "(func (export \"blocks" + number + "\") (param i32) (result i32) (local i32)" +
            "(local.set 1 (i32.mul (local.get 0) (i32.const 3)))" +
            "(block (block (block (block (local.set 1 (i32.add (local.get 1) (i32.const 7)))" +
            "(br_table" + targets + " (local.get 0)))" +
            "(local.set 1 (i32.add (local.get 1) (i32.const 1000)))) (return (local.get 1)))" +
            "(local.set 1 (i32.xor (local.get 1) (i32.const 77)))) (local.get 1))";
    text += "(func (export \"values" + number + "\") (param i32) (result i32)" +
            "(i32.add (i32.const 1) (block (result i32) (i32.add (i32.const 10)" +
            "(block (result i32) (i32.add (i32.const 100) (block (result i32)" + "(br_table" +
            targets + " (i32.add (local.get 0) (i32.const 5000)) (local.get 0))" + "))))))) ";
    text += "(func (export \"loop" + number + "\") (param i32) (result i32) (local i32 i32)" +
            "(block (block (block (loop" + "(local.set 1 (i32.add (local.get 1) (i32.const 1)))" +
            "(local.set 2 (i32.sub (i32.add (local.get 0) (local.get 1)) (i32.const 1)))" +
            "(br_if 3 (i32.gt_u (local.get 1) (i32.const 9)))" + "(br_table" + targets +
            " (local.get 2)))) (return (i32.add (local.get 1) " +
            "(i32.const 100)))) (return (i32.add (local.get 1) (i32.const 200))))" +
            "(i32.add (local.get 1) (local.get 2)))";
  }
  return text + ")";
}

}  // namespace

TEST_CASE("switches go where their tables say", "[jit][switch]") {
  const std::vector<Switch> all = switches();
  const std::vector<Instance> engines = on_all_engines(module_of(all));
  for (std::size_t n = 0; n < all.size(); ++n) {
    INFO(all[n].what << list(all[n].targets));
    std::vector<std::int32_t> indices = {-1, -2, INT32_MIN, INT32_MAX, 256, 65536, 4096 + 1};
    for (int i = 0; i < static_cast<int>(all[n].targets.size()) + 3; ++i) indices.push_back(i);
    for (int bit = 5; bit < 31; ++bit) indices.push_back(1 << bit | 1);
    for (const std::int32_t i : indices) {
      INFO("index " << i);
      for (const char* form : {"blocks", "values", "loop"}) {
        same_outcome(engines, form + std::to_string(n), {Value(i)});
      }
    }
  }
}

TEST_CASE("small switches need no table", "[jit][switch]") {
  const std::vector<Switch> all = switches();
  Compiled c(wat(module_of(all)));
  REQUIRE(c.checked.ok);
  for (std::uint32_t n = 0; n < all.size(); ++n) {
    for (std::uint32_t form = 0; form < 3; ++form) {
      INFO(all[n].what << list(all[n].targets));
      REQUIRE(c.compile(3 * n + form) == nullptr);
      CHECK(c.machine.jump_tables.size() == (all[n].jumps_by_table ? 1 : 0));
    }
  }
}

// What compilers make of `mask >> n & 1` and `mask & 1 << n`, in conditions of all kinds.
TEST_CASE("one bit of a word by a variable number", "[jit][switch]") {
  std::string text = "(module";
  for (const char* type : {"i32", "i64"}) {
    const std::string t = type;
    const auto form = [&](const std::string& name, const std::string& bit) {
      const std::string zero = "(" + t + ".const 0)";
      const std::string params = "(param " + t + " " + t + ") (result i32)";
      text += "(func (export \"" + name + t + "if\") " + params + "(if (result i32) (" + t +
              ".ne " + bit + zero + ") (then (i32.const 5)) (else (i32.const 6))))";
      text += "(func (export \"" + name + t + "not\") " + params + "(if (result i32) (" + t +
              ".eqz " + bit + ") (then (i32.const 5)) (else (i32.const 6))))";
      text +=
          "(func (export \"" + name + t + "set\") " + params + "(" + t + ".ne " + bit + zero + "))";
      text += "(func (export \"" + name + t + "select\") " + params +
              "(select (i32.const 50) (i32.const 60) (" + t + ".eq " + bit + zero + ")))";
      text += "(func (export \"" + name + t + "trap\") " + params + "(if (" + t + ".eqz " + bit +
              ") (then unreachable)) (i32.const 9))";
    };
    const std::string one = "(" + t + ".const 1)";
    const std::string a = "(local.get 0)";
    const std::string n = "(local.get 1)";
    form("right", "(" + t + ".and (" + t + ".shr_u " + a + n + ")" + one + ")");
    form("left", "(" + t + ".and (" + t + ".shl " + one + n + ")" + a + ")");
    form("other", "(" + t + ".and " + a + "(" + t + ".shl " + one + n + "))");
    form("mask", "(" + t + ".and (" + t + ".shl " + one + n + ") (" + t + ".const 0x2401))");
    form("plain", "(" + t + ".and " + a + n + ")");
  }
  text += R"((func (export "direct") (param i32 i32) (result i32)
    (if (result i32) (i32.and (i32.shl (i32.const 1) (local.get 1)) (local.get 0))
      (then (i32.const 5)) (else (i32.const 6)))))";
  const std::vector<Instance> engines = on_all_engines(text + ")");
  for (const std::uint64_t bits :
       {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 31,
        std::uint64_t{1} << 32, std::uint64_t{1} << 63, std::uint64_t{0x5555AAAA00FF1234}}) {
    for (const int n : {0, 1, 2, 10, 13, 30, 31, 32, 33, 42, 62, 63, 64, 65, -1, -64}) {
      for (const char* name : {"right", "left", "other", "mask", "plain"}) {
        for (const char* use : {"if", "not", "set", "select", "trap"}) {
          INFO(bits << " bit " << n);
          const auto low = static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
          same_outcome(engines, std::string(name) + "i32" + use, {Value(low), Value(n)});
          same_outcome(engines, std::string(name) + "i64" + use,
                       {Value(static_cast<std::int64_t>(bits)), Value(std::int64_t{n})});
          same_outcome(engines, "direct", {Value(low), Value(n)});
        }
      }
    }
  }
}
