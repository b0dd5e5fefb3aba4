// The worker pool: every item once, no thread too early, nesting, contention, fork.
#include "sys/os/thread.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <thread>
#include <vector>

#include "sys/os/cpu.h"

namespace os = wasmrt::os;

TEST_CASE("a loop visits every item exactly once", "[os][thread]") {
  os::WorkerPool pool(3);
  for (const size_t count : {size_t{0}, size_t{1}, size_t{7}, size_t{100}, size_t{10000}}) {
    for (const size_t grain : {size_t{0}, size_t{1}, size_t{3}, size_t{100}, SIZE_MAX}) {
      std::vector<std::atomic<int>> visits(count);
      pool.parallel_for(count, grain, [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) visits[i].fetch_add(1);
      });
      size_t wrong = 0;
      for (const auto& visit : visits) wrong += visit.load() != 1;
      REQUIRE(wrong == 0);
    }
  }
  CHECK(pool.started() == 3);
}

TEST_CASE("no thread is started for a loop of one range", "[os][thread]") {
  os::WorkerPool pool(4);
  int calls = 0;
  pool.parallel_for(10, 10, [&](size_t, size_t) { ++calls; });
  CHECK(calls == 1);
  CHECK(pool.started() == 0);
  pool.parallel_for(20, 10, [&](size_t, size_t) {});
  CHECK(pool.started() == 1);
}

TEST_CASE("loops inside loops and loops of several threads finish", "[os][thread]") {
  os::WorkerPool pool(2);
  std::atomic<size_t> items{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 3; ++t) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        pool.parallel_for(16, 1, [&](size_t begin, size_t end) {
          pool.parallel_for(end - begin, 1, [&](size_t b, size_t e) { items.fetch_add(e - b); });
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(items.load() == 3 * 50 * 16);
}

TEST_CASE("a forked child starts workers of its own", "[os][thread][no-tsan]") {
  os::WorkerPool pool(2);
  std::atomic<size_t> items{0};
  const auto count_items = [&](size_t begin, size_t end) { items.fetch_add(end - begin); };
  pool.parallel_for(100, 1, count_items);
  const pid_t child = fork();
  if (child == 0) {
    items.store(0);
    const bool none = pool.started() == 0;
    pool.parallel_for(100, 1, count_items);
    _exit(none && items.load() == 100 && pool.started() == 2 ? 7 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("there is at least one core", "[os][thread]") { CHECK(os::usable_cores() >= 1); }
