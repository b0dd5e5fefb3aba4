// Checks of memories without guard pages: which are merged, which move in front of loops, and that
// the access that traps, what it reports and what was written before stay the same.
#include <string>
#include <vector>

#include "jit/opt/pipeline.h"
#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// The first defined function after all passes, with memories that are checked and may move.
std::string optimised(const std::string& fields) {
  Compiled c(wat("(module " + fields + ")"));
  INFO(c.checked.error.message);
  REQUIRE(c.checked.ok);
  for (jit::ir::MemoryInfo& m : c.memories) m.guarded_bytes = 0, m.may_move = true;
  REQUIRE(c.build(c.checked.module->imported_funcs) == nullptr);
  jit::opt::optimise(c.context, c.func);
  return jit::ir::print(c.func, true);
}

const std::string kMemory = "(memory i64 1 4) (func (export \"f\") (param i64 i64) (result i32) ";

std::string load(const std::string& offset, const std::string& index = "0") {
  return "(drop (i32.load offset=" + offset + " (local.get " + index + ")))";
}

std::size_t checks(const std::string& body) {
  return count(optimised(kMemory + body + " (i32.const 0))"), "mem_check");
}

/// A loop that counts local 1 down, around a body.
std::string loop(const std::string& body) {
  return kMemory + "(local $s i32) (loop " + body +
         "(br_if 0 (i32.wrap_i64 (local.tee 1 (i64.sub (local.get 1) (i64.const 1)))))) "
         "(local.get $s))";
}

std::string sum(const std::string& index, const std::string& offset = "0") {
  return "(local.set $s (i32.add (local.get $s) (i32.load offset=" + offset + " " + index + ")))";
}

/// What comes behind the last loop's header.
std::string in_loop(const std::string& fields) {
  const std::string text = optimised(fields);
  return text.substr(text.find("poll"));
}

/// Result or trap with its address, position and backtrace.
std::string whole_outcome(const Instance& instance, const std::vector<Value>& args) {
  const Result<std::vector<Value>> r = instance.get_func("f")->call(args);
  if (r) return bits_of(*r);
  return r.error().trap() == nullptr ? r.error().message : r.error().trap()->to_string();
}

/// What a guard stops does not tell how wide it was.
std::string without_width(std::string outcome) {
  const std::size_t end = outcome.find(" wide, ");
  if (end == outcome.npos) return outcome;
  const std::size_t begin = outcome.rfind(", ", end);
  return outcome.erase(begin, end + 5 - begin);
}

/// The same call on each, once: what it leaves behind decides the next one's outcome.
void same_whole_outcome(const std::vector<Instance>& all, const std::vector<Value>& args,
                        bool guarded = false) {
  const auto found = [&](const Instance& instance) {
    const std::string outcome = whole_outcome(instance, args);
    return guarded ? without_width(outcome) : outcome;
  };
  const std::string expected = found(all[0]);
  for (std::size_t n = 1; n < all.size(); ++n) CHECK(found(all[n]) == expected);
}

/// Calls `f` near the end of the memory (one page) with addresses up to and behind it, on each
/// engine; afterwards the last words of the memory are the same. `guarded`: some of the accesses.
void check_traps(const std::string& fields, bool guarded = false) {
  const std::string peek =
      "(func (export \"peek\") (param i64) (result i64) (i64.load (local.get 0)))";
  INFO(fields);
  for (std::int64_t at = 65536 - 24; at <= 65536; ++at) {
    for (const std::int64_t other : {std::int64_t{3}, std::int64_t{65534}, std::int64_t{-8}}) {
      const std::vector<Instance> all = on_all_engines("(module " + fields + peek + ")");
      INFO(at << " " << other);
      same_whole_outcome(all, {Value(at), Value(other)}, guarded);
      for (std::int64_t word = 65536 - 32; word < 65536; word += 8) {
        same_outcome(all, "peek", {Value(word)});
      }
    }
  }
}

}  // namespace

