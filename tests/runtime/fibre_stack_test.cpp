// A caller on a stack of its own says where that ends: the guest may use it all, and no more.
#include <ucontext.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sys/os/stack.h"
#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

// Through the host at each step, so that every engine uses native stack.
constexpr const char* kRecursion = R"((module
  (import "env" "again" (func $again (param i32) (result i32)))
  (func (export "f") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1)))))))";

ucontext_t g_main, g_fibre;
void (*g_body)() = nullptr;

void trampoline() {
  g_body();
  swapcontext(&g_fibre, &g_main);
}

// Runs `body` on a stack of its own.
void on_fibre(std::vector<std::byte>& stack, void (*body)()) {
  g_body = body;
  REQUIRE(getcontext(&g_fibre) == 0);
  g_fibre.uc_stack.ss_sp = stack.data();
  g_fibre.uc_stack.ss_size = stack.size();
  g_fibre.uc_link = &g_main;
  makecontext(&g_fibre, trampoline, 0);
  REQUIRE(swapcontext(&g_main, &g_fibre) == 0);
}

struct Run {
  std::optional<Func> func;
  CallOptions options;
  int depth = 0;
  std::uintptr_t lowest = ~std::uintptr_t{0};
  std::optional<Result<std::vector<Value>>> result;
} g_run;

int depth_reached(std::vector<std::byte>& stack, const void* low) {
  g_run.depth = 0;
  g_run.lowest = ~std::uintptr_t{0};
  g_run.options.stack_low = low;
  on_fibre(stack, [] { g_run.result = g_run.func->call({Value(1'000'000)}, g_run.options); });
  CHECK(must_trap(std::move(*g_run.result)).kind() == TrapKind::CallStackExhausted);
  g_run.result.reset();
  return g_run.depth;
}

}  // namespace

TEST_CASE("a call on a fibre leaves the call around it its own limit",
          "[runtime][no-tsan][no-asan]") {
  EngineConfig config;
  config.engine = GENERATE(EngineKind::Interp, EngineKind::Jit);
  if (config.engine == EngineKind::Jit && !Engine::create(config)) return;  // not in this build
  const Engine engine = make_engine(config);
  Linker linker(engine);
  // Far below the thread's own stack.
  static std::vector<std::byte> stack(256 << 10);
  must(linker.func("env", "hop", [] {
    g_run.options.stack_low = stack.data();
    on_fibre(stack, [] { g_run.result = g_run.func->call({Value(10)}, g_run.options); });
  }));
  const Instance instance = must(linker.instantiate(Store(engine), compile(engine, R"((module
    (import "env" "hop" (func $hop))
    (func $f (export "f") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
    (func (export "outer") (param i32) (result i32) (call $hop) (call $f (local.get 0)))))")));
  g_run.func = instance.get_func("f");
  const Func outer = *instance.get_func("outer");
  CHECK(must(outer.call({Value(20)}))[0].i32() == 20);
  CHECK(must(std::move(*g_run.result))[0].i32() == 10);
  CHECK(must_trap(outer.call({Value(-1)})).kind() == TrapKind::CallStackExhausted);
  g_run = {};
}

TEST_CASE("a fibre's stack is used to its end and not beyond", "[runtime][no-tsan][no-asan]") {
  EngineConfig config;
  config.engine = GENERATE(EngineKind::Interp, EngineKind::Jit);
  if (config.engine == EngineKind::Jit && !Engine::create(config)) return;  // not in this build
  const Engine engine = make_engine(config);
  Linker linker(engine);
  must(linker.func("env", "again", [](Caller& caller, std::int32_t n) -> Result<std::int32_t> {
    ++g_run.depth;
    g_run.lowest = std::min(g_run.lowest, os::approximate_stack_pointer());
    return must(caller.func("f")->typed<std::int32_t(std::int32_t)>())(n);
  }));
  const Instance instance = must(linker.instantiate(Store(engine), compile(engine, kRecursion)));
  g_run.func = instance.get_func("f");
  std::vector<std::byte> small(128 << 10);
  std::vector<std::byte> large(512 << 10);
  const int unknown = depth_reached(large, nullptr);
  const int in_small = depth_reached(small, small.data());
  CHECK(g_run.lowest > reinterpret_cast<std::uintptr_t>(small.data()) + config.host_reserve / 2);
  const int in_large = depth_reached(large, large.data());
  CHECK(g_run.lowest > reinterpret_cast<std::uintptr_t>(large.data()) + config.host_reserve / 2);
  CHECK(g_run.lowest < reinterpret_cast<std::uintptr_t>(large.data()) + 2 * config.host_reserve);
  CHECK(unknown >= 1);
  CHECK(in_small > unknown);
  CHECK(in_large > 3 * in_small);
  // Nothing left at all: refused at once. And the thread's own stack is as it was.
  CHECK(depth_reached(small, small.data() + small.size() - 1024) == 0);
  g_run.options = {};
  CHECK(must(g_run.func->call({Value(10)}))[0].i32() == 10);
  g_run = {};
}
