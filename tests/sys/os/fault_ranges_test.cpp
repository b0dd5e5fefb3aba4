// The registries behind the fault handler: order, overlap, lookups while another thread writes.
#include "sys/os/fault_ranges.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "sys/os/fault.h"

using wasmrt::os::DataRange;
using wasmrt::os::RangeReaders;
using wasmrt::os::RangeRegistry;

TEST_CASE("ranges are found by any address inside them and by none outside", "[os][fault]") {
  RangeReaders readers;
  RangeRegistry<DataRange> registry;
  DataRange found{};
  CHECK_FALSE(registry.find(100, found));
  REQUIRE(registry.add({300, 400, 3}, readers));
  REQUIRE(registry.add({100, 200, 1}, readers));
  REQUIRE(registry.add({200, 300, 2}, readers));
  CHECK_FALSE(registry.find(99, found));
  REQUIRE(registry.find(100, found));
  CHECK(found.tag == 1);
  REQUIRE(registry.find(199, found));
  CHECK(found.tag == 1);
  REQUIRE(registry.find(200, found));
  CHECK(found.tag == 2);
  REQUIRE(registry.find(399, found));
  CHECK(found.tag == 3);
  CHECK_FALSE(registry.find(400, found));
  REQUIRE(registry.remove(200, readers));
  CHECK_FALSE(registry.find(250, found));
  REQUIRE(registry.find(150, found));
  REQUIRE(registry.remove(100, readers));
  REQUIRE(registry.remove(300, readers));
  CHECK_FALSE(registry.find(350, found));
  CHECK(registry.remove(12345, readers));
}

TEST_CASE("empty and overlapping ranges are refused", "[os][fault]") {
  RangeReaders readers;
  RangeRegistry<DataRange> registry;
  CHECK_FALSE(registry.add({100, 100, 0}, readers));
  CHECK_FALSE(registry.add({100, 50, 0}, readers));
  REQUIRE(registry.add({100, 200, 0}, readers));
  CHECK_FALSE(registry.add({150, 160, 0}, readers));
  CHECK_FALSE(registry.add({50, 101, 0}, readers));
  CHECK_FALSE(registry.add({199, 300, 0}, readers));
  CHECK_FALSE(registry.add({50, 300, 0}, readers));
  CHECK_FALSE(registry.add({100, 200, 0}, readers));
  CHECK(registry.add({200, 300, 0}, readers));
  CHECK(registry.add({50, 100, 0}, readers));
  registry.remove(50, readers);
  registry.remove(100, readers);
  registry.remove(200, readers);
}

TEST_CASE("a lookup during changes sees the old set or the new one", "[os][fault]") {
  RangeReaders readers;
  RangeRegistry<DataRange> registry;
  REQUIRE(registry.add({1000, 2000, 1}, readers));
  std::atomic<bool> stop{false};
  std::atomic<int> missed{0};
  std::atomic<int> strange{0};
  std::thread reader([&] {
    while (!stop.load()) {
      DataRange found{};
      readers.enter();
      if (!registry.find(1500, found) || found.tag != 1) missed.fetch_add(1);
      if (registry.find(50, found) && (found.begin != 40 || found.end != 60 || found.tag != 2)) {
        strange.fetch_add(1);
      }
      readers.leave();
    }
  });
  for (int i = 0; i < 20000; ++i) {
    registry.add({40, 60, 2}, readers);
    registry.remove(40, readers);
  }
  stop.store(true);
  reader.join();
  CHECK(missed.load() == 0);
  CHECK(strange.load() == 0);
  registry.remove(1000, readers);
}
