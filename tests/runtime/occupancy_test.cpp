// Who is inside a store: one thread at a time, whoever has a claim on it.
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "libwasmrt/runtime/occupancy.h"

using namespace wasmrt;
using namespace std::chrono_literals;
using rt::Occupancy;

namespace {

/// What try_enter says on a thread of its own; leaves again.
bool enters_elsewhere(Occupancy& store, int times = 1) {
  bool entered = true;
  std::thread([&] {
    for (int n = 0; n < times; ++n) {
      if (store.try_enter()) {
        store.leave();
      } else {
        entered = false;
      }
    }
  }).join();
  return entered;
}

}  // namespace

TEST_CASE("a thread that enters again and again gets a claim, and loses it to another",
          "[runtime][occupancy]") {
  Occupancy store;
  for (std::uint32_t n = 0; n < 2 * Occupancy::kEntriesForClaim; ++n) {
    REQUIRE(store.try_enter());
    CHECK(!enters_elsewhere(store));
    REQUIRE(store.try_enter());
    store.leave();
    CHECK(!enters_elsewhere(store));
    store.leave();
  }
  if (!os::asymmetric_barriers()) {
    CHECK(store.claims_made() == 0);
    return;
  }
  REQUIRE(store.claims_made() == 1);
  Occupancy::Claim& mine = store.claim();
  CHECK(mine.thread == rt::thread_id());
  REQUIRE(Occupancy::enter_by(mine));
  CHECK(!enters_elsewhere(store));
  REQUIRE(store.try_enter());
  store.leave();
  CHECK(!enters_elsewhere(store));
  Occupancy::leave_by(mine);
  // Free: taken away, for good.
  CHECK(enters_elsewhere(store));
  CHECK(&store.claim() != &mine);
  CHECK(!Occupancy::enter_by(mine));
  REQUIRE(store.try_enter());
  CHECK(!enters_elsewhere(store));
  store.leave();
}

TEST_CASE("claims get rarer and then are not made any more", "[runtime][occupancy]") {
  Occupancy store;
  std::size_t before = 0;
  for (int round = 0; round < 40; ++round) {
    CHECK(enters_elsewhere(store, 3 * Occupancy::kEntriesForClaim));
    const std::size_t made = store.claims_made();
    CHECK(made <= before + 1);
    before = made;
  }
  // A few hundred entries in a row are not enough for a third.
  CHECK(before <= 2);
}

TEST_CASE("two threads are never inside at once, and see what the other did",
          "[runtime][occupancy]") {
  constexpr int kThreads = 3;
  const auto end = std::chrono::steady_clock::now() + 1s;
  std::size_t claims = 0;
  for (int round = 0; round < 20 && std::chrono::steady_clock::now() < end; ++round) {
    Occupancy store;
    std::uint64_t plain = 0;  // guarded by being inside
    std::atomic<std::uint64_t> entered = 0;
    std::atomic<bool> stop = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::uint64_t mine = 0;
        // One hammers, the others come by now and then.
        while (!stop.load(std::memory_order_relaxed)) {
          if (t != 0) std::this_thread::sleep_for(std::chrono::microseconds(300 * t));
          if (!store.try_enter()) continue;
          const bool again = store.try_enter();
          const std::uint64_t now = plain + 1;
          plain = now;
          if (again) store.leave();
          mine += again && plain == now ? 1 : 1'000'000;
          store.leave();
        }
        entered += mine;
      });
    }
    std::this_thread::sleep_for(50ms);
    stop = true;
    for (std::thread& thread : threads) thread.join();
    CHECK(plain == entered);
    claims += store.claims_made();
  }
  CHECK((claims > 0 || !os::asymmetric_barriers()));
}
