// What is made and dropped gives its memory back: instances in one store, stores, modules.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstdint>
#include <string>

#include "sys/os/vm.h"
#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr const char* kModule = R"((module
  (import "env" "f" (func $f (param i32) (result i32)))
  (memory (export "m") 1) (table (export "t") 10 funcref) (global (export "g") (mut i32) (i32.const 1))
  (elem (i32.const 0) $f $run)
  (data (i32.const 100) "some data")
  (func $run (export "run") (param i32) (result i32)
    (i32.store (i32.const 60000) (local.get 0))
    (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))))";

/// Runs `round` often and checks that resident memory does not follow the number of rounds.
template <class Round>
void check_resident(int rounds, std::uint64_t allowed, Round round) {
  for (int i = 0; i < rounds / 10; ++i) round(i);
  const std::uint64_t before = os::resident_bytes();
  for (int i = 0; i < rounds; ++i) round(i);
  const std::uint64_t after = os::resident_bytes();
  INFO("resident before " << before << ", after " << after);
  CHECK(after < before + allowed);
}

}  // namespace

TEST_CASE("100,000 instances in one store leave nothing behind",
          "[runtime][no-emulation][no-asan][no-tsan]") {
  const Engine engine = make_engine();
  const Store store(engine);
  Linker linker(engine);
  must(linker.func("env", "f", [](std::int32_t n) { return n + 1; }));
  const Linked linked = must(linker.instantiate_pre(compile(engine, kModule)));
  std::int64_t sum = 0;
  // 40 bytes for each instance would be 4 MB.
  check_resident(100'000, 4 << 20, [&](int i) {
    const Instance instance = must(linked.instantiate(store));
    if (i % 16 == 0) sum += must(instance.get_func("run")->call({Value(i)}))[0].i32() - i;
  });
  CHECK(sum == 10'000 / 16 + 100'000 / 16);
  CHECK(store.stats().instances == 0);
  CHECK(store.stats().memory_bytes == 0);
}

TEST_CASE("20,000 stores leave nothing behind", "[runtime][no-emulation][no-asan][no-tsan]") {
  const Engine engine = make_engine();
  Linker linker(engine);
  must(linker.func("env", "f", [](std::int32_t n) { return n + 1; }));
  const Linked linked = must(linker.instantiate_pre(compile(engine, kModule)));
  check_resident(20'000, 4 << 20, [&](int i) {
    const Store store(engine);
    const Instance instance = must(linked.instantiate(store));
    CHECK(must(instance.get_func("run")->call({Value(i)}))[0].i32() == i + 1);
    // These pin the instance: it goes with the store.
    CHECK(instance.get_table("t")->size() == 10);
    (void)instance.get_func("run")->to_value();
    (void)ExternRef::make(store, std::string(100, 'x'));
  });
}

TEST_CASE("1,000 compilations leave nothing behind", "[runtime][no-emulation][no-asan][no-tsan]") {
  const Engine engine = make_engine();
  std::string text = "(module";
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    text += "(type (struct (field i32) (field (ref null " + n + "))))";
    text += "(func (export \"f" + n +
            "\") (param i32) (result i32) (i32.add (local.get 0) (i32.const " + n + ")))";
  }
  text += ")";
  check_resident(1'000, 4 << 20, [&](int i) {
    const Module module = compile(engine, text);
    if (i % 100 == 0) {
      const Instance instance = must(Instance::create(Store(engine), module));
      CHECK(must(instance.get_func("f7")->call({Value(1)}))[0].i32() == 8);
    }
  });
}

TEST_CASE("an old function in a host's table keeps its type", "[runtime]") {
  EngineConfig config;
  config.engine = GENERATE(EngineKind::Interp, EngineKind::Jit);
  if (config.engine == EngineKind::Jit && !Engine::create(config)) return;  // not in this build
  const Engine engine = make_engine(config);
  const Store store(engine);
  TableType type;
  type.limits.min = 1;
  const Table table = must(Table::create(store, type, Value::null(kFuncref)));
  {
    const Instance old = must(Instance::create(store, compile(engine, R"((module
      (func (export "f") (param i64 f32 f32) (result f64) (f64.const 4))))")));
    must(table.set(0, old.get_func("f")->to_value()));
  }
  // The module and its instance are gone but for the function.
  Linker linker(engine);
  must(linker.define("env", "t", table));
  const auto calls = [&](const std::string& params, const std::string& arguments) {
    const Instance instance = must(linker.instantiate(store, compile(engine, R"((module
      (import "env" "t" (table 1 funcref))
      (func (export "call") (result f64)
        (call_indirect (param )" + params + ") (result f64) " + arguments + " (i32.const 0))))")));
    return instance.get_func("call")->call({});
  };
  for (int n = 0; n < 30; ++n) {
    std::string params = "i64 f32", arguments = "(i64.const 1) (f32.const 2)";
    for (int i = 0; i < n; ++i) params += " i32", arguments += " (i32.const 3)";
    CHECK(must_trap(calls(params, arguments)).kind() == TrapKind::IndirectCallTypeMismatch);
  }
  CHECK(must(calls("i64 f32 f32", "(i64.const 1) (f32.const 2) (f32.const 3)"))[0].f64() == 4);
}

TEST_CASE("a host function is destroyed with the last that uses it", "[runtime]") {
  const auto alive = std::make_shared<int>(0);
  const Engine engine = make_engine();
  std::optional<Linker> linker(engine);
  must(linker->func("env", "f", [alive] {}));
  CHECK(alive.use_count() == 2);
  std::optional<Instance> instance = must(linker->instantiate(
      Store(engine),
      compile(engine, R"((module (import "env" "f" (func)) (func (export "run") (call 0))))")));
  linker.reset();
  CHECK(alive.use_count() == 2);
  must(instance->get_func("run")->call({}));
  instance.reset();
  CHECK(alive.use_count() == 1);
}

TEST_CASE("an instance dropped during its own call lives until the call ends", "[runtime]") {
  const Engine engine = make_engine();
  const Store store(engine);
  Linker linker(engine);
  std::optional<Instance> instance;
  std::optional<Func> run;
  must(linker.func("env", "f", [&] {
    instance.reset();
    run.reset();
  }));
  instance = must(linker.instantiate(store, compile(engine, R"((module
    (import "env" "f" (func)) (memory 1)
    (func (export "run") (result i32) (call 0) (i32.load (i32.const 0)))))")));
  run = instance->get_func("run");
  CHECK(must(run->call({}))[0].i32() == 0);
  CHECK(store.stats().instances == 0);
}
