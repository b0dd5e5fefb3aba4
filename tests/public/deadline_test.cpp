// Deadlines and cancellation: loops, calls, start functions, bulk operations, host functions.
#include <wasmrt/deadline.hpp>

#include <poll.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include <catch2/generators/catch_generators.hpp>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kForever = R"((module
  (import "env" "host" (func $host))
  (memory 256)
  (func (export "loop") (loop (br 0)))
  (func $r (export "recursion") (if (i32.const 1) (then (call $s) (call $s))))
  (func $s (if (i32.eqz (i32.const 0)) (then (call $q) (call $q))))
  (func $q (loop (br_if 0 (i32.const 1))))
  (func (export "fill") (loop
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 16777216)) (br 0)))
  (func (export "host") (call $host))
  (func (export "quick") (result i32) (i32.const 3))
))";

struct Guest {
  Engine engine = make_engine();
  Store store{engine};
  Linker linker{engine};
  std::function<Result<void>(Caller&)> host = [](Caller&) -> Result<void> { return {}; };
  Instance instance = make();

  Instance make() {
    must(linker.func("env", "host", [this](Caller& caller) { return host(caller); }));
    return must(linker.instantiate(store, compile(engine, kForever)));
  }
  Result<std::vector<Value>> call(const char* name, const CallOptions& options) {
    return instance.get_func(name)->call({}, options);
  }
};

CallOptions within(Deadline deadline) {
  CallOptions options;
  options.deadline = deadline;
  return options;
}

}  // namespace

TEST_CASE("a call ends at its deadline", "[public][deadline]") {
  Guest guest;
  for (const char* name : {"loop", "recursion", "fill"}) {
    const auto before = std::chrono::steady_clock::now();
    const Trap trap = must_trap(guest.call(name, within(20ms)));
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(trap.kind() == TrapKind::DeadlineExceeded);
    CHECK(trap.message() == "deadline exceeded");
    CHECK_FALSE(trap.frames().empty());
    CHECK(took >= 20ms);
    CHECK(took < 10s);
    // It does not outlive its call.
    CHECK(must(guest.call("quick", {}))[0].i32() == 3);
    CHECK(must(guest.call("quick", within(1h)))[0].i32() == 3);
  }
  CHECK(must_trap(guest.call("loop", within(-1s))).kind() == TrapKind::DeadlineExceeded);
}

TEST_CASE("one bulk operation ends at its deadline", "[public][deadline][no-emulation]") {
  EngineConfig config;
  config.engine = GENERATE(EngineKind::Interp, EngineKind::Jit);
  if (config.engine == EngineKind::Jit && !Engine::create(config)) return;  // not in this build
  const Engine engine = make_engine(config);
  // Each alone would take a second, or a good part of one.
  const Instance instance = must(Instance::create(Store(engine), compile(engine, R"((module
    (memory 65536) (table 10000000 funcref)
    (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const -1)))
    (func (export "copy") (memory.copy (i32.const 0) (i32.const 1) (i32.const -2)))
    (func (export "table") (param i32)
      (table.fill (i32.const 0) (ref.null func) (i32.const 10000000)))
    (func (export "tables") (table.copy (i32.const 0) (i32.const 1) (i32.const 9999999)))))")));
  for (const char* name : {"fill", "copy", "tables"}) {
    INFO(name);
    const Trap trap = must_trap(instance.get_func(name)->call({}, within(2ms)));
    CHECK(trap.kind() == TrapKind::DeadlineExceeded);
  }
  // The store's engine knows nothing of it afterwards.
  CHECK(instance.get_func("table")->call({Value(0)}, within(1h)).ok());
}

TEST_CASE("start functions end at the deadline", "[public][deadline]") {
  const Engine engine = make_engine();
  InstanceConfig config;
  config.call.deadline = 20ms;
  const Trap start = must_trap(Instance::create(
      Store(engine), compile(engine, "(module (func $f (loop (br 0))) (start $f))"), config));
  CHECK(start.kind() == TrapKind::DeadlineExceeded);
  config.call.deadline = 20ms;
  const Trap exported = must_trap(Instance::create(
      Store(engine), compile(engine, "(module (func (export \"_start\") (loop (br 0))))"), config));
  CHECK(exported.kind() == TrapKind::DeadlineExceeded);
}

TEST_CASE("a host function knows the deadline", "[public][deadline]") {
  Guest guest;
  const Deadline deadline(50ms);
  guest.host = [&](Caller& caller) -> Result<void> {
    CHECK(caller.deadline().at() == deadline.at());
    CHECK(caller.check_interrupt().ok());
    pollfd descriptor{caller.interrupt_fd(), POLLIN, 0};
    CHECK(poll(&descriptor, 1, 10000) == 1);
    Result<void> now = caller.check_interrupt();
    CHECK_FALSE(now.ok());
    return now;
  };
  const Trap trap = must_trap(guest.call("host", within(deadline)));
  CHECK(trap.kind() == TrapKind::DeadlineExceeded);
  CHECK(trap.frames().size() == 1);
  // One that does not ask is ended when it returns.
  guest.host = [](Caller&) -> Result<void> {
    std::this_thread::sleep_for(30ms);
    return {};
  };
  CHECK(must_trap(guest.call("host", within(5ms))).kind() == TrapKind::DeadlineExceeded);
}

