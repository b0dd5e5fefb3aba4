// Frames: recursion limits, host calls, nested entries, other instances, interrupts, backtraces.
#include <pthread.h>

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/interp/hand_made.h"

namespace wasmrt::interp::test {
namespace {

constexpr const char* kDeep = R"((module
  (func $down (export "down") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 7))
      (else (i64.add (call $down (i64.sub (local.get 0) (i64.const 1))) (i64.const 1)))))
  (func $forever (export "forever") (call $forever))
  (func $spin (export "spin") (loop $l (br $l)))
  (func (export "count") (param i32) (result i32) (local i32)
    (loop $l (local.set 1 (i32.add (local.get 1) (i32.const 3)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))))";

TEST_CASE("interp: deep recursion traps and leaves the instance usable", "[interp]") {
  HandMade m(kDeep);
  REQUIRE(m.call("down", {10000}).value() == 10007);
  const Outcome o = m.call("forever");
  REQUIRE(o.trap == TrapKind::CallStackExhausted);
  REQUIRE(m.report().total_frames > 100000);
  REQUIRE(m.report().frames.size() == TrapReport::kMaxFrames);
  m.stack_bytes = 64 * 1024;
  REQUIRE(m.call("down", {100000}).trap == TrapKind::CallStackExhausted);
  REQUIRE(m.call("down", {100}).value() == 107);
}

TEST_CASE("interp: Wasm calls and long loops use no native stack", "[interp]") {
  HandMade m(kDeep);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 128 * 1024);
  pthread_t thread;
  REQUIRE(pthread_create(
              &thread, &attributes,
              [](void* p) -> void* {
                auto& on_thread = *static_cast<HandMade*>(p);
                const bool deep = on_thread.call("down", {20000}).value() == 20007;
                const bool loop = on_thread.call("count", {20000000}).value() == 60000000;
                return deep && loop ? p : nullptr;
              },
              &m) == 0);
  void* result = nullptr;
  pthread_join(thread, &result);
  pthread_attr_destroy(&attributes);
  REQUIRE(result == &m);
}

TEST_CASE("interp: interrupts are seen at calls and at backward branches", "[interp]") {
  for (const bool fuse : {true, false}) {
    HandMade m(kDeep, {0, false, fuse});
    m.code().translate_all();  // the first call of a function asks once more
    m.ctx().interrupt = 1;
    m.poll_answer = static_cast<TrapWord>(TrapKind::DeadlineExceeded);
    REQUIRE(m.call("spin").trap == TrapKind::DeadlineExceeded);
    REQUIRE(m.call("forever").trap == TrapKind::DeadlineExceeded);
    m.poll_answer = 0;
    m.polls = 0;
    REQUIRE(m.call("count", {10}).value() == 30);
    REQUIRE(m.polls == 10);  // once at the entry, nine branches taken
    REQUIRE(m.call("down", {10}).value() == 17);
    REQUIRE(m.polls == 21);
  }
}

TEST_CASE("interp: host functions, nested entries and their backtrace", "[interp]") {
  HandMade* self = nullptr;
  VmFuncRef* inner = nullptr;
  const HostFn twice = [&](Vmctx*, std::uint64_t* slots) -> TrapWord {
    slots[0] *= 2;
    return 0;
  };
  const HostFn again = [&](Vmctx* caller, std::uint64_t* slots) -> TrapWord {
    Activation* outer = caller->activation;
    Activation nested;
    nested.previous = outer;
    nested.top = outer->top;
    nested.limit = outer->limit;
    const Outcome o = self->call_in(nested, *inner, {slots[0]});
    if (o.trap != TrapKind::None) {
      outer->report = nested.report;
      return static_cast<TrapWord>(o.trap);
    }
    slots[0] = o.value();
    return 0;
  };
  HandMade m(R"((module
    (import "h" "twice" (func $twice (param i32) (result i32)))
    (import "h" "again" (func $again (param i32) (result i32)))
    (func $inner (export "inner") (param i32) (result i32)
      (if (i32.eq (local.get 0) (i32.const 9)) (then (unreachable)))
      (i32.add (local.get 0) (i32.const 1)))
    (func $middle (param i32) (result i32)
      (i32.add (call $again (local.get 0)) (call $twice (local.get 0))))
    (func (export "outer") (param i32) (result i32) (i32.add (call $middle (local.get 0)) (i32.const 100)))))",
             {}, {twice, again});
  self = &m;
  inner = &m.func("inner");
  REQUIRE(m.call("outer", {5}).value() == 116);
  REQUIRE(m.call("outer", {9}).trap == TrapKind::Unreachable);
  const auto& frames = m.report().frames;
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].func_idx == 2);
  CHECK(frames[1].func_idx == 3);
  CHECK(frames[2].func_idx == 4);
  CHECK(frames[0].offset > 0);
  CHECK(frames[0].offset < frames[1].offset);
  CHECK(frames[1].offset < frames[2].offset);
}