TEST_CASE("a check that reaches further makes others needless", "[jit][checks]") {
  CHECK(checks(load("8") + load("4") + load("8")) == 1);
  CHECK(checks(load("0") + load("4") + load("8")) == 1);
  CHECK(optimised(kMemory + load("0") + load("4") + load("8") + "(i32.const 0))")
            .find("end 12, accesses 3") != std::string::npos);
  // Loads that were checked may be between, arithmetic too.
  CHECK(checks("(drop (i32.mul (i32.load (local.get 0)) (i32.load offset=4 (local.get 0))))") == 1);
  // Only so many: their positions are all kept.
  CHECK(checks(load("0") + load("4") + load("8") + load("12")) == 1);
  CHECK(checks(load("0") + load("4") + load("8") + load("12") + load("16")) == 2);
  // The one that dominates is known on both ways and behind them.
  CHECK(checks(load("8") + "(if (i64.eqz (local.get 1)) (then " + load("4") + ") (else " +
               load("0") + "))" + load("1")) == 1);
  // What one way checks says nothing behind.
  CHECK(checks("(if (i64.eqz (local.get 1)) (then " + load("4") + "))" + load("0")) == 2);
}

TEST_CASE("no check moves over what is seen or may trap", "[jit][checks]") {
  const std::string store = "(i32.store8 offset=2 (local.get 0) (i32.const 1))";
  CHECK(checks(load("8") + store + load("8")) == 1);
  CHECK(checks(load("0") + store + load("8")) == 2);
  CHECK(checks(load("0") + "(memory.fill (local.get 0) (i32.const 0) (local.get 1))" + load("8")) ==
        2);
  CHECK(checks(load("0") + "(drop (i64.div_u (i64.const 1) (local.get 1)))" + load("8")) == 2);
  CHECK(checks(load("0") + load("0", "1") + load("8")) == 3);
  CHECK(checks(load("0") + "(if (i64.eqz (local.get 1)) (then " + load("8") + "))") == 2);
  // Where the offset itself may be outside, the first one has another guard.
  CHECK(checks(load("0") + load("65536")) == 2);
}

TEST_CASE("no check moves over an access that another memory's guard stops",
          "[jit][checks][no-emulation]") {
  const std::string guarded = "(drop (i32.load $g offset=65533 (i32.wrap_i64 (local.get 1))))";
  const std::string memories = "(memory i64 1 4) (memory $g 1) ";
  const std::string signature = "(func (export \"f\") (param i64 i64) (result i32) ";
  // The second check would make the first one reach further.
  check_traps(memories + signature + load("0") + guarded + load("8") + "(i32.const 0))", true);
  check_traps(memories + signature + guarded + load("8") + guarded + load("16") + "(i32.const 0))",
              true);
  // The check's address rests in the loop.
  check_traps(memories + signature + "(loop " + guarded + load("8") +
                  "(br_if 0 (i64.eqz (local.get 0)))) (i32.const 0))",
              true);
}

TEST_CASE("constant addresses in what a memory has at least need no check", "[jit][checks]") {
  const auto at = [](const std::string& address, const std::string& offset) {
    return checks("(drop (i32.load offset=" + offset + " (i64.const " + address + ")))");
  };
  CHECK(at("65532", "0") == 0);
  CHECK(at("12", "65520") == 0);
  CHECK(at("65533", "0") == 1);
  CHECK(at("12", "65521") == 1);
  CHECK(at("-1", "0") == 1);
  check_traps(kMemory +
              "(i32.store (i64.const 65532) (i32.const 7)) (i32.add (i32.load offset=65520 "
              "(i64.const 12)) (i32.load offset=4 (i64.const 65529))))");
}

TEST_CASE("checks of addresses that rest move in front of loops", "[jit][checks]") {
  const std::string inside = in_loop(loop(sum("(local.get 0)", "8") + sum("(local.get 0)", "4")));
  CHECK(count(inside, "check") == 0);
  CHECK(count(inside, "vm_load") == 0);
  CHECK(count(inside, "load.i32") == 2);
  // Arithmetic comes along; what stands in front of the inner loop is first in the outer one.
  CHECK(count(in_loop(loop(sum("(i64.mul (local.get 0) (i64.const 24))"))), "check") == 0);
  const std::string nested = in_loop(
      loop("(loop " + sum("(local.get 0)") + "(br_if 0 (i64.eqz (i64.load (local.get 0)))))"));
  CHECK(count(nested, "check") == 0);
  CHECK(count(nested, "vm_load") == 0);
}

TEST_CASE("checks stay in loops behind effects, traps and branches", "[jit][checks]") {
  const std::string at = sum("(local.get 0)", "8");
  CHECK(count(in_loop(loop("(i32.store (local.get 0) (i32.const 1))" + at)), "limit_check") == 1);
  CHECK(count(in_loop(loop(sum("(local.get 1)") + at)), "limit_check") == 2);
  CHECK(count(in_loop(loop("(if (i64.eqz (local.get 1)) (then " + at + "))")), "limit_check") == 1);
  CHECK(count(in_loop(loop("(drop (i64.div_s (i64.const 5) (local.get 1)))" + at)),
              "limit_check") == 1);
  // With calls in it the memory may grow, and move.
  const std::string grows = in_loop(loop("(drop (memory.grow (i64.const 0)))" + at));
  CHECK(count(grows, "mem_check") == 1);
  CHECK(count(grows, "vm_load") == 1);
}

