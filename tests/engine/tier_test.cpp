// Auto: what is compiled at once, and code that arrives while the guest runs.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "libwasmrt/engine/cache.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/engine_state.h"
#include "tests/support/api.h"
#include "tests/support/temporary_directory.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// Everything begins in the interpreter.
EngineConfig late() {
  EngineConfig config;
  config.compile_at_once = 0;
  return config;
}

bool has_compiler() {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  return Engine::create(config).ok();
}

/// Exports of a module that calls in every way there is, and enough functions to take a while.
std::string calls() {
  std::string text = R"((module
    (import "env" "during" (func $during (param i32) (result i32)))
    (type $op (func (param i32) (result i32)))
    (type $pair (func (param i64 f64 f32) (result f32 i64 f64)))
    (memory (export "memory") 1)
    (table (export "table") 4 funcref)
    (elem (i32.const 0) $inc $during $bad)
    (func $inc (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $swap (export "swap") (type $pair) (local.get 2) (local.get 0) (local.get 1))
    (func $bad (param i32) (result i32) (i32.load (i32.const -4)))
    (func $deep (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0))
        (then (call $bad (i32.const 0)))
        (else (call $deep (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "trap") (param i32) (result i32)
      (drop (call $during (local.get 0))) (call $deep (local.get 0)))
    (func (export "indirect") (param i32 i32) (result i32)
      (call_indirect (type $op) (local.get 0) (local.get 1)))
    (func $even (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
        (else (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
    (func $odd (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
        (else (return_call $even (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "even") (param i32) (result i32) (call $even (local.get 0)))
    (func (export "across") (param i32) (result i32)
      ;; begins in the interpreter; after the host call everything has machine code
      (local $sum i32) (local $a f32) (local $b i64) (local $c f64)
      (local.set $sum (call $inc (local.get 0)))
      (local.set $sum (i32.add (local.get $sum) (call $during (local.get 0))))
      (local.set $sum (i32.add (local.get $sum) (call $inc (local.get 0))))
      (local.set $sum (i32.add (local.get $sum)
        (call_indirect (type $op) (local.get 0) (i32.const 0))))
      (call $swap (i64.const 3) (f64.const 4) (f32.const 5))
      (local.set $c) (local.set $b) (local.set $a)
      (i32.add (local.get $sum) (i32.add (i32.wrap_i64 (local.get $b))
        (i32.add (i32.trunc_f32_s (local.get $a)) (i32.trunc_f64_s (local.get $c))))))
  )";
  for (int i = 0; i < 300; ++i) {
    text += "(func (param i32) (result i32) (i32.mul (local.get 0) (i32.const " +
            std::to_string(i) + ")))";
  }
  return text + ")";
}

struct Guest {
  Engine engine;
  Module module;
  Instance instance;
};

/// `during` waits for the compiler, if asked, and gives back its argument.
Guest make_guest(const EngineConfig& config, bool wait) {
  const Engine engine = make_engine(config);
  Linker linker(engine);
  Module module = compile(engine, calls());
  must(linker.func("env", "during", [module, wait](std::int32_t n) -> std::int32_t {
    if (wait) module.wait_compiled();
    return n;
  }));
  Instance instance = must(linker.instantiate(Store(engine), module));
  return {engine, module, instance};
}

/// A loop that calls nothing, and something to call.
constexpr const char* kLoop = R"((module
  (func (export "spin") (param i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31)) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $s))
  (func $inc (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "twice") (param i32) (result i32) (call $inc (call $inc (local.get 0))))))";

template <class Condition>
bool soon(Condition&& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

EngineConfig cached(EngineConfig config, const TemporaryDirectory& directory) {
  config.cache.mode = CacheMode::ReadWrite;
  config.cache.directory = directory.path();
  config.cache.least_bytes = 0;
  return config;
}

/// kLoop, and another function to tell modules apart.
std::string numbered(int n) {
  std::string text = kLoop;
  return text.insert(text.size() - 1, "(func (export \"n" + std::to_string(n) + "\"))");
}

/// Threads that compile or write in the background.
std::size_t background_threads() {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm") >> std::ws, name);
    count += name == "wasmrt-tier" ? 1 : 0;
  }
  return count;
}

std::int32_t call(const Instance& instance, const char* name, std::int32_t n) {
  return must(instance.get_func(name)->call({Value(n)}))[0].i32();
}

}  // namespace

TEST_CASE("a large module begins in the interpreter and goes on in machine code",
          "[engine][tier]") {
  const Guest guest = make_guest(late(), true);
  CHECK(call(guest.instance, "across", 10) == 11 + 10 + 11 + 11 + 5 + 3 + 4);
  const ModuleStats stats = guest.module.stats();
  CHECK(!stats.compiling);
  if (has_compiler()) CHECK(stats.native_functions == stats.functions - stats.declined);
  // The same functions again, now from the host, and through a table.
  CHECK(call(guest.instance, "inc", 1) == 2);
  CHECK(call(guest.instance, "across", 1) == 2 + 1 + 2 + 2 + 5 + 3 + 4);
  CHECK(must(guest.instance.get_func("indirect")->call({Value(5), Value(0)}))[0].i32() == 6);
  CHECK(must(guest.instance.get_func("indirect")->call({Value(5), Value(1)}))[0].i32() == 5);
  CHECK(call(guest.instance, "even", 1000001) == 0);
  const std::vector<Value> pair = must(
      guest.instance.get_func("swap")->call({Value(std::int64_t{1}), Value(2.0), Value(3.0f)}));
  CHECK(pair[0].f32() == 3.0f);
  CHECK(pair[1].i64() == 1);
  CHECK(pair[2].f64() == 2.0);
}

TEST_CASE("frames of both kinds are in a backtrace, once each", "[engine][tier]") {
  for (const bool wait : {false, true}) {
    const Guest guest = make_guest(late(), wait);
    const Trap trap = must_trap(guest.instance.get_func("trap")->call({Value(3)}));
    CHECK(trap.kind() == TrapKind::OutOfBoundsMemoryAccess);
    REQUIRE(trap.frames().size() == 6);
    CHECK(trap.frames()[0].function == "bad");
    for (std::size_t i = 1; i <= 4; ++i) CHECK(trap.frames()[i].function == "deep");
    CHECK(trap.frames()[5].func_index == 5);
  }
}

TEST_CASE("instances made before, while and after code arrives work", "[engine][tier]") {
  const Engine engine = make_engine(late());
  const Module module = compile(engine, R"((module
    (func $f (export "f") (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $f (i32.sub (local.get 0) (i32.const 1)))
                       (call $f (i32.sub (local.get 0) (i32.const 2)))))))))");
  std::vector<Instance> instances;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  do {
    instances.push_back(must(Instance::create(Store(engine), module)));
    CHECK(call(instances.back(), "f", 10) == 55);
  } while (std::chrono::steady_clock::now() < until);
  module.wait_compiled();
  for (const Instance& instance : instances) CHECK(call(instance, "f", 15) == 610);
}

