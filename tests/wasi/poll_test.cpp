// poll_oneoff, clocks, randomness, and ending waits from outside.
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "sys/os/clock.h"
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr uint32_t kIn = 1024, kOut = 4096;
constexpr uint64_t kMs = 1'000'000;

void clock_subscription(WasiBox& box, uint32_t index, uint64_t data, uint32_t id, uint64_t timeout,
                        uint16_t flags) {
  const uint32_t at = kIn + 48 * index;
  box.guest.memory.store<uint64_t>(at, data);
  box.guest.memory.store<uint8_t>(at + 8, 0);
  box.guest.memory.store<uint32_t>(at + 16, id);
  box.guest.memory.store<uint64_t>(at + 24, timeout);
  box.guest.memory.store<uint64_t>(at + 32, 0);
  box.guest.memory.store<uint16_t>(at + 40, flags);
}

void fd_subscription(WasiBox& box, uint32_t index, uint64_t data, uint8_t type, uint32_t fd) {
  const uint32_t at = kIn + 48 * index;
  box.guest.memory.store<uint64_t>(at, data);
  box.guest.memory.store<uint8_t>(at + 8, type);
  box.guest.memory.store<uint32_t>(at + 16, fd);
}

struct Event {
  uint64_t data;
  uint16_t error;
  uint8_t type;
  uint64_t bytes;
  uint16_t flags;
};

Event event(const WasiBox& box, uint32_t index) {
  const uint32_t at = kOut + 32 * index;
  Event out{box.u64(at), 0, 0, box.u64(at + 16), 0};
  box.guest.memory.load(at + 8, out.error);
  box.guest.memory.load(at + 10, out.type);
  box.guest.memory.load(at + 24, out.flags);
  return out;
}

uint64_t elapsed_ms(uint64_t since) { return (os::monotonic_ns() - since) / kMs; }

WasiConfig with_clocks(WasiClocks clocks) {
  WasiConfig config;
  config.clocks = clocks;
  return config;
}

}  // namespace

