// Reservations: commit, decommit, the recycling pool and the memory they really take.
#include "sys/os/vm.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <thread>
#include <vector>

namespace os = wasmrt::os;

namespace {
constexpr size_t kMiB = 1024 * 1024;
constexpr size_t kBig = size_t{8} * 1024 * kMiB + 64 * 1024;

uint8_t* bytes_of(void* at) { return static_cast<uint8_t*>(at); }

/// Whether the kernel can read a byte there.
bool accessible(const uint8_t* at) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const bool can = write(ends[1], at, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return can;
}
}  // namespace

TEST_CASE("sizes are rounded up to whole pages", "[os][vm]") {
  CHECK(os::round_up_to_pages(1) == os::page_size());
  CHECK(os::round_up_to_pages(os::page_size()) == os::page_size());
  CHECK(os::round_up_to_pages(0) == 0);
  CHECK(os::round_up_to_pages(SIZE_MAX) == 0);
  CHECK(os::reserve(SIZE_MAX) == nullptr);
  CHECK(os::reserve(0) == nullptr);
}

TEST_CASE("committed pages are zero, keep their content, and are zero again after decommit",
          "[os][vm]") {
  void* at = os::reserve(kBig);
  REQUIRE(at != nullptr);
  REQUIRE(os::commit(at, kMiB));
  CHECK(bytes_of(at)[0] == 0);
  bytes_of(at)[0] = 7;
  bytes_of(at)[kMiB - 1] = 9;
  REQUIRE(os::commit(at, 2 * kMiB));
  CHECK(bytes_of(at)[0] == 7);
  CHECK(bytes_of(at)[kMiB - 1] == 9);
  CHECK(bytes_of(at)[2 * kMiB - 1] == 0);
  REQUIRE(os::decommit(at, 2 * kMiB));
  REQUIRE(os::commit(at, kMiB));
  CHECK(bytes_of(at)[0] == 0);
  CHECK(bytes_of(at)[kMiB - 1] == 0);
  bytes_of(at)[5] = 1;
  REQUIRE(os::reset_to_zero(at, kMiB));
  CHECK(bytes_of(at)[5] == 0);
  os::release(at, kBig);
}

TEST_CASE("decommitted memory is given back", "[os][vm][no-tsan]") {
  void* at = os::reserve(256 * kMiB);
  REQUIRE(os::commit(at, 64 * kMiB));
  const uint64_t before = os::resident_bytes();
  REQUIRE(before > 0);
  std::memset(at, 1, 64 * kMiB);
  CHECK(os::resident_bytes() >= before + 60 * kMiB);
  REQUIRE(os::decommit(at, 64 * kMiB));
  CHECK(os::resident_bytes() < before + 8 * kMiB);
  os::release(at, 256 * kMiB);
}

TEST_CASE("pages move to another reservation with what they hold", "[os][vm]") {
  uint8_t* const from = bytes_of(os::reserve(2 * kMiB));
  uint8_t* const to = bytes_of(os::reserve(4 * kMiB));
  REQUIRE((from != nullptr && to != nullptr));
  REQUIRE(os::commit(from, kMiB));
  REQUIRE(os::commit(to, 2 * kMiB));
  for (size_t i = 0; i < kMiB; ++i) from[i] = static_cast<uint8_t>(i * 7);
  REQUIRE(os::move_pages(to, from, kMiB));
  os::release(from, 2 * kMiB);
  bool same = true;
  for (size_t i = 0; i < kMiB; ++i) same = same && to[i] == static_cast<uint8_t>(i * 7);
  CHECK(same);
  CHECK(to[kMiB] == 0);
  to[2 * kMiB - 1] = 1;
  CHECK(!accessible(to + 2 * kMiB));
  os::release(to, 4 * kMiB);
}

TEST_CASE("moved pages are never there twice", "[os][vm][no-asan][no-tsan][no-emulation]") {
  constexpr size_t kMuch = 256 * kMiB;
  void* const from = os::reserve(kMuch);
  void* const to = os::reserve(kMuch);
  REQUIRE((os::commit(from, kMuch) && os::commit(to, kMuch)));
  std::memset(from, 1, kMuch);
  const uint64_t peak = os::peak_resident_bytes();
  REQUIRE(os::move_pages(to, from, kMuch));
  CHECK(os::peak_resident_bytes() < peak + kMuch / 4);
  CHECK(os::resident_bytes() < peak + kMuch / 4);
  os::release(from, kMuch);
  os::release(to, kMuch);
}

TEST_CASE("the pool recycles slots, zeroed, and keeps its limits", "[os][vm]") {
  os::ReservationPool pool(kBig, 3, 2, 0);
  void* first = pool.acquire(0);
  void* second = pool.acquire(0);
  void* third = pool.acquire(0);
  REQUIRE((first != nullptr && second != nullptr && third != nullptr));
  CHECK(pool.acquire(0) == nullptr);
  CHECK(pool.live() == 3);
  REQUIRE(os::commit(first, 4 * kMiB));
  std::memset(first, 0xff, 4 * kMiB);
  pool.give_back(first, 4 * kMiB);
  CHECK(pool.live() == 2);
  CHECK(pool.idle() == 1);
  void* again = pool.acquire(0);
  CHECK(again == first);
  REQUIRE(os::commit(again, 4 * kMiB));
  CHECK(bytes_of(again)[0] == 0);
  CHECK(bytes_of(again)[4 * kMiB - 1] == 0);
  pool.give_back(again, 4 * kMiB);
  pool.give_back(second, 0);
  pool.give_back(third, 0);
  CHECK(pool.live() == 0);
  CHECK(pool.idle() == 2);
}

TEST_CASE("a recycled slot shows its new user zeros, and no more than asked for", "[os][vm]") {
  os::ReservationPool pool(kBig, 0, 4, 0);
  const size_t page = os::page_size();
  const size_t sizes[] = {4, 4, 1, 0, 9, 2, 9, kMiB * 20 / page, 3};
  for (const size_t pages : sizes) {
    INFO(pages << " pages");
    void* slot = pool.acquire(pages * page);
    REQUIRE(slot != nullptr);
    CHECK(pool.idle() == 0);
    for (size_t i = 0; i<pages; i += pages> 100 ? pages - 1 : 1) {
      REQUIRE(accessible(bytes_of(slot) + i * page));
      CHECK(bytes_of(slot)[i * page] == 0);
      bytes_of(slot)[i * page] = 1;
    }
    CHECK_FALSE(accessible(bytes_of(slot) + pages * page));
    pool.give_back(slot, pages * page);
  }
  // A slot that fits as it is comes before the last one.
  void* one = pool.acquire(page);
  void* two = pool.acquire(2 * page);
  pool.give_back(one, page);
  pool.give_back(two, 2 * page);
  CHECK(pool.acquire(page) == one);
  CHECK(pool.acquire(2 * page) == two);
  pool.give_back(one, page);
  pool.give_back(two, 2 * page);
}

TEST_CASE("the pool gives each thread slots of its own", "[os][vm]") {
  os::ReservationPool pool(64 * kMiB, 0, 4, 0);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 500; ++round) {
        void* slot = pool.acquire(1);
        if (slot == nullptr || bytes_of(slot)[0] != 0) {
          ++wrong[t];
          continue;
        }
        bytes_of(slot)[0] = static_cast<uint8_t>(t + 1);
        std::this_thread::yield();
        if (bytes_of(slot)[0] != t + 1) ++wrong[t];
        pool.give_back(slot, os::page_size());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) CHECK(count == 0);
  CHECK(pool.live() == 0);
}
