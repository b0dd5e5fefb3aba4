// Two executions in step: what counts as a difference, and that a host call is carried out once.
#include "tools/wasmrt_run/compare.h"

#include <cstdlib>
#include <thread>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;
using namespace wasmrt::tools;

namespace {

Memory memory_of_one_page(const Engine& engine) {
  return must(Memory::create(Store(engine), MemoryType{.limits = {.min = 1, .max = {}}}));
}

}  // namespace

TEST_CASE("steps differ in what, in detail or in memory", "[tools][compare]") {
  const Engine engine = make_engine();
  const Memory a = memory_of_one_page(engine), b = memory_of_one_page(engine);
  Step one{"calls", "env.f (1)", {a}};
  Step two{"calls", "env.f (1)", {b}};
  CHECK(difference(one, two).empty());
  b.data()[0x1234] = 7;
  CHECK(difference(one, two) == "  memory 0 at 0x1234: 0x0 and 0x7\n");
  must(a.grow(1));
  CHECK(difference(one, two) == "  memory 0 has 131072 and 65536 bytes\n");
  two.detail = "env.f (2)";
  CHECK(difference(one, two) == "  one calls env.f (1)\n  the other calls env.f (2)\n");
  two = {"ends", "with exit code 0", {}};
  CHECK(difference(one, two) == "  one calls env.f (1)\n  the other ends with exit code 0\n");
}

TEST_CASE("steps differ in tables and globals", "[tools][compare]") {
  const std::string text = R"((module
    (table 3 funcref) (elem (i32.const 1) $f $g) (func $f) (func $g)
    (global $nan (mut f32) (f32.const nan)) (global $n (mut i64) (i64.const 5))
    (global $v (mut v128) (v128.const i64x2 1 2))
    (func (export "swap") (table.set (i32.const 1) (ref.func $g)))
    (func (export "nan") (global.set $nan (f32.const nan:0x123456)))
    (func (export "zero") (table.set (i32.const 0) (ref.func $g)))
    (func (export "v128") (global.set $v (v128.const i64x2 1 3)))
    (func (export "count") (global.set $n (i64.const 6)))))";
  const Instance a = instantiate(text), b = instantiate(text);
  const auto after = [&](const char* name) {
    must(b.get_func(name)->call({}));
    return difference({"calls", "f", a.state()}, {"calls", "f", b.state()});
  };
  CHECK(difference({"calls", "f", a.state()}, {"calls", "f", b.state()}).empty());
  // References are alike, and NaNs.
  CHECK(after("swap").empty());
  CHECK(after("nan").empty());
  CHECK(after("v128").starts_with("  global 2: "));
  CHECK(after("count") == "  global 1: 5 and 6\n");
  CHECK(after("zero") == "  table 0 at 0: null and a reference\n");
}

TEST_CASE("values are compared by their bits, but NaNs are alike", "[tools][compare]") {
  const ValType types[] = {kI32, kF32, kF64, kFuncref};
  const std::uint64_t slots[] = {5, 0x7FC12345, 0xFFF8000000000001, 0};
  CHECK(values_text(types, slots) == to_string(Value(5)) + ", nan, nan, null");
}

TEST_CASE("a host call is carried out once, for both sides", "[tools][compare]") {
  Lockstep lockstep;
  int calls = 0;
  std::int32_t results[2] = {};
  const auto run = [&](Lockstep::Side& side, EngineKind kind) {
    EngineConfig config;
    config.engine = kind;
    config.signals = false;
    config.reservation = MemoryReservation::None;
    const Engine engine = *Engine::create(config);
    StoreConfig store;
    store.observer = &side;
    Linker linker(engine);
    (void)linker.func("env", "next", [&calls](Caller& caller, std::int32_t at) -> std::int32_t {
      caller.memory()->data()[static_cast<std::size_t>(at)] = 42;
      return ++calls;
    });
    const Result<Module> module = Module::compile(engine, std::string_view(R"((module
      (import "env" "next" (func $next (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "f") (result i32)
        (i32.add (i32.mul (call $next (i32.const 70)) (i32.const 1000)) (i32.load8_u (i32.const 70))))))"));
    const Result<Instance> instance = linker.instantiate(Store(engine, store), *module);
    const auto values = instance->get_func("f")->call({});
    results[side.leads() ? 0 : 1] = (*values)[0].i32();
    side.end("with results", TrapKind::None, {*instance});
  };
  std::thread follower([&] { run(lockstep.follower(), EngineKind::Auto); });
  run(lockstep.leader(), EngineKind::Interp);
  follower.join();
  CHECK(calls == 1);
  CHECK(results[0] == 1042);
  CHECK(results[1] == 1042);
}