TEST_CASE("clocks show the real, a fixed or no time", "[wasi]") {
  WasiBox real(with_clocks(WasiClocks::real()));
  REQUIRE(real.calls->clock_time_get(real.guest, 0, 0, 64) == Errno::Success);
  CHECK(real.u64() > uint64_t{1'600'000'000} * 1'000'000'000);
  REQUIRE(real.calls->clock_time_get(real.guest, 1, 0, 64) == Errno::Success);
  CHECK(real.u64() < uint64_t{60} * 1'000'000'000);  // counted from the start of the guest
  for (uint32_t id = 0; id < 4; ++id) {
    CHECK(real.calls->clock_time_get(real.guest, id, 0, 64) == Errno::Success);
    REQUIRE(real.calls->clock_res_get(real.guest, id, 64) == Errno::Success);
    CHECK(real.u64() > 0);
  }
  CHECK(real.calls->clock_time_get(real.guest, 4, 0, 64) == Errno::Inval);
  CHECK(real.calls->clock_res_get(real.guest, 4, 64) == Errno::Inval);
  WasiBox fixed(with_clocks(WasiClocks::fixed(42)));
  REQUIRE(fixed.calls->clock_time_get(fixed.guest, 0, 0, 64) == Errno::Success);
  CHECK(fixed.u64() == 42);
  REQUIRE(fixed.calls->clock_time_get(fixed.guest, 1, 0, 64) == Errno::Success);
  CHECK(fixed.u64() == 0);
}

TEST_CASE("randomness is real, seeded or denied", "[wasi]") {
  const auto bytes = [](WasiRandom random, uint32_t count) {
    WasiConfig config;
    config.random = random;
    WasiBox box(config);
    REQUIRE(box.calls->random_get(box.guest, WasiBox::kBuffer, count) == Errno::Success);
    return std::vector<uint8_t>(box.memory.begin() + WasiBox::kBuffer,
                                box.memory.begin() + WasiBox::kBuffer + count);
  };
  CHECK(bytes(WasiRandom::seeded(1), 100) == bytes(WasiRandom::seeded(1), 100));
  CHECK(bytes(WasiRandom::seeded(1), 100) != bytes(WasiRandom::seeded(2), 100));
  CHECK(bytes(WasiRandom::real(), 32) != bytes(WasiRandom::real(), 32));
  // The same on every machine, for good: xoshiro256** started with SplitMix64, worked out
  // separately.
  CHECK(bytes(WasiRandom::seeded(0), 8) ==
        std::vector<uint8_t>{0xb4, 0xf2, 0x75, 0xcb, 0x36, 0x5f, 0xec, 0x99});
}

TEST_CASE("a guest's memory full of subscriptions does not become the host's", "[wasi]") {
  WasiBox box{WasiConfig{}};
  std::vector<uint8_t> memory(size_t{8} << 20);
  box.guest.memory = wasi::GuestMemory(memory.data(), memory.size());
  constexpr uint32_t kMost = 65'536, kEvents = (kMost + 1) * 48;
  CHECK(box.calls->poll_oneoff(box.guest, 0, kEvents, kMost + 1, 8) == Errno::Inval);
  CHECK(box.calls->poll_oneoff(box.guest, 0, kEvents, 0, 8) == Errno::Inval);
  REQUIRE(box.calls->poll_oneoff(box.guest, 0, kEvents, 30'000, 3'000'000) == Errno::Success);
  uint32_t due = 0;
  box.guest.memory.load(3'000'000, due);
  CHECK(due == 30'000);
}

TEST_CASE("a timeout is waited for", "[wasi]") {
  WasiBox box(with_clocks(WasiClocks::real()));
  clock_subscription(box, 0, 7, 1, 30 * kMs, 0);
  clock_subscription(box, 1, 8, 1, 3'600'000 * kMs, 0);
  const uint64_t start = os::monotonic_ns();
  REQUIRE(box.calls->poll_oneoff(box.guest, kIn, kOut, 2, 64) == Errno::Success);
  CHECK(elapsed_ms(start) >= 30);
  CHECK(elapsed_ms(start) < 5000);
  REQUIRE(box.u32() == 1);
  CHECK(event(box, 0).data == 7);
  CHECK(event(box, 0).type == 0);
  CHECK(event(box, 0).error == 0);
}

TEST_CASE("absolute times are those of the guest's clocks", "[wasi]") {
  WasiBox box(with_clocks(WasiClocks::real()));
  for (const uint32_t id : {0u, 1u}) {
    REQUIRE(box.calls->clock_time_get(box.guest, id, 0, 64) == Errno::Success);
    const uint64_t start = os::monotonic_ns();
    clock_subscription(box, 0, 1, id, box.u64() + 20 * kMs, 1);
    REQUIRE(box.calls->poll_oneoff(box.guest, kIn, kOut, 1, 64) == Errno::Success);
    CHECK(elapsed_ms(start) >= 19);
    CHECK(elapsed_ms(start) < 5000);
    clock_subscription(box, 0, 1, id, 1, 1);  // long past
    REQUIRE(box.calls->poll_oneoff(box.guest, kIn, kOut, 1, 64) == Errno::Success);
    CHECK(box.u32() == 1);
  }
}

TEST_CASE("waiting on a fixed clock takes no time, on a denied one it is refused", "[wasi]") {
  WasiBox fixed(with_clocks(WasiClocks::fixed(0)));
  clock_subscription(fixed, 0, 1, 0, 3'600'000 * kMs, 0);
  REQUIRE(fixed.calls->poll_oneoff(fixed.guest, kIn, kOut, 1, 64) == Errno::Success);
  CHECK(fixed.u32() == 1);
  WasiBox denied{WasiConfig{}};
  clock_subscription(denied, 0, 1, 1, 3'600'000 * kMs, 0);
  REQUIRE(denied.calls->poll_oneoff(denied.guest, kIn, kOut, 1, 64) == Errno::Success);
  REQUIRE(denied.u32() == 1);
  CHECK(event(denied, 0).error == static_cast<uint16_t>(Errno::NotCapable));
}

TEST_CASE("descriptors are reported with what can be read", "[wasi]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  WasiConfig config = with_clocks(WasiClocks::real());
  config.stdin_from = WasiInput::from_fd(ends[0]);
  config.stdout_to = WasiOutput::to_fd(ends[1]);
  WasiBox box(config);
  fd_subscription(box, 0, 1, 1, 0);
  fd_subscription(box, 1, 2, 2, 1);
  fd_subscription(box, 2, 3, 1, 99);
  fd_subscription(box, 3, 4, 1, 1);
  REQUIRE(box.calls->poll_oneoff(box.guest, kIn, kOut, 4, 64) == Errno::Success);
  REQUIRE(box.u32() == 3);
  CHECK(event(box, 0).data == 2);
  CHECK(event(box, 0).type == 2);
  CHECK(event(box, 0).error == 0);
  CHECK(event(box, 1).data == 3);
  CHECK(event(box, 1).error == static_cast<uint16_t>(Errno::Badf));
  CHECK(event(box, 2).data == 4);
  CHECK(event(box, 2).error == static_cast<uint16_t>(Errno::Badf));
  REQUIRE(write(ends[1], "abc", 3) == 3);
  clock_subscription(box, 1, 9, 1, 3'600'000 * kMs, 0);
  REQUIRE(box.calls->poll_oneoff(box.guest, kIn, kOut, 2, 64) == Errno::Success);
  REQUIRE(box.u32() == 1);
  CHECK(event(box, 0).data == 1);
  CHECK(event(box, 0).bytes == 3);
  CHECK(event(box, 0).flags == 0);
  close(ends[1]);
  REQUIRE(box.calls->poll_oneoff(box.guest, kIn, kOut, 1, 64) == Errno::Success);
  CHECK((event(box, 0).flags & 1) == 1);
  CHECK(box.calls->poll_oneoff(box.guest, kIn, kOut, 0, 64) == Errno::Inval);
  fd_subscription(box, 0, 1, 3, 0);
  CHECK(box.calls->poll_oneoff(box.guest, kIn, kOut, 1, 64) == Errno::Inval);
  close(ends[0]);
}

TEST_CASE("an empty stdin is ready and at its end", "[wasi]") {
  WasiBox box{WasiConfig{}};
  fd_subscription(box, 0, 1, 1, 0);
  REQUIRE(box.calls->poll_oneoff(box.guest, kIn, kOut, 1, 64) == Errno::Success);
  REQUIRE(box.u32() == 1);
  CHECK(event(box, 0).bytes == 0);
  CHECK(event(box, 0).flags == 1);
}

TEST_CASE("every wait ends when the call is interrupted", "[wasi]") {
  int ends[2];
  int full[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(pipe(full) == 0);
  WasiConfig config = with_clocks(WasiClocks::real());
  config.stdin_from = WasiInput::from_fd(ends[0]);
  config.stdout_to = WasiOutput::to_fd(full[1]);
  WasiBox box(config);
  const int interrupt = eventfd(0, EFD_CLOEXEC);
  box.guest.user = const_cast<int*>(&interrupt);
  box.guest.interrupt_descriptor = [](void* user) { return *static_cast<int*>(user); };
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    const uint64_t one = 1;
    (void)!write(interrupt, &one, sizeof one);
  });
  std::string text;
  SECTION("reading a pipe") { CHECK(box.read(0, 1, text) == Errno::Intr); }
  SECTION("writing to a full pipe") {
    Errno error;
    while ((error = box.write(1, std::string(30000, 'x'))) == Errno::Success) {}
    CHECK(error == Errno::Intr);
  }
  SECTION("a timeout") {
    clock_subscription(box, 0, 1, 1, 3'600'000 * kMs, 0);
    CHECK(box.calls->poll_oneoff(box.guest, kIn, kOut, 1, 64) == Errno::Intr);
  }
  SECTION("polling a pipe") {
    fd_subscription(box, 0, 1, 1, 0);
    CHECK(box.calls->poll_oneoff(box.guest, kIn, kOut, 1, 64) == Errno::Intr);
  }
  CHECK(box.guest.interrupted);
  later.join();
  close(interrupt);
  for (const int fd : {ends[0], ends[1], full[0], full[1]}) close(fd);
}