TEST_CASE("calls inside calls cannot outlive them", "[public][deadline]") {
  Guest guest;
  SECTION("in the same store") {
    guest.host = [&](Caller&) -> Result<void> {
      // The inner deadline is later, so the outer one counts.
      const Trap inner = must_trap(guest.call("loop", within(1h)));
      CHECK(inner.kind() == TrapKind::DeadlineExceeded);
      return {};
    };
    CHECK(must_trap(guest.call("host", within(20ms))).kind() == TrapKind::DeadlineExceeded);
  }
  SECTION("in another store") {
    Guest other;
    guest.host = [&](Caller&) -> Result<void> {
      CHECK(must_trap(other.call("loop", {})).kind() == TrapKind::DeadlineExceeded);
      return {};
    };
    CHECK(must_trap(guest.call("host", within(20ms))).kind() == TrapKind::DeadlineExceeded);
    CHECK(must(other.call("quick", {}))[0].i32() == 3);
  }
  SECTION("an earlier inner one ends only the inner call") {
    guest.host = [&](Caller&) -> Result<void> {
      CHECK(must_trap(guest.call("loop", within(10ms))).kind() == TrapKind::DeadlineExceeded);
      return {};
    };
    must(guest.call("host", within(1h)));
  }
  SECTION("back and forth between two stores") {
    Guest other;
    other.host = [&](Caller&) -> Result<void> {
      CHECK(must_trap(guest.call("loop", {})).kind() == TrapKind::DeadlineExceeded);
      return {};
    };
    guest.host = [&](Caller&) -> Result<void> {
      CHECK(must_trap(other.call("host", within(10ms))).kind() == TrapKind::DeadlineExceeded);
      return {};
    };
    must(guest.call("host", within(1h)));
    CHECK(must_trap(guest.call("loop", within(1ms))).kind() == TrapKind::DeadlineExceeded);
  }
  SECTION("closing the outer instance ends an inner call in another store") {
    Guest other;
    std::thread closer;
    guest.host = [&](Caller&) -> Result<void> {
      closer = std::thread([&] {
        std::this_thread::sleep_for(10ms);
        guest.instance.close();
      });
      CHECK(must_trap(other.call("loop", {})).kind() == TrapKind::Cancelled);
      return {};
    };
    CHECK(must_trap(guest.call("host", {})).kind() == TrapKind::Cancelled);
    closer.join();
  }
  SECTION("a token of the outer call ends an inner one in another store") {
    Guest other;
    CallOptions options;
    options.cancel = CancelToken::create();
    std::thread canceller;
    guest.host = [&](Caller&) -> Result<void> {
      canceller = std::thread([token = options.cancel] {
        std::this_thread::sleep_for(10ms);
        token.cancel();
      });
      CHECK(must_trap(other.call("loop", {})).kind() == TrapKind::Cancelled);
      return {};
    };
    CHECK(must_trap(guest.call("host", options)).kind() == TrapKind::Cancelled);
    canceller.join();
  }
}

TEST_CASE("a token cancels from another thread", "[public][deadline]") {
  Guest guest;
  CallOptions options;
  options.cancel = CancelToken::create();
  std::thread canceller([&] {
    std::this_thread::sleep_for(10ms);
    options.cancel.cancel();
  });
  const Trap trap = must_trap(guest.call("loop", options));
  canceller.join();
  CHECK(trap.kind() == TrapKind::Cancelled);
  CHECK(trap.message() == "cancelled");
  // It stays cancelled; other calls are not concerned.
  CHECK(options.cancel.cancelled());
  CHECK(must_trap(guest.call("loop", options)).kind() == TrapKind::Cancelled);
  CHECK(must(guest.call("quick", {}))[0].i32() == 3);
}

namespace {
CancelToken g_token;
}

TEST_CASE("a signal handler can cancel", "[public][deadline]") {
  Guest guest;
  g_token = must(CancelToken::create_signal_safe());
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_handler = [](int) { g_token.cancel(); };
  REQUIRE(sigaction(SIGUSR1, &action, &before) == 0);
  CallOptions options;
  options.cancel = g_token;
  std::thread sender([] {
    std::this_thread::sleep_for(10ms);
    raise(SIGUSR1);
  });
  CHECK(must_trap(guest.call("loop", options)).kind() == TrapKind::Cancelled);
  sender.join();
  sigaction(SIGUSR1, &before, nullptr);
  g_token = {};
}

TEST_CASE("closing an instance ends the call in it", "[public][deadline]") {
  Guest guest;
  std::thread closer([&] {
    std::this_thread::sleep_for(10ms);
    guest.instance.close();
  });
  const Trap trap = must_trap(guest.call("loop", {}));
  closer.join();
  CHECK(trap.kind() == TrapKind::Cancelled);
  CHECK(must_fail(guest.call("quick", {})).code == ErrorCode::Closed);
  // Others of the store go on.
  const Instance other = must(guest.linker.instantiate(guest.store, guest.instance.module()));
  CHECK(must(other.get_func("quick")->call({}))[0].i32() == 3);
}

TEST_CASE("a second thread finds the instance busy", "[public][deadline]") {
  Guest guest;
  std::atomic<bool> inside = false;
  std::atomic<bool> leave = false;
  guest.host = [&](Caller&) -> Result<void> {
    inside = true;
    while (!leave) std::this_thread::yield();
    return {};
  };
  std::thread caller([&] { must(guest.call("host", {})); });
  while (!inside) std::this_thread::yield();
  const Error error = must_fail(guest.call("quick", {}));
  CHECK(error.code == ErrorCode::Busy);
  CHECK(error.message.find("instance busy") == 0);
  CHECK(must_fail(Instance::create(guest.store, compile(guest.engine, "(module)"))).code ==
        ErrorCode::Busy);
  leave = true;
  caller.join();
  must(guest.call("quick", {}));
}
