// Interrupts under stress: none is lost and none strays, whatever is armed, entered, instantiated
// and dropped at the same time.
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "libwasmrt/runtime/interrupt.h"
#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;
using namespace std::chrono_literals;

TEST_CASE("an armed cell reaches instances made later", "[runtime][interrupt]") {
  const auto cell = rt::make_ref<rt::InterruptCell>();
  Vmctx first;
  cell->add(&first);
  CHECK(first.interrupt == 0);
  cell->arm();
  CHECK(first.interrupt == 1);
  CHECK(first.stack_limit == ~std::uint64_t{0});
  Vmctx second;
  cell->add(&second);
  CHECK(second.interrupt == 1);
  cell->entered(&second, 4096);
  CHECK(second.stack_limit == ~std::uint64_t{0});
  cell->disarm();
  CHECK(second.interrupt == 0);
  CHECK(second.stack_limit == 4096);
  // A closed instance stays armed, others do not.
  cell->close(&first);
  cell->disarm();
  CHECK(first.interrupt == 1);
  CHECK(second.interrupt == 0);
  cell->remove(&first);
  cell->remove(&second);
}

TEST_CASE("interrupts are neither lost nor stray", "[runtime][interrupt]") {
  const Engine engine = make_engine();
  Linker linker(engine);
  const Linked linked = must(linker.instantiate_pre(compile(engine, R"((module
    (memory 1)
    (func (export "forever") (loop (br 0)))
    (func (export "quick") (param i32) (result i32)
      (local $i i32)
      (loop (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (local.get 0))))
      (local.get $i))))")));
  constexpr int kThreads = 4;
  constexpr int kRounds = 1000;  // at least, however slow the machine is
  const auto end = std::chrono::steady_clock::now() + 2s;
  std::atomic<int> ended = 0;
  std::atomic<int> finished = 0;
  std::atomic<int> wrong = 0;
  // Each thread has a token that its neighbour cancels.
  struct Shared {
    std::mutex mutex;
    CancelToken token;
  };
  std::vector<Shared> shared(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Shared& mine = shared[static_cast<std::size_t>(t)];
      Shared& next = shared[static_cast<std::size_t>((t + 1) % kThreads)];
      const Store store(engine);
      for (int round = 0; std::chrono::steady_clock::now() < end || (ended < kRounds && wrong == 0);
           ++round) {
        Result<Instance> made = linked.instantiate(store);
        if (!made) {
          ++wrong;
          continue;
        }
        CallOptions options;
        options.cancel = CancelToken::create();
        {
          const std::lock_guard lock(mine.mutex);
          mine.token = options.cancel;
        }
        // Lost: this would never return. The deadline comes while the neighbour may cancel.
        options.deadline = std::chrono::microseconds(1 + round % 300);
        const auto forever = made->get_func("forever")->call({}, options);
        if (forever.ok() || forever.error().code != ErrorCode::Trap) ++wrong;
        ++ended;
        // Stray: nothing was armed for this call, or a deadline that is far away.
        CallOptions later;
        if (round % 2 == 0) later.deadline = 1h;
        const std::vector<Value> args = {Value(round % 1000)};
        const auto quick = made->get_func("quick")->call(args, later);
        if (!quick.ok()) ++wrong;
        ++finished;
        const std::lock_guard lock(next.mutex);
        next.token.cancel();
        if (round % 3 == 0) made->close();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  INFO(ended << " interrupted calls, " << finished << " others");
  CHECK(wrong == 0);
  CHECK(ended == finished);
}

TEST_CASE("threads closing and calling one instance", "[runtime][interrupt]") {
  const Engine engine = make_engine();
  const Module module = compile(engine, "(module (func (export \"forever\") (loop (br 0))))");
  for (int round = 0; round < 200; ++round) {
    const Instance instance = must(Instance::create(Store(engine), module));
    std::atomic<int> cancelled = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        const auto result = instance.get_func("forever")->call({});
        if (result.ok()) return;
        if (result.error().code == ErrorCode::Trap) ++cancelled;
        if (result.error().code == ErrorCode::Busy || result.error().code == ErrorCode::Closed) {
          ++refused;
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::microseconds(round));
    instance.close();
    for (std::thread& thread : threads) thread.join();
    CHECK(cancelled + refused == 3);
  }
}
