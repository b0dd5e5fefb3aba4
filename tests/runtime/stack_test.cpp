// Deep recursion is a trap on any thread, whatever the size of its stack, and on a large one guests
// take what they were given and no more.
#include <pthread.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>

#include "sys/os/stack.h"
#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

struct Work {
  const Func* guest;
  const Func* through_host;
  TrapKind first = TrapKind::None;
  TrapKind second = TrapKind::None;
  bool shallow = false;

  static void* run(void* self) {
    auto& work = *static_cast<Work*>(self);
    const auto kind = [](const Result<std::vector<Value>>& r) {
      return r.ok() || r.error().trap() == nullptr ? TrapKind::None : r.error().trap()->kind();
    };
    work.first = kind(work.guest->call({Value(100'000'000)}));
    work.second = kind(work.through_host->call({Value(100'000'000)}));
    work.shallow = work.guest->call({Value(10)}).ok() && work.through_host->call({Value(2)}).ok();
    return nullptr;
  }
};

/// Runs `body` on a thread with that much stack.
void on_thread(std::size_t bytes, void* (*body)(void*), void* argument) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, bytes) == 0);
  pthread_t thread;
  // No assertion beside those of the thread.
  const int created = pthread_create(&thread, &attributes, body, argument);
  const int joined = created == 0 ? pthread_join(thread, nullptr) : 0;
  REQUIRE(created == 0);
  REQUIRE(joined == 0);
  pthread_attr_destroy(&attributes);
}

void on_thread(std::size_t bytes, const std::function<void()>& body) {
  const auto run = [](void* f) -> void* {
    (*static_cast<const std::function<void()>*>(f))();
    return nullptr;
  };
  on_thread(bytes, run, const_cast<std::function<void()>*>(&body));
}

/// Calls `body` with that much less stack below it.
[[gnu::noinline]] void further_down(std::size_t kib, const std::function<void()>& body) {
  volatile unsigned char used[1024];
  for (volatile unsigned char& b : used) b = 0;
  if (kib == 0) {
    body();
  } else {
    further_down(kib - 1, body);
  }
  used[0] = 1;
}

}  // namespace

TEST_CASE("call stack exhausted, on small stacks too", "[runtime]") {
  const Engine engine = make_engine();
  Linker linker(engine);
  must(linker.func("env", "again", [](Caller& caller, std::int32_t n) -> Result<std::int32_t> {
    return must(caller.func("host")->typed<std::int32_t(std::int32_t)>())(n);
  }));
  const Instance instance = must(linker.instantiate(Store(engine), compile(engine, R"((module
    (import "env" "again" (func $again (param i32) (result i32)))
    (func $guest (export "guest") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (i32.add (i32.const 1) (call $guest (i32.sub (local.get 0) (i32.const 1)))))
    (func (export "host") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1)))))))")));
  const Func guest = *instance.get_func("guest");
  const Func through_host = *instance.get_func("host");
  for (const std::size_t kib :
       {std::size_t{128}, std::size_t{256}, std::size_t{1024}, std::size_t{8192}}) {
    Work work{&guest, &through_host};
    on_thread(kib * 1024, &Work::run, &work);
    INFO(kib << " KiB");
    CHECK(work.first == TrapKind::CallStackExhausted);
    CHECK(work.second == TrapKind::CallStackExhausted);
    CHECK(work.shallow);
  }
}

TEST_CASE("the guest's frames take the stack they were given and no more", "[runtime][no-asan]") {
  const EngineKind kind = GENERATE(EngineKind::Interp, EngineKind::Jit);
  const bool nested = GENERATE(false, true);
  EngineConfig config;
  config.engine = kind;
  if (kind == EngineKind::Jit && !Engine::create(config)) return;  // not in this build
  std::uint64_t last = 0;
  for (const std::uint64_t kib : {64u, 256u, 1024u, 4096u}) {
    config.stack_bytes = kib * 1024;
    const Engine engine = make_engine(config);
    Linker linker(engine);
    std::uint64_t depth = 0;
    std::uintptr_t lowest = 0;
    must(linker.func("env", "here", [&] {
      ++depth;
      lowest = std::min(lowest, os::approximate_stack_pointer());
    }));
    must(linker.func("env", "again", [&](Caller& caller) -> Result<void> {
      return must(caller.func("f")->typed<void()>())();
    }));
    const Instance instance = must(linker.instantiate(Store(engine), compile(engine, R"((module
      (import "env" "here" (func $here))
      (import "env" "again" (func $again))
      (global $n (export "n") (mut i32) (i32.const 0))
      (func $f (export "f")
        (call $here)
        (global.set $n (i32.sub (global.get $n) (i32.const 1)))
        (if (i32.eqz (global.get $n)) (then (call $again)))
        (call $f)
        (global.set $n (i32.const 0)))
      (func (export "none"))))")));
    const Func f = *instance.get_func("f");
    const auto none = must(instance.get_func("none")->typed<void()>());
    const auto dive = [&] {
      must(instance.get_global("n")->set(Value(nested ? static_cast<std::int32_t>(8 * kib) : 0)));
      depth = 0;
      lowest = ~std::uintptr_t{0};
      const std::uintptr_t top = os::approximate_stack_pointer();
      CHECK(must_trap(f.call({})).kind() == TrapKind::CallStackExhausted);
      return top - lowest;
    };
    on_thread(std::size_t{64} << 20, [&] {
      INFO(kib << " KiB");
      constexpr std::uintptr_t kHost = 16 * 1024;  // of the host function at the bottom
      CHECK(dive() <= config.stack_bytes + kHost);
      CHECK(depth > 3 * last);
      const std::uint64_t first = depth;
      for (int n = 0; n < 200; ++n) must(none());  // from here on calls are quick ones
      for (const std::size_t down : {kib / 16, kib, std::size_t{3}, kib / 2}) {
        further_down(down, [&] {
          for (int n = 0; n < 3; ++n) must(none());
          CHECK(dive() <= config.stack_bytes + kHost);
          CHECK(depth >= first - first / 4);
        });
      }
      last = first;
    });
  }
}

TEST_CASE("compiling needs no large stack", "[runtime][no-asan][no-tsan]") {
  EngineConfig config;
  config.engine = GENERATE(EngineKind::Interp, EngineKind::Jit);
  if (config.engine == EngineKind::Jit && !Engine::create(config)) return;  // not in this build
  config.threads = 1;
  const Engine engine = make_engine(config);
  // Deep constructs and deep operands: what recursion would follow.
  constexpr int kDeep = 3000;
  std::string text = "(module (func (export \"f\") (param i32) (result i32)";
  for (int n = 0; n < kDeep; ++n) text += n % 2 == 0 ? " block" : " loop";
  text += " local.get 0 i32.const 1 i32.add local.set 0";
  for (int n = 0; n < kDeep; ++n) text += " end";
  for (int n = 0; n < kDeep; ++n) text += " local.get 0";
  for (int n = 1; n < kDeep; ++n) text += n % 2 == 0 ? " i32.add" : " i32.sub";
  text += "))";
  std::int32_t result = -1;
  const auto body = [&] {
    const Instance instance = must(Instance::create(Store(engine), compile(engine, text)));
    result = must(instance.get_func("f")->call({Value(4)}))[0].i32();
  };
  on_thread(128 * 1024, body);
  CHECK(result == 0);
}
