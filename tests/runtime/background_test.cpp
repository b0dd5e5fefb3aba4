// Turns: one at a time, and none for who was stopped.
#include "libwasmrt/runtime/background.h"

#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace wasmrt;

TEST_CASE("one thread at a time has a turn", "[runtime][background]") {
  rt::Background background(0);
  const std::atomic<bool> stop{false};
  std::atomic<int> inside{0};
  std::atomic<int> turns{0};
  std::atomic<bool> crowded{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        if (!background.enter(stop)) continue;
        if (++inside != 1) crowded = true;
        ++turns;
        --inside;
        background.leave();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(turns == 800);
  CHECK_FALSE(crowded);
}

TEST_CASE("who is stopped waits for no turn", "[runtime][background]") {
  rt::Background background(0);
  const std::atomic<bool> never{false};
  std::atomic<bool> stop{false};
  REQUIRE(background.enter(never));
  bool entered = true;
  std::thread waiting([&] { entered = background.enter(stop); });
  stop = true;
  background.wake();
  waiting.join();
  CHECK_FALSE(entered);
  background.leave();
  CHECK(background.enter(never));
  background.leave();
}
