// WASI through the public API: guests with code, linked, run, ended, traced.
#include <unistd.h>
#include <wasmrt/wasmrt.hpp>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/support/temporary_directory.h"

using namespace wasmrt;

namespace {

// What all guests here need; the rest of each module follows.
constexpr const char* kHead = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "hello\n")
  (data (i32.const 200) "../secret")
  (data (i32.const 0) "\64\00\00\00\06\00\00\00")
)";

struct Run {
  Result<Instance> result;
  std::string output;
};

Run run(const std::string& rest, WasiConfig config, const CallOptions& options = {}) {
  Result<Engine> engine = Engine::create();
  REQUIRE(engine.ok());
  Result<Module> module = Module::compile(*engine, kHead + rest + ")");
  if (!module) FAIL(module.error().message);
  const std::shared_ptr<WasiBuffer> buffer = WasiBuffer::create(100);
  config.stdout_to = WasiOutput::to_buffer(buffer);
  Linker linker(*engine);
  Result<void> added = add_wasi(linker, std::move(config));
  if (!added) FAIL(added.error().message);
  const Store store(*engine);
  InstanceConfig instance;
  instance.call = options;
  Result<Instance> made = linker.instantiate(store, *module, instance);
  return {std::move(made), buffer->text()};
}

}  // namespace

TEST_CASE("a guest prints and returns", "[wasi]") {
  const Run done = run(R"((func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))",
                       {});
  CHECK(done.result.ok());
  CHECK(done.output == "hello\n");
}

TEST_CASE("proc_exit is an exit with a code, and runs nothing after it", "[wasi]") {
  const Run done = run(R"((func (export "_start")
    (call $proc_exit (i32.const 33))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))",
                       {});
  REQUIRE_FALSE(done.result.ok());
  CHECK(done.result.error().code == ErrorCode::Exit);
  CHECK(done.result.error().exit_code == 33);
  CHECK(done.output.empty());
}

TEST_CASE("a deadline ends a guest that sleeps, or waits for input", "[wasi]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  WasiConfig config;
  config.clocks = WasiClocks::real();
  config.stdin_from = WasiInput::from_fd(ends[0]);
  // One subscription at 1000: monotonic clock, an hour.
  const char* sleeps = R"((func (export "_start")
    (i32.store (i32.const 1016) (i32.const 1))
    (i64.store (i32.const 1024) (i64.const 3600000000000))
    (drop (call $poll_oneoff (i32.const 1000) (i32.const 2000) (i32.const 1) (i32.const 20)))))";
  const char* reads = R"((func (export "_start")
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 20)))))";
  for (const char* code : {sleeps, reads}) {
    CallOptions options;
    options.deadline = Deadline(std::chrono::milliseconds(50));
    const auto start = std::chrono::steady_clock::now();
    const Run done = run(code, config, options);
    const auto took = std::chrono::steady_clock::now() - start;
    REQUIRE_FALSE(done.result.ok());
    REQUIRE(done.result.error().trap() != nullptr);
    CHECK(done.result.error().trap()->kind() == TrapKind::DeadlineExceeded);
    CHECK(took >= std::chrono::milliseconds(50));
    CHECK(took < std::chrono::seconds(10));
  }
  CallOptions options;
  options.cancel = CancelToken::create();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    options.cancel.cancel();
  });
  const Run done = run(sleeps, config, options);
  later.join();
  REQUIRE_FALSE(done.result.ok());
  REQUIRE(done.result.error().trap() != nullptr);
  CHECK(done.result.error().trap()->kind() == TrapKind::Cancelled);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("calls are traced with both paths and the decision", "[wasi]") {
  const test::TemporaryDirectory directory;
  directory.make_directory("box");
  struct Event {
    std::string function, guest_path, host_path, arguments, decision;
    std::uint16_t error;
  };
  std::vector<Event> events;
  WasiConfig config;
  config.mounts.push_back({directory / "box", "/box", false});
  config.trace = [&](const WasiTraceEvent& e) {
    events.push_back({std::string(e.function), std::string(e.guest_path), std::string(e.host_path),
                      std::string(e.arguments), std::string(e.decision), e.error});
  };
  const Run done = run(R"((func (export "_start")
    (drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 200) (i32.const 9) (i32.const 0)
                           (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 20)))
    (call $proc_exit (i32.const 0))))",
                       config);
  REQUIRE(events.size() == 2);
  CHECK(events[0].function == "path_open");
  CHECK(events[0].guest_path == "/box/../secret");
  CHECK(events[0].host_path == directory / "box/../secret");
  CHECK(events[0].arguments ==
        "fd=3 dirflags=1 path=200 path_len=9 oflags=0 base=2 inheriting=0 fdflags=0 result=20");
  CHECK(events[0].decision == "perm");
  CHECK(events[0].error == 63);
  CHECK(events[1].function == "proc_exit");
  CHECK(events[1].arguments == "code=0");
  CHECK(events[1].decision == "success");
}

TEST_CASE("without an exported memory every pointer is out of bounds", "[wasi]") {
  Result<Engine> engine = Engine::create();
  REQUIRE(engine.ok());
  Result<Module> module = Module::compile(*engine, R"((module
    (import "wasi_snapshot_preview1" "random_get" (func $get (param i32 i32) (result i32)))
    (memory 1)
    (func (export "get") (result i32) (call $get (i32.const 0) (i32.const 8)))))");
  REQUIRE(module.ok());
  Linker linker(*engine);
  WasiConfig config;
  config.random = WasiRandom::real();
  REQUIRE(add_wasi(linker, config).ok());
  const Store store(*engine);
  Result<Instance> instance = linker.instantiate(store, *module);
  REQUIRE(instance.ok());
  Result<std::vector<Value>> result = instance->get_func("get")->call({});
  REQUIRE(result.ok());
  CHECK((*result)[0].i32() == 21);  // fault
}

TEST_CASE("WASI can be added to a linker once", "[wasi]") {
  Result<Engine> engine = Engine::create();
  REQUIRE(engine.ok());
  Linker linker(*engine);
  REQUIRE(add_wasi(linker, {}).ok());
  Result<void> again = add_wasi(linker, {});
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == ErrorCode::InvalidArgument);
}
