// Calls into guests from host functions, through several instances and stores: what a call around
// them goes on with is its own again.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <optional>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

std::optional<Engine> engine_of(EngineKind kind) {
  EngineConfig config;
  config.engine = kind;
  if (kind == EngineKind::Jit && !Engine::create(config)) return std::nullopt;  // not in this build
  return make_engine(config);
}

// Something of the size of a call's frame and with other content.
[[gnu::noinline]] int overwrite_stack(int seed) {
  volatile unsigned char bytes[4096];
  for (volatile unsigned char& b : bytes) b = static_cast<unsigned char>(seed);
  return bytes[100];
}

}  // namespace

TEST_CASE("an instance goes on in its own call after another call passed through it",
          "[runtime][nested]") {
  const std::optional<Engine> engine = engine_of(GENERATE(EngineKind::Interp, EngineKind::Jit));
  if (!engine) return;
  Linker linker(*engine);
  const Store store(*engine);
  std::optional<Func> again;
  must(linker.func("env", "host", [&]() -> Result<std::int32_t> {
    Result<std::vector<Value>> r = again->call({Value(1)});
    if (!r) return std::move(r).error();
    return overwrite_stack((*r)[0].i32());
  }));
  const Instance inner = must(linker.instantiate(store, compile(*engine, R"((module
    (import "env" "host" (func $host (result i32)))
    (memory 1)
    (func (export "plain") (param i32) (result i32) (i32.add (local.get 0) (i32.const 41)))
    (func $deep (param i32) (result i32)
      (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))
    (func (export "trap") (param i32) (result i32)
      (drop (call $host))
      (if (i32.eq (local.get 0) (i32.const 1)) (then unreachable))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (return (i32.load (i32.const -1)))))
      (if (i32.eq (local.get 0) (i32.const 3)) (then (return (call $deep (i32.const 0)))))
      (if (i32.eq (local.get 0) (i32.const 4))
        (then (memory.fill (i32.const 1) (i32.const 0) (i32.const 65536))))
      (drop (call $host))
      (i32.const 5))))")));
  must(linker.instance("inner", inner));
  const Instance outer = must(linker.instantiate(store, compile(*engine, R"((module
    (import "inner" "plain" (func $plain (param i32) (result i32)))
    (import "inner" "trap" (func $trap (param i32) (result i32)))
    (func (export "again") (param i32) (result i32) (call $plain (local.get 0)))
    (func (export "f") (param i32) (result i32)
      (i32.add (i32.const 100) (call $trap (local.get 0))))))")));
  again = outer.get_func("again");
  const Func f = *outer.get_func("f");
  CHECK(must(f.call({Value(0)}))[0].i32() == 105);
  constexpr TrapKind kKinds[] = {TrapKind::Unreachable, TrapKind::OutOfBoundsMemoryAccess,
                                 TrapKind::CallStackExhausted, TrapKind::OutOfBoundsMemoryAccess};
  for (std::int32_t n = 1; n <= 4; ++n) {
    const Trap trap = must_trap(f.call({Value(n)}));
    CHECK(trap.kind() == kKinds[n - 1]);
    CHECK(trap.frames().size() >= 2);
  }
  CHECK(must(f.call({Value(0)}))[0].i32() == 105);
}
