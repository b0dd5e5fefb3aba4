// Tail calls need no stack, however arguments travel and whoever runs the functions. Each test runs
// on every engine that this build has.
#include <wasmrt/wasmrt.hpp>

#include <string>
#include <vector>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr int kMany = 1'000'000;

template <class F>
void on_engines(F&& test) {
  for (const EngineKind kind : {EngineKind::Interp, EngineKind::Jit}) {
    EngineConfig config;
    config.engine = kind;
    if (!Engine::create(config).ok()) continue;
    INFO("engine " << (kind == EngineKind::Jit ? "jit" : "interp"));
    test(config);
  }
}

/// `n` times a text.
std::string times(int n, const std::string& text) {
  std::string all;
  for (int k = 0; k < n; ++k) all += text;
  return all;
}

/// What the compiler declines, for its cost: many locals assigned in deeply nested blocks. Returns
/// at once where local 0 is zero.
std::string declined_body(int first_local) {
  constexpr int kLocals = 1500;
  std::string text;
  for (int n = 0; n < kLocals; ++n) {
    text += "(local.set " + std::to_string(first_local + n) + " (i32.const 1))";
  }
  return times(1500, "block ") + " local.get 0 i32.eqz br_if 0 " + text + times(1500, " end");
}
std::string declined_locals() { return "(local " + times(1500, "i32 ") + ")"; }

}  // namespace

TEST_CASE("tail calls with more arguments than the caller has", "[public][tail]") {
  on_engines([](const EngineConfig& config) {
    // From none on the stack to some, to many (which take the largest area), and back.
    const std::string many = times(60, "i64 ");
    const Instance instance = instantiate(R"((module
      (type $few (func (param i32 i64) (result i64)))
      (table funcref (elem $few))
      (func $few (export "few") (param i32 i64) (result i64)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call $some (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (i64.const 1)
          (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)
          (v128.const i64x2 8 9) (f32.const 10)))
      (func $some (param i32 i64 i64 i64 i64 i64 i64 i64 i64 v128 f32) (result i64)
        (return_call $lots (local.get 0)
          (i64.add (local.get 1) (i64.add (local.get 8) (i64x2.extract_lane 1 (local.get 9)))) )" +
                                              times(60, "(local.get 7)") + R"( (local.get 10)))
      (func $lots (param i32 i64 )" + many + R"( f32) (result i64)
        (if (i64.ne (local.get 61) (i64.const 6)) (then unreachable))
        (if (f32.ne (local.get 62) (f32.const 10)) (then unreachable))
        (return_call_indirect (type $few) (local.get 0) (local.get 1) (i32.const 0))))
    )",
                                          config);
    CHECK(must(instance.get_func("few")->call({Value(kMany), Value(std::int64_t{5})}))[0].i64() ==
          5 + 16 * std::int64_t{kMany});
    CHECK(instance.module().stats().declined == 0);
  });
}

TEST_CASE("tail calls keep results on the stack", "[public][tail]") {
  on_engines([](const EngineConfig& config) {
    const std::string results = times(9, "i32 ") + times(6, "f64 ");
    const Instance instance = instantiate(R"((module
      (func $caller (export "f") (param i32) (result )" +
                                              results + R"() (call $one (local.get 0)))
      (func $one (param i32) (result )" + results +
                                              R"()
        (return_call $two (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)
          (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9)))
      (func $two (param i32 )" + times(9, "i64 ") +
                                              R"() (result )" + results + R"()
        (if (i32.eqz (local.get 0)) (then (return
          (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
          (i32.const 6) (i32.const 7) (i32.wrap_i64 (local.get 9)) (f64.const 9) (f64.const 10)
          (f64.const 11) (f64.const 12) (f64.const 13) (f64.const 14))))
        (return_call $one (i32.sub (local.get 0) (i32.const 1)))))
    )",
                                          config);
    const std::vector<Value> r = must(instance.get_func("f")->call({Value(kMany)}));
    REQUIRE(r.size() == 15);
    for (unsigned n = 0; n < 8; ++n) CHECK(r[n].i32() == static_cast<std::int32_t>(n));
    CHECK(r[8].i32() == 9);
    for (unsigned n = 9; n < 15; ++n) CHECK(r[n].f64() == n);
  });
}