TEST_CASE("one instance's functions in another's table, before and after", "[engine][tier]") {
  const Guest guest = make_guest(late(), false);
  Linker linker(guest.engine);
  must(linker.instance("a", guest.instance));
  const Module other = compile(guest.engine, R"((module
    (import "a" "table" (table 4 funcref)) (import "a" "inc" (func $inc (param i32) (result i32)))
    (type $op (func (param i32) (result i32)))
    (func (export "f") (param i32) (result i32)
      (call $inc (call_indirect (type $op) (local.get 0) (i32.const 0))))
    (func (export "tail") (param i32) (result i32)
      (return_call_indirect (type $op) (local.get 0) (i32.const 0)))))");
  Store store = guest.instance.store();
  const Instance user = must(linker.instantiate(store, other));
  for (int i = 0; i < 2; ++i) {
    CHECK(call(user, "f", 40) == 42);
    CHECK(call(user, "tail", 40) == 41);
    guest.module.wait_compiled();
    other.wait_compiled();
  }
}

TEST_CASE("a module may go while it is being compiled", "[engine][tier]") {
  for (int i = 0; i < 30; ++i) {
    const Guest guest = make_guest(late(), false);
    CHECK(call(guest.instance, "even", 5000) == 1);  // enough calls to be worth compiling
    std::this_thread::sleep_for(std::chrono::microseconds(100 * i));
  }
}

