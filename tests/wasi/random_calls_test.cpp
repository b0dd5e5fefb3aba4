// Every call with arguments nobody would pass: no crash, no wait without end, nothing outside the
// mount changed, and never more of the host's stack than the runtime keeps free for host functions.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "sys/os/directory.h"
#include "sys/os/sanitizers.h"
#include "sys/os/stack.h"
#include "sys/os/thread.h"
#include "tests/support/temporary_directory.h"
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;
using wasi::Guest;
using wasi::Preview1;

namespace {

class Source {
 public:
  explicit Source(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  // Numbers that mean something, or are at an edge, more often than not.
  uint64_t interesting() {
    static constexpr uint64_t kEdges[] = {0x7fffffff, 0x80000000,         0xffffffff,
                                          0xfffffffe, WasiBox::kSize - 1, WasiBox::kSize,
                                          UINT64_MAX, UINT64_MAX >> 1,    uint64_t{1} << 63};
    switch (next() % 6) {
      case 0: return kEdges[next() % std::size(kEdges)];
      case 1: return next() % 4;
      case 2: return next() % 100;
      case 3: return next();
      default: return 64 + 8 * (next() % 1000);
    }
  }
  // A descriptor that is likely to be open, a length of a path that exists ...
  template <typename T>
  T argument(size_t place) {
    if (place == 0 && next() % 4 != 0) return static_cast<T>(next() % 12);
    return static_cast<T>(interesting());
  }

 private:
  uint64_t state_;
};

template <typename... Arguments, size_t... Places>
void call_random(Source& source, Preview1& calls, Guest& guest,
                 wasi::Errno (Preview1::*method)(Guest&, Arguments...),
                 std::index_sequence<Places...>) {
  (calls.*method)(guest, source.argument<Arguments>(Places)...);
}

template <auto Method>
void try_one(Source& source, Preview1& calls, Guest& guest) {
  []<typename... Arguments>(Source& from, Preview1& to, Guest& with,
                            wasi::Errno (Preview1::*method)(Guest&, Arguments...)) {
    call_random(from, to, with, method, std::index_sequence_for<Arguments...>{});
  }(source, calls, guest, Method);
}

using TryOne = void (*)(Source&, Preview1&, Guest&);
constexpr TryOne kTries[] = {
#define WASI(name, ...) &try_one<&Preview1::name>,
#define WASI_NORETURN(name, ...) WASI(name)
#include "sys/wasi/preview1.def"
#undef WASI_NORETURN
#undef WASI
};

WasiConfig everything(const TemporaryDirectory& directory) {
  WasiConfig config = one_mount(directory / "box");
  config.mounts.push_back({directory / "read_only", "/ro", true});
  config.args = {"program", "argument"};
  config.env = {{"NAME", "value"}};
  config.stdin_from = WasiInput::from_text("some input");
  config.stdout_to = WasiOutput::to_buffer(WasiBuffer::create(1000));
  config.clocks = WasiClocks::real();
  config.random = WasiRandom::real();
  return config;
}

void fill(const TemporaryDirectory& directory) {
  directory.make_directory("box/a/b");
  directory.make_directory("read_only/a");
  directory.write("secret", "secret");
  directory.write("box/file", "inside");
  directory.write("read_only/file", "inside");
  directory.link("../secret", "box/up");
}

// Paths and records for the calls to stumble over.
void scatter(WasiBox& box, Source& source) {
  static constexpr const char* kPaths[] = {"file", "a", "a/b", "..", "../secret", "up", "new"};
  for (uint32_t at = 64; at + 64 < 9000; at += 8) {
    if (source.next() % 4 == 0) {
      box.put(at, kPaths[source.next() % std::size(kPaths)]);
    } else {
      box.guest.memory.store<uint64_t>(at, source.interesting());
    }
  }
}

}  // namespace

TEST_CASE("random calls do no harm", "[wasi]") {
  const TemporaryDirectory directory;
  fill(directory);
  const int always_interrupted = eventfd(1, EFD_CLOEXEC);
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    WasiBox box(everything(directory));
    box.guest.user = const_cast<int*>(&always_interrupted);
    box.guest.interrupt_descriptor = [](void* user) { return *static_cast<int*>(user); };
    Source source(seed * 0x9e3779b97f4a7c15u);
    for (int i = 0; i < 3000; ++i) {
      if (i % 50 == 0) scatter(box, source);
      kTries[source.next() % std::size(kTries)](source, *box.calls, box.guest);
    }
  }
  close(always_interrupted);
  CHECK(directory.read("secret") == "secret");
  CHECK(directory.read("read_only/file") == "inside");
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 3);
}