TEST_CASE("tail calls between instances need no stack", "[public][tail]") {
  on_engines([](const EngineConfig& config) {
    const Engine engine = make_engine(config);
    const Store store(engine);
    Linker linker(engine);
    const Instance first = must(linker.instantiate(store, compile(engine, R"((module
      (memory 1) (data (i32.const 0) "\01")
      (type $step (func (param i32 i64) (result i64)))
      (type $wide (func (param i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)))
      (table (export "t") 2 funcref)
      (func (export "step") (param i32 i64) (result i64)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $wide) (i32.sub (local.get 0) (i32.const 1))
          (i64.add (local.get 1) (i64.load8_u (i32.const 0)))
          (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
          (i64.const 7) (i64.const 8) (i64.const 9) (i32.const 1)))
      (func $run (export "run") (param i32 i64) (result i64)
        (i64.add (call_indirect (type $step) (local.get 0) (local.get 1) (i32.const 0))
                 (i64.load8_u (i32.const 0))))))")));
    must(linker.instance("first", first));
    const Instance second = must(linker.instantiate(store, compile(engine, R"((module
      (import "first" "t" (table 2 funcref))
      (import "first" "step" (func $step (param i32 i64) (result i64)))
      (memory 1) (data (i32.const 0) "\64")
      (func $wide (param i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
        (if (i32.eq (local.get 0) (i32.const 77)) (then unreachable))
        (return_call $step (local.get 0) (i64.add (local.get 1)
          (i64.add (local.get 10) (i64.load8_u (i32.const 0))))))
      (elem (i32.const 0) $step $wide)))")));
    // Each turn adds 1 and 100 from the memories and 9; the caller finds its own memory again.
    const Func run = *first.get_func("run");
    CHECK(must(run.call({Value(50), Value(std::int64_t{7})}))[0].i64() == 50 * 110 + 8);
    // A trap: those that were left are not in the backtrace, the caller is.
    const Trap trap = must_trap(run.call({Value(kMany), Value(std::int64_t{0})}));
    CHECK(trap.kind() == TrapKind::Unreachable);
    REQUIRE(trap.frames().size() == 2);
    CHECK(trap.frames()[1].function == "run");
    CHECK(trap.frames()[0].function == "wide");
  });
}

TEST_CASE("interpreted and compiled functions tail-call each other", "[public][tail]") {
  on_engines([](const EngineConfig& config) {
    const std::string locals = declined_locals();
    const Instance instance = instantiate(R"((module
      (type $small (func (param i32 i64) (result i64)))
      (table funcref (elem $interpreted_small))
      (func (export "narrow") (param i32 i64) (result i64) (call $narrow (local.get 0) (local.get 1)))
      (func $narrow (param i32 i64) (result i64)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $small) (i32.sub (local.get 0) (i32.const 1))
          (i64.add (local.get 1) (i64.const 1)) (i32.const 0)))
      (func $interpreted_small (param i32 i64) (result i64) )" +
                                              locals + R"(
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (if (i32.eq (local.get 0) (i32.const -1)) (then )" +
                                              declined_body(2) + R"())
        (if (i32.eq (local.get 0) (i32.const 99)) (then unreachable))
        (return_call $narrow (i32.sub (local.get 0) (i32.const 1))
          (i64.add (local.get 1) (i64.const 1))))
      (func (export "wide") (param i32 i64) (result i64) (call $wide_1 (local.get 0) (local.get 1)))
      (func $wide_1 (param i32 i64) (result i64)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call $wide_2 (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (i64.const 1)
          (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)
          (i64.const 8) (i64.const 9)))
      (func $wide_2 (param i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64) )" +
                                              locals +
                                              R"(
        (if (i32.eq (local.get 0) (i32.const -1)) (then )" +
                                              declined_body(11) + R"())
        (return_call $wide_3 (i64.const 10) (i64.const 11) (i64.const 12) (i64.const 13)
          (i64.const 14) (i64.const 15) (i64.const 16) (i64.const 17) (i64.const 18)
          (i64.const 19) (i64.const 20) (i64.const 21) (local.get 0)
          (i64.add (local.get 1) (local.get 10))))
      (func $wide_3 (param )" + times(12, "i64 ") +
                                              R"( i32 i64) (result i64)
        (return_call $wide_1 (local.get 12) (i64.add (local.get 13) (local.get 11)))))
    )",
                                          config);
    const auto run = [&](const char* name, int turns) {
      return instance.get_func(name)->call({Value(turns), Value(std::int64_t{3})});
    };
    // An odd number of turns never meets 99 in the interpreted one.
    CHECK(must(run("narrow", 10'000'001))[0].i64() == 10'000'004);
    CHECK(must(run("wide", kMany))[0].i64() == 3 + 30 * std::int64_t{kMany});
    const Trap trap = must_trap(run("narrow", 10'000));
    CHECK(trap.kind() == TrapKind::Unreachable);
    CHECK(trap.frames().size() == 2);
    const std::uint64_t declined = instance.module().stats().declined;
    CHECK(declined == (config.engine == EngineKind::Jit ? 2 : 0));
    CallOptions options;
    options.deadline = std::chrono::milliseconds(30);
    CHECK(must_trap(instance.get_func("narrow")->call({Value(-2), Value(std::int64_t{0})}, options))
              .kind() == TrapKind::DeadlineExceeded);
  });
}
