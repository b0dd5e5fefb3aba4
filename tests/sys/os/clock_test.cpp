// Clocks and the timer thread: order, cancelling, moving, threads, fork.
#include "sys/os/clock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace os = wasmrt::os;

namespace {
constexpr uint64_t kMs = 1'000'000;

void wait_ms(unsigned ms) { usleep(ms * 1000); }

template <typename Done>
bool wait_until(Done done) {
  for (int i = 0; i < 5000 && !done(); ++i) wait_ms(1);
  return done();
}

struct Counter {
  os::Deadline deadline;
  std::atomic<int> fired{0};
  std::atomic<uint64_t> when{0};
  Counter() {
    deadline.user = this;
    deadline.fire = [](void* user) {
      Counter& self = *static_cast<Counter*>(user);
      self.when.store(os::monotonic_ns());
      self.fired.fetch_add(1);
    };
  }
};
}  // namespace

TEST_CASE("clocks move forward and have a resolution", "[os][clock]") {
  for (const os::Clock clock :
       {os::Clock::Realtime, os::Clock::Monotonic, os::Clock::ProcessCpu, os::Clock::ThreadCpu}) {
    CHECK(os::clock_resolution_ns(clock) > 0);
    const uint64_t first = os::clock_ns(clock);
    CHECK(first > 0);
    CHECK(os::clock_ns(clock) >= first);
  }
}

TEST_CASE("deadlines fire after their time, the earliest first", "[os][clock]") {
  os::TimerThread timer;
  CHECK_FALSE(timer.started());
  const uint64_t now = os::monotonic_ns();
  Counter late;
  Counter early;
  Counter past;
  REQUIRE(timer.arm(late.deadline, now + 60 * kMs));
  REQUIRE(timer.arm(early.deadline, now + 20 * kMs));
  REQUIRE(timer.arm(past.deadline, 1));
  CHECK(timer.started());
  REQUIRE(wait_until([&] { return late.fired.load() == 1; }));
  CHECK(early.fired.load() == 1);
  CHECK(past.fired.load() == 1);
  CHECK(early.when.load() >= now + 20 * kMs);
  CHECK(late.when.load() >= now + 60 * kMs);
  CHECK(past.when.load() <= early.when.load());
  CHECK(early.when.load() <= late.when.load());
  CHECK_FALSE(timer.cancel(late.deadline));
}

TEST_CASE("a cancelled deadline never fires, a moved one fires once", "[os][clock]") {
  os::TimerThread timer;
  Counter cancelled;
  Counter moved;
  const uint64_t now = os::monotonic_ns();
  REQUIRE(timer.arm(cancelled.deadline, now + 30 * kMs));
  REQUIRE(timer.arm(moved.deadline, now + 3'600'000 * kMs));
  REQUIRE(timer.arm(moved.deadline, now + 10 * kMs));
  CHECK(timer.cancel(cancelled.deadline));
  REQUIRE(wait_until([&] { return moved.fired.load() == 1; }));
  wait_ms(40);
  CHECK(cancelled.fired.load() == 0);
  CHECK(moved.fired.load() == 1);
}

TEST_CASE("cancel waits for a running callback", "[os][clock]") {
  os::TimerThread timer;
  struct Slow {
    std::atomic<bool> began{false};
    std::atomic<bool> ended{false};
  } slow;
  os::Deadline deadline;
  deadline.user = &slow;
  deadline.fire = [](void* user) {
    Slow& self = *static_cast<Slow*>(user);
    self.began.store(true);
    wait_ms(50);
    self.ended.store(true);
  };
  REQUIRE(timer.arm(deadline, 0));
  REQUIRE(wait_until([&] { return slow.began.load(); }));
  CHECK_FALSE(timer.cancel(deadline));
  CHECK(slow.ended.load());
}

TEST_CASE("a callback may arm its own deadline again", "[os][clock]") {
  os::TimerThread timer;
  struct Repeat {
    os::TimerThread* timer;
    os::Deadline deadline;
    std::atomic<int> count{0};
  } repeat;
  repeat.timer = &timer;
  repeat.deadline.user = &repeat;
  repeat.deadline.fire = [](void* user) {
    Repeat& self = *static_cast<Repeat*>(user);
    if (self.count.fetch_add(1) + 1 < 5) self.timer->arm(self.deadline, os::monotonic_ns() + kMs);
  };
  REQUIRE(timer.arm(repeat.deadline, 0));
  CHECK(wait_until([&] { return repeat.count.load() == 5; }));
  timer.cancel(repeat.deadline);
}

TEST_CASE("many deadlines from many threads: each fires or was cancelled", "[os][clock]") {
  os::TimerThread timer;
  std::atomic<int> lost{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::vector<std::unique_ptr<Counter>> counters;
      uint32_t state = t * 2654435761u + 1;
      for (int i = 0; i < 2000; ++i) {
        state = state * 1664525u + 1013904223u;
        counters.push_back(std::make_unique<Counter>());
        timer.arm(counters.back()->deadline, os::monotonic_ns() + state % (4 * kMs));
        Counter& other = *counters[state % counters.size()];
        if ((state & 0x10000) != 0 && timer.cancel(other.deadline)) {
          if (other.fired.load() != 0) lost.fetch_add(1);
          other.fired.fetch_add(1);
        }
      }
      wait_ms(20);
      for (const auto& counter : counters) {
        if (timer.cancel(counter->deadline)) counter->fired.fetch_add(1);
        if (counter->fired.load() != 1) lost.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(lost.load() == 0);
}

TEST_CASE("the timer works in a forked child", "[os][clock][no-tsan]") {
  os::TimerThread timer;
  Counter before;
  REQUIRE(timer.arm(before.deadline, 0));
  REQUIRE(wait_until([&] { return before.fired.load() == 1; }));
  const pid_t child = fork();
  if (child == 0) {
    Counter counter;
    const bool armed = timer.arm(counter.deadline, os::monotonic_ns() + kMs);
    const bool fired = wait_until([&] { return counter.fired.load() == 1; });
    _exit(armed && fired ? 9 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 9);
}