TEST_CASE("interp: calls and tail calls into another instance", "[interp]") {
  HandMade callee(R"((module (memory 1) (data (i32.const 0) "\2a")
    (func (export "f") (param i32) (result i32) (i32.add (i32.load8_u (i32.const 0)) (local.get 0)))
    (func (export "pair") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
    (func (export "trap") (param i32) (result i32) (unreachable))))");
  const auto module = module_of(R"((module
    (import "c" "f" (func $f (param i32) (result i32)))
    (import "c" "pair" (func $pair (param i32 i64) (result i64 i32)))
    (import "c" "trap" (func $trap (param i32) (result i32)))
    (memory 1) (data (i32.const 0) "\07")
    (func $tail (param i32) (result i32) (return_call $f (local.get 0)))
    (func (export "sum") (param i32) (result i32)
      (i32.add (i32.mul (call $f (local.get 0)) (i32.const 1000))
               (i32.add (call $tail (local.get 0)) (i32.load8_u (i32.const 0)))))
    (func (export "pair") (result i32) (local i32)
      (call $pair (i32.const 3) (i64.const 4)) (local.set 0) (i32.wrap_i64) (local.get 0) (i32.sub))
    (func (export "trap") (result i32) (i32.add (call $trap (i32.const 1)) (i32.const 1)))))");
  HandMade caller(module, {}, {}, {&callee.func("f"), &callee.func("pair"), &callee.func("trap")});
  REQUIRE(caller.call("sum", {1}).value() == 43000 + 43 + 7);
  REQUIRE(caller.call("pair").value() == 1);
  REQUIRE(caller.call("trap").trap == TrapKind::Unreachable);
  REQUIRE(caller.report().frames.size() == 2);
  CHECK(caller.report().frames[0].ctx == &callee.ctx());
  CHECK(caller.report().frames[1].ctx == &caller.ctx());
}

TEST_CASE("interp: returns find link words near and far", "[interp]") {
  for (std::uint32_t params = 0; params <= 10; ++params) {
    std::string declared;
    std::string args;
    for (std::uint32_t i = 0; i < params; ++i) {
      declared += " i32";
      args += " (i32.const " + std::to_string(10 + i) + ")";
    }
    const std::string one = std::to_string(params);
    const std::string two = std::to_string(params + 1);
    std::string text = "(module";
    int n = 0;
    const auto with = [&](const std::string& type, const std::string& value) {
      text += "(func $f" + std::to_string(n) + " (param" + declared + ") (result " + type +
              ") (local i32 f64) (local.set " + one + " (i32.const 7)) (local.set " + two +
              " (f64.const 2.5)) " + value + ")";
      text += "(func (export \"f" + std::to_string(n) + "\") (result " + type + ") (call $f" +
              std::to_string(n) + args + "))";
      ++n;
    };
    with("i32", "(local.get " + one + ")");
    with("f64", "(local.get " + two + ")");
    with("i32", "(i32.const 11)");
    with("f64", "(f64.const 4.5)");
    with("i32", "(i32.add (local.get " + one + ") (i32.const 5))");
    with("i32", "(i32.add (local.get " + one + ") (local.get " + one + "))");
    with("i32", "(i32.add (i32.mul (local.get " + one + ") (i32.const 3)) (i32.const 1))");
    with("i32", "(i32.add (i32.clz (local.get " + one + ")) (local.get " + one + "))");
    with("i32", "(i32.mul (local.get " + one + ") (local.get " + one + "))");
    HandMade m((text + ")").c_str());
    const std::uint64_t expected[] = {
        7, std::bit_cast<std::uint64_t>(2.5), 11, std::bit_cast<std::uint64_t>(4.5), 12, 14, 22, 36,
        49};
    for (int i = 0; i < n; ++i) {
      INFO("parameters " << params << " form " << i);
      CHECK(m.call(("f" + std::to_string(i)).c_str()).value() == expected[i]);
    }
  }
}

TEST_CASE("interp: calls follow a callee that changes", "[interp]") {
  for (const bool fuse : {true, false}) {
    HandMade m(R"((module
      (type $f (func (param i32) (result i32)))
      (table funcref (elem $a $b $c))
      (func $a (type $f) (i32.add (local.get 0) (i32.const 1)))
      (func $b (type $f) (i32.mul (local.get 0) (i32.const 3)))
      (func $c (type $f) (i32.xor (local.get 0) (i32.const 5)))
      (func (export "same") (param i32 i32) (result i32) (local i32)
        (loop $l
          (local.set 2 (call_indirect (type $f) (local.get 2) (local.get 1)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 2))
      (func (export "turns") (param i32) (result i32) (local i32)
        (loop $l
          (local.set 1 (call_indirect (type $f) (local.get 1)
            (i32.rem_u (local.get 0) (i32.const 3))))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1))))",
               {0, false, fuse});
    CHECK(m.call("same", {5, 0}).value() == 5);
    CHECK(m.call("same", {3, 1}).value() == 0);
    CHECK(m.call("same", {3, 2}).value() == 5);
    CHECK(m.call("same", {7, 0}).value() == 7);
    // Often enough that the call gives up remembering.
    std::uint32_t x = 0;
    for (std::uint32_t i = 5000; i != 0; --i) x = i % 3 == 0 ? x + 1 : i % 3 == 1 ? x * 3 : x ^ 5;
    CHECK(m.call("turns", {5000}).value() == x);
    CHECK(m.call("turns", {1}).value() == 0);
    CHECK(m.call("turns", {2}).value() == 15);
  }
}

}  // namespace
}  // namespace wasmrt::interp::test