TEST_CASE("what changes in a loop is compared with a register", "[jit][checks]") {
  const std::string walk = in_loop(loop(sum("(local.get 1)") + sum("(local.get 1)", "40")));
  CHECK(count(walk, "limit_check") == 1);
  CHECK(count(walk, "mem_check") == 0);
  CHECK(count(walk, "vm_load") == 0);
  // Only so many, and not where the end may be outside.
  std::string many;
  for (const char* end : {"0", "16", "32", "48", "64"}) {
    many += sum("(local.get 1)", end) + "(global.set 0 (i32.const 1))";
  }
  const std::string some = in_loop("(global (mut i32) (i32.const 0))" + loop(many));
  CHECK(count(some, "limit_check") == 3);
  CHECK(count(some, "mem_check") == 2);
  CHECK(count(in_loop(loop(sum("(local.get 1)", "65536"))), "mem_check") == 1);
  // Of other memories, too.
  const std::string second = in_loop(
      "(memory 1) (memory i64 1) (func (param i64 i64) (result i32) (local $s i32) (loop "
      "(local.set $s (i32.add (local.get $s) (i32.load 1 (local.get 1))))"
      "(br_if 0 (i32.wrap_i64 (local.tee 1 (i64.sub (local.get 1) (i64.const 1)))))) "
      "(local.get $s))");
  CHECK(count(second, "limit_check") == 1);
  CHECK(count(second, "vm_") == 0);
}

TEST_CASE("merged and moved checks trap where the access does", "[jit][checks]") {
  const std::string write = "(i32.store8 offset=3 (local.get 0) (i32.const 77))";
  check_traps(kMemory + load("0") + load("4") + load("8") + load("12") + "(i32.const 0))");
  check_traps(kMemory + load("0") + write + load("8") + "(i32.const 0))");
  check_traps(kMemory + load("0") + load("1") + load("2", "1") + load("6") + "(i32.const 0))");
  check_traps(kMemory + load("1") + "(v128.store offset=2 (local.get 0) (v128.const i64x2 1 2))" +
              "(i32.const 0))");
  const std::string few = "(local.set 1 (i64.const 3))";
  const auto looped = [&](const std::string& body) {
    return loop(body).insert(kMemory.size() + 15, few);
  };
  check_traps(looped(sum("(local.get 0)") + sum("(local.get 0)", "9")));
  check_traps(looped(sum("(local.get 0)") + write + sum("(local.get 0)", "9")));
  check_traps(looped(write + sum("(i64.add (local.get 0) (local.get 1))", "2")));
  check_traps(
      looped(sum("(local.get 0)") + "(local.set 0 (i64.add (local.get 0) (i64.const 4)))" + write));
  check_traps(looped("(drop (memory.grow (i64.const 1)))" + sum("(local.get 0)") + write));
}

TEST_CASE("checked memories of 32 bits do the same with and without the compiler",
          "[jit][checks]") {
  EngineConfig config;
  config.signals = false;
  config.reservation = MemoryReservation::None;
  const std::string text =
      "(module (memory 1) (func (export \"f\") (param i32) (result i32) (local i32 i32)"
      "(local.set 1 (i32.const 3)) (loop "
      "(local.set 2 (i32.add (local.get 2) (i32.load offset=2 (local.get 0))))"
      "(local.set 2 (i32.add (local.get 2) (i32.load offset=8 (local.get 0))))"
      "(i32.store offset=1 (local.get 0) (local.get 2))"
      "(local.set 0 (i32.add (local.get 0) (i32.const 4)))"
      "(br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) (local.get 2)))";
  std::vector<Instance> all;
  for (const EngineKind kind : {EngineKind::Interp, EngineKind::Jit}) {
    config.engine = kind;
    if (Engine::create(config).ok()) all.push_back(instantiate(text, config));
  }
  for (std::int32_t at = 65536 - 32; at <= 65536; ++at) {
    same_whole_outcome(all, {Value(at)});
  }
  same_whole_outcome(all, {Value(-4)});
}