TEST_CASE("eager compilation is waited for", "[engine][tier]") {
  const Engine engine = make_engine(late());
  ModuleConfig config;
  config.eager = true;
  const Module module = must(Module::compile(engine, calls(), config));
  CHECK(!module.stats().compiling);
  if (has_compiler()) CHECK(module.stats().native_functions > 0);
}

TEST_CASE("small modules are compiled at once", "[engine][tier]") {
  if (!has_compiler()) return;
  const Module module = compile(make_engine(), "(module (func (export \"f\")))");
  CHECK(module.stats().native_functions == 1);
}

TEST_CASE("a guest that loops and calls little is compiled soon", "[engine][tier]") {
  if (!has_compiler()) return;
  const Engine engine = make_engine(late());
  const Module module = compile(engine, kLoop);
  const Instance instance = must(Instance::create(Store(engine), module));
  const std::int32_t first = call(instance, "spin", 100'000);
  CHECK(soon([&] { return module.stats().native_functions == 3; }));
  CHECK(module.stats().switched_functions == 0);
  CHECK(call(instance, "spin", 100'000) == first);
  CHECK(module.stats().switched_functions == 1);
}

TEST_CASE("code arrives inside of the call that waits for it", "[engine][tier]") {
  if (!has_compiler()) return;
  EngineConfig config = late();
  for (const std::uint32_t at : {1U, 2U, 3U}) {
    config.wait_at_call = at;
    const Engine engine = make_engine(config);
    const Module module = compile(engine, kLoop);
    const Instance instance = must(Instance::create(Store(engine), module));
    CHECK(module.stats().native_functions == 0);
    CHECK(call(instance, "twice", 40) == 42);
    const ModuleStats stats = module.stats();
    CHECK(stats.native_functions == 3);
    // `twice` ends where it began; `inc` changes over behind the call that waits.
    CHECK(stats.switched_functions == (at == 3 ? 0 : 1));
  }
}

TEST_CASE("compiling need not wait for a call", "[engine][tier]") {
  if (!has_compiler()) return;
  EngineConfig config = late();
  config.compile_after_us = 0;
  const Module module = compile(make_engine(config), calls());
  CHECK(soon([&] { return module.stats().native_functions != 0; }));
}

TEST_CASE("who waits for the code does not wait for its time", "[engine][tier]") {
  if (!has_compiler()) return;
  EngineConfig config = late();
  config.compile_after_us = 3'000'000'000;
  const Engine engine = make_engine(config);
  const Module module = compile(engine, kLoop);
  const Instance instance = must(Instance::create(Store(engine), module));
  for (int i = 0; i < 3000; ++i) REQUIRE(call(instance, "twice", i) == i + 2);
  CHECK(module.stats().native_functions == 0);
  module.wait_compiled();
  CHECK(module.stats().native_functions == 3);
  CHECK(call(instance, "twice", 1) == 3);
  // The thread that waits for the time ends with the module.
}

TEST_CASE("modules that become busy together take turns, and may go in between", "[engine][tier]") {
  if (!has_compiler()) return;
  EngineConfig config = late();
  config.compile_after_us = 0;
  const Engine engine = make_engine(config);
  std::vector<Module> kept;
  for (int i = 0; i < 12; ++i) {
    std::string text = calls();
    text.insert(text.size() - 1, "(func (export \"n" + std::to_string(i) + "\"))");
    const Module module = compile(engine, text);
    if (i % 2 == 0) kept.push_back(module);
  }
  for (const Module& module : kept) {
    module.wait_compiled();
    CHECK(module.stats().native_functions == module.stats().functions);
  }
}

TEST_CASE("what is compiled at once gets into the cache meanwhile", "[engine][tier]") {
  if (!has_compiler()) return;
  const TemporaryDirectory directory;
  const EngineConfig config = cached({}, directory);
  {
    // The end of the module waits for it.
    const Module module = compile(make_engine(config), kLoop);
    CHECK(module.stats().native_functions == 3);
  }
  const Module again = compile(make_engine(config), kLoop);
  CHECK(again.stats().cache == CacheResult::Hit);
  const Module other = compile(make_engine(config), "(module (func (export \"f\")))");
  other.wait_compiled();
  CHECK(other.stats().cache == CacheResult::Stored);
}

TEST_CASE("an engine has one thread for all its modules, and none without need",
          "[engine][tier][no-emulation]") {
  if (!has_compiler()) return;
  const std::size_t before = background_threads();
  const TemporaryDirectory directory;
  {
    const Engine alone = make_engine();
    const Module module = compile(alone, kLoop);
    CHECK(background_threads() == before);

    EngineConfig parked = late();
    parked.compile_after_us = 3'000'000'000;
    const Engine waiting = make_engine(parked);
    const Engine writing = make_engine(cached({}, directory));
    std::vector<Module> modules;
    std::vector<Instance> instances;
    for (int i = 0; i < 8; ++i) {
      modules.push_back(compile(waiting, numbered(i)));
      instances.push_back(must(Instance::create(Store(waiting), modules.back())));
      CHECK(call(instances.back(), "twice", 1) == 3);
      CHECK(background_threads() <= before + 1);
    }
    for (int i = 0; i < 8; ++i) {
      modules.push_back(compile(writing, numbered(i)));
      CHECK(background_threads() <= before + 2);
    }
    for (const Module& module : modules) {
      module.wait_compiled();
      CHECK(module.stats().native_functions == 4);
    }
    CHECK(modules.back().stats().cache == CacheResult::Stored);
    CHECK(background_threads() == before + 2);
  }
  CHECK(soon([&] { return background_threads() == before; }));
  CHECK(compile(make_engine(cached({}, directory)), numbered(0)).stats().cache == CacheResult::Hit);
}

TEST_CASE("a module whose entry another process makes holds up no other", "[engine][tier]") {
  if (!has_compiler()) return;
  const TemporaryDirectory directory;
  EngineConfig config = cached(late(), directory);
  config.compile_after_us = 0;
  const Engine engine = make_engine(config);
  auto& cache = *static_cast<engine::CodeCache*>(detail::Access::get(engine)->cache());
  const std::atomic<bool> go_on{false};
  const auto lock_of = [&](int n) {
    const Module text = compile(make_engine(), numbered(n));
    return cache.lock(cache.key_of(sha256(text.bytes())), go_on);
  };
  engine::EntryLock first = lock_of(1);
  const engine::EntryLock second = lock_of(2);
  REQUIRE((first.valid() && second.valid()));
  const Module waits = compile(engine, numbered(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // it is the first to be tried
  auto goes = std::make_unique<Module>(compile(engine, numbered(2)));
  const Module other = compile(engine, numbered(3));
  REQUIRE(soon([&] { return other.stats().native_functions == 4; }));
  CHECK(waits.stats().native_functions == 0);
  goes.reset();  // does not wait either
  first.release();
  REQUIRE(soon([&] { return waits.stats().native_functions == 4; }));
  waits.wait_compiled();
  CHECK(waits.stats().cache == CacheResult::Stored);
}