namespace {

// How much of the stack `call` uses, by painting what lies below and looking for the lowest change.
template <typename Call>
__attribute__((noinline)) size_t stack_used_by(Call call) {
  constexpr uint8_t kPaint = 0xa5;
  constexpr size_t kPainted = 256 * 1024;
  auto* const top = reinterpret_cast<volatile uint8_t*>(os::approximate_stack_pointer()) - 512;
  for (volatile uint8_t* at = top - kPainted; at < top; ++at) *at = kPaint;
  call();
  volatile uint8_t* at = top - kPainted;
  while (at < top && *at == kPaint) ++at;
  return static_cast<size_t>(top + 512 - at);
}

size_t most_stack_of_random_calls(const TemporaryDirectory& directory) {
  WasiBox box(everything(directory));
  const int always_interrupted = eventfd(1, EFD_CLOEXEC);
  box.guest.user = const_cast<int*>(&always_interrupted);
  box.guest.interrupt_descriptor = [](void* user) { return *static_cast<int*>(user); };
  size_t most = 0;
  const auto measure = [&](auto call) { most = std::max(most, stack_used_by(call)); };
  for (size_t i = 0; i < std::size(kTries) * 20; ++i) {
    Source source(i + 1);
    scatter(box, source);
    measure([&] { kTries[i % std::size(kTries)](source, *box.calls, box.guest); });
  }
  close(always_interrupted);
  return most;
}

// Those that keep whole paths or many slices on the stack, on their longest way.
size_t most_stack_of_successes(const TemporaryDirectory& directory) {
  WasiBox box(everything(directory));
  size_t most = 0;
  const auto measure = [&](auto call) { most = std::max(most, stack_used_by(call)); };
  const os::PathWalk found = os::path_walk();
  for (const os::PathWalk walk : {found, os::PathWalk::Components}) {
    os::set_path_walk(walk);
    const uint32_t length = box.put(WasiBox::kText, "to_file");
    measure([&] {
      box.calls->path_readlink(box.guest, 3, WasiBox::kText, length, WasiBox::kBuffer, 99, 64);
    });
    measure([&] { box.calls->path_open(box.guest, 3, 1, WasiBox::kText, length, 0, 2, 0, 0, 64); });
    measure([&] { box.calls->path_filestat_get(box.guest, 3, 1, WasiBox::kText, length, 64); });
    const uint32_t other = box.put(WasiBox::kOther, "moved");
    measure([&] {
      box.calls->path_rename(box.guest, 3, WasiBox::kText, length, 3, WasiBox::kOther, other);
      box.calls->path_rename(box.guest, 3, WasiBox::kOther, other, 3, WasiBox::kText, length);
    });
  }
  os::set_path_walk(found);
  const uint32_t fd = box.must_open(3, "file", 0, ~wasi::right::kFdWrite);
  for (uint32_t i = 0; i < 128; ++i) box.iov(i, WasiBox::kBuffer, 1);
  measure([&] { box.calls->fd_read(box.guest, fd, WasiBox::kIovs, 128, 64); });
  measure([&] { box.calls->fd_write(box.guest, 1, WasiBox::kIovs, 128, 64); });
  return most;
}

}  // namespace

TEST_CASE("no call uses more of the stack than is kept free for it", "[wasi][no-tsan]") {
  if (os::kAddressSanitizer) return;  // instrumented frames are larger
  const TemporaryDirectory directory;
  fill(directory);
  directory.link("file", "box/to_file");
  struct Measured {
    const TemporaryDirectory& directory;
    size_t most;
  } measured{directory, 0};
  uintptr_t thread = 0;
  REQUIRE(os::start_thread(
      1024 * 1024, "painted",
      [](void* user) -> void* {
        Measured& out = *static_cast<Measured*>(user);
        out.most = std::max(most_stack_of_random_calls(out.directory),
                            most_stack_of_successes(out.directory));
        return nullptr;
      },
      &measured, thread));
  os::join_thread(thread);
  INFO(measured.most);
  CHECK(measured.most > 4096);
  CHECK(measured.most < 16 * 1024);
}
