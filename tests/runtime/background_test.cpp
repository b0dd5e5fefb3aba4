// The queue of an engine: one job at a time, when it is due, and none that was removed.
#include "libwasmrt/runtime/background.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace wasmrt;
using namespace std::chrono_literals;

namespace {

using Again = std::optional<rt::Background::Duration>;

/// A job that calls something.
struct Task {
  explicit Task(std::function<Again()> f) : body(std::move(f)) {}
  std::function<Again()> body;
  rt::Background::Job job{[](void* self) { return static_cast<Task*>(self)->body(); }, this};
};

template <class Condition>
bool soon(Condition&& condition) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(100us);
  }
  return true;
}

/// A job that runs until it is told to end.
struct Blocker {
  std::atomic<bool> runs{false};
  std::atomic<bool> end{false};
  Task task{[this]() -> Again {
    runs = true;
    while (!end) std::this_thread::sleep_for(100us);
    return std::nullopt;
  }};
};

bool add(rt::Background& background, rt::Background::Job& job, rt::Background::Duration after) {
  return background.add(job, after) != rt::Background::Added::No;
}

}  // namespace

TEST_CASE("one job at a time runs", "[runtime][background]") {
  rt::Background background(0);
  std::atomic<int> inside{0};
  std::atomic<int> turns{0};
  std::atomic<bool> crowded{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<std::unique_ptr<Task>> tasks;
      for (int i = 0; i < 200; ++i) {
        tasks.push_back(std::make_unique<Task>([&]() -> Again {
          if (++inside != 1) crowded = true;
          ++turns;
          --inside;
          return std::nullopt;
        }));
        if (!add(background, tasks.back()->job, {})) return;
      }
      soon([&] { return turns == 800; });
      for (const auto& task : tasks) background.remove(task->job);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(turns == 800);
  CHECK_FALSE(crowded);
  CHECK(background.is_idle());
}

TEST_CASE("who adds a job learns whether anything comes before it", "[runtime][background]") {
  using Added = rt::Background::Added;
  rt::Background background(0);
  const auto nothing = []() -> Again { return std::nullopt; };
  Task late(nothing);
  CHECK(background.add(late.job, 1h) == Added::Behind);
  Blocker blocker;
  CHECK(background.add(blocker.task.job, {}) == Added::AtOnce);  // before what is due in an hour
  REQUIRE(soon([&] { return blocker.runs.load(); }));
  Task next(nothing);
  CHECK(background.add(next.job, {}) == Added::Behind);
  blocker.end = true;
  CHECK(soon([&] { return background.is_idle(); }));
  background.remove(next.job);
  background.remove(late.job);
}

TEST_CASE("who is removed waits for nothing, and does not run", "[runtime][background]") {
  rt::Background background(0);
  Blocker blocker;
  REQUIRE(add(background, blocker.task.job, {}));
  REQUIRE(soon([&] { return blocker.runs.load(); }));
  CHECK_FALSE(background.is_idle());
  std::atomic<int> ran{0};
  const auto count = [&]() -> Again {
    ++ran;
    return std::nullopt;
  };
  Task removed(count);
  Task stays(count);
  Task never(count);
  REQUIRE(add(background, removed.job, {}));
  REQUIRE(add(background, stays.job, {}));
  background.remove(removed.job);
  background.remove(never.job);
  CHECK_FALSE(blocker.end);
  blocker.end = true;
  CHECK(soon([&] { return ran == 1 && background.is_idle(); }));
  CHECK(ran == 1);
}

TEST_CASE("who is removed while it runs is waited for, and not run again",
          "[runtime][background]") {
  rt::Background background(0);
  for (int i = 0; i < 200; ++i) {
    std::atomic<bool> begun{false};
    std::atomic<bool> inside{false};
    Task task([&]() -> Again {
      inside = true;
      begun = true;
      std::this_thread::yield();
      inside = false;
      return 0us;
    });
    REQUIRE(add(background, task.job, {}));
    REQUIRE(soon([&] { return begun.load(); }));
    background.remove(task.job);
    CHECK_FALSE(inside);
    CHECK(background.is_idle());
  }
}

TEST_CASE("who cannot go on lets others run, also when they come later", "[runtime][background]") {
  rt::Background background(0);
  std::atomic<bool> may{false};
  std::atomic<int> attempts{0};
  std::atomic<bool> done{false};
  Task stuck([&]() -> Again {
    ++attempts;
    if (!may) return 1ms;
    done = true;
    return std::nullopt;
  });
  REQUIRE(add(background, stuck.job, {}));
  REQUIRE(soon([&] { return attempts >= 2; }));
  std::atomic<int> others{0};
  std::vector<std::unique_ptr<Task>> tasks;
  for (int i = 0; i < 20; ++i) {
    tasks.push_back(std::make_unique<Task>([&]() -> Again {
      ++others;
      return std::nullopt;
    }));
    REQUIRE(add(background, tasks.back()->job, {}));
  }
  CHECK(soon([&] { return others == 20; }));
  CHECK_FALSE(done);
  may = true;
  CHECK(soon([&] { return done.load(); }));
  for (const auto& task : tasks) background.remove(task->job);
  background.remove(stuck.job);
}

TEST_CASE("jobs run when they are due, and else as they came", "[runtime][background]") {
  rt::Background background(0);
  Blocker blocker;
  REQUIRE(add(background, blocker.task.job, {}));
  REQUIRE(soon([&] { return blocker.runs.load(); }));
  std::string order;  // of the thread alone, until it is done
  std::atomic<int> ran{0};
  const auto say = [&](char name) {
    return std::make_unique<Task>([&, name]() -> Again {
      order += name;
      ++ran;
      return std::nullopt;
    });
  };
  const auto late = say('l');
  const auto first = say('1');
  const auto second = say('2');
  const auto hour = say('h');
  REQUIRE(add(background, hour->job, 1h));
  REQUIRE(add(background, late->job, 50ms));
  REQUIRE(add(background, first->job, {}));
  REQUIRE(add(background, second->job, {}));
  blocker.end = true;
  CHECK(soon([&] { return ran == 3; }));
  background.remove(hour->job);
  background.remove(late->job);
  CHECK(order == "12l");
}

TEST_CASE("the child of a fork has a thread of its own when it has a job",
          "[runtime][background][no-tsan][no-emulation]") {
  rt::Background background(0);
  Blocker blocker;
  REQUIRE(add(background, blocker.task.job, {}));
  REQUIRE(soon([&] { return blocker.runs.load(); }));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (!background.is_idle()) _exit(1);
    std::atomic<bool> ran{false};
    Task task([&]() -> Again {
      ran = true;
      return std::nullopt;
    });
    if (!add(background, task.job, {})) _exit(2);
    const bool well = soon([&] { return ran.load(); });
    background.remove(task.job);
    _exit(well ? 0 : 3);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  blocker.end = true;
  background.remove(blocker.task.job);
}
