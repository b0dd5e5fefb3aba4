// Frames: recursion limits, host calls, nested entries, other instances, interrupts, backtraces.
#include <pthread.h>

#include <catch2/catch_test_macros.hpp>

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

}  // namespace
}  // namespace wasmrt::interp::test
