// Faults that resume elsewhere, faults that are not ours, threads, fork, and removal.
//
// Each test installs what it needs and removes it again, because the rest of the tests (and the
// test framework) have handlers of their own. Faults of foreign code are tried in a forked child.
#include "sys/os/fault.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <thread>
#include <vector>

#include "sys/os/vm.h"

namespace os = wasmrt::os;

namespace {

// Two functions of one signature in a section of their own, like the handlers of an interpreter:
// `faulting_load` reads *at; where that faults, `resumed` continues with the same arguments.
#define FAULT_TEST_CODE __attribute__((noinline, section("fault_test_code"), used))

// Not instrumented: the functions must have no prologue.
#if defined(__clang__)
#define NO_CHECKS \
  __attribute__((disable_sanitizer_instrumentation, no_sanitize("address", "undefined")))
#elif defined(__SANITIZE_ADDRESS__)
#define NO_CHECKS __attribute__((no_sanitize_address))
#else
#define NO_CHECKS
#endif

FAULT_TEST_CODE NO_CHECKS uint64_t faulting_load(const volatile uint8_t* at, uint64_t a,
                                                 uint64_t b) {
  const uint64_t value = *at;
  return value + a + b;
}

FAULT_TEST_CODE NO_CHECKS uint64_t trap_on_null(const volatile uint8_t* at, uint64_t a,
                                                uint64_t b) {
  if (at == nullptr) __builtin_trap();
  return a + b;
}

__attribute__((noinline, used)) uint64_t resumed(const volatile uint8_t* at, uint64_t a,
                                                 uint64_t b) {
  return 1'000'000 + a * 1000 + b + (at == nullptr ? 500'000 : 0);
}

extern "C" {
extern char __start_fault_test_code[];
extern char __stop_fault_test_code[];
}

uintptr_t code_begin() { return reinterpret_cast<uintptr_t>(__start_fault_test_code); }
uintptr_t code_end() { return reinterpret_cast<uintptr_t>(__stop_fault_test_code); }

constexpr size_t kSlot = size_t{64} * 1024 * 1024;

// Handlers, our code range and one guarded buffer, for the time of a test.
struct Setup {
  explicit Setup(os::FaultCallback callback = nullptr, void* user = nullptr) {
    buffer = static_cast<uint8_t*>(os::reserve(kSlot));
    const uintptr_t begin = reinterpret_cast<uintptr_t>(buffer);
    ready = buffer != nullptr && os::commit(buffer, os::page_size()) &&
            os::install_fault_handlers() && os::prepare_thread_for_faults() &&
            os::add_data_range({begin, begin + kSlot, os::kFaultTagGuarded});
    os::CodeRange range{};
    range.begin = code_begin();
    range.end = code_end();
    range.resume_at = reinterpret_cast<uintptr_t>(&resumed);
    range.callback = callback;
    range.user = user;
    range.kinds = os::fault_kind_bit(os::FaultKind::BadAccess);
    if (callback != nullptr) {
      range.kinds |= os::fault_kind_bit(os::FaultKind::IllegalInstruction);
    }
    ready = ready && os::add_code_range(range);
  }
  ~Setup() {
    os::remove_code_range(code_begin());
    os::remove_data_range(reinterpret_cast<uintptr_t>(buffer));
    os::remove_fault_handlers();
    os::release(buffer, kSlot);
  }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  uint8_t* guard() const { return buffer + os::page_size(); }

  uint8_t* buffer = nullptr;
  bool ready = false;
};

// The signal that ends a child which runs `body`, or 0.
template <typename Body>
int signal_that_ends(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

}  // namespace

TEST_CASE("a fault in our code and data resumes with the registers unchanged", "[os][fault]") {
  Setup setup;
  REQUIRE(setup.ready);
  setup.buffer[0] = 5;
  CHECK(faulting_load(setup.buffer, 1, 2) == 8);
  CHECK(faulting_load(setup.guard(), 1, 2) == 1'001'002);
  CHECK(faulting_load(setup.buffer + kSlot - 1, 3, 4) == 1'003'004);
  for (uint64_t i = 0; i < 1000; ++i) {
    REQUIRE(faulting_load(setup.guard() + i, i, 1) == 1'000'001 + i * 1000);
  }
}

TEST_CASE("every thread can fault, at the same time", "[os][fault]") {
  Setup setup;
  REQUIRE(setup.ready);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      if (!os::prepare_thread_for_faults()) wrong.fetch_add(1);
      for (uint64_t i = 0; i < 2000; ++i) {
        if (faulting_load(setup.guard() + i, t, i) != 1'000'000 + t * 1000 + i) wrong.fetch_add(1);
      }
    });
  }
  // Ranges come and go meanwhile.
  for (int i = 0; i < 2000; ++i) {
    os::add_data_range({4096, 8192, 9});
    os::remove_data_range(4096);
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong.load() == 0);
}

TEST_CASE("a callback sees the fault and may change arguments", "[os][fault]") {
  struct Seen {
    os::Fault fault{};
    int count = 0;
  } seen;
  const auto callback = [](void* user, const os::Fault& fault, os::FaultContext& context) {
    Seen& record = *static_cast<Seen*>(user);
    record.fault = fault;
    ++record.count;
    context.set_argument(0, 0);
    context.set_argument(1, 7);
    context.set_argument(2, 8);
    context.set_pc(reinterpret_cast<uintptr_t>(&resumed));
    return true;
  };
  Setup setup(callback, &seen);
  REQUIRE(setup.ready);
  CHECK(faulting_load(setup.guard() + 17, 1, 2) == 1'507'008);
  CHECK(seen.count == 1);
  CHECK(seen.fault.kind == os::FaultKind::BadAccess);
  CHECK(seen.fault.address == reinterpret_cast<uintptr_t>(setup.guard() + 17));
  CHECK(seen.fault.pc >= code_begin());
  CHECK(seen.fault.pc < code_end());
  CHECK(seen.fault.in_data_range);
  CHECK(seen.fault.data.tag == os::kFaultTagGuarded);

#if defined(__x86_64__)  // elsewhere the trap instruction raises SIGTRAP
  CHECK(trap_on_null(nullptr, 0, 0) == 1'507'008);
  CHECK(seen.fault.kind == os::FaultKind::IllegalInstruction);
#endif
}

TEST_CASE("a fault at a foreign pc or address goes to whoever was there before", "[os][fault]") {
  Setup setup;
  REQUIRE(setup.ready);
  // The child drops the handler of the test framework (or a sanitizer) below ours.
  const auto with_default_below = [&](auto body) {
    return signal_that_ends([&] {
      os::remove_fault_handlers();
      signal(SIGSEGV, SIG_DFL);
      signal(SIGBUS, SIG_DFL);
      signal(SIGFPE, SIG_DFL);
      if (!os::install_fault_handlers()) _exit(1);
      body();
    });
  };
  SECTION("foreign pc, our address") {
    CHECK(with_default_below([&] {
            volatile uint8_t* at = setup.guard();
            *at = 1;
          }) == SIGSEGV);
  }
  SECTION("our pc, foreign address") {
    CHECK(with_default_below([&] {
            faulting_load(reinterpret_cast<const uint8_t*>(uintptr_t{64}), 1, 2);
          }) == SIGSEGV);
  }
  SECTION("a signal that somebody sent") {
    CHECK(with_default_below([&] { raise(SIGFPE); }) == SIGFPE);
  }
  SECTION("a previous handler with information") {
    const pid_t child = fork();
    if (child == 0) {
      os::remove_fault_handlers();
      struct sigaction action {};
      action.sa_flags = SA_SIGINFO;
      action.sa_sigaction = [](int, siginfo_t* info, void*) {
        _exit(info->si_addr == reinterpret_cast<void*>(uintptr_t{64}) ? 42 : 43);
      };
      sigaction(SIGSEGV, &action, nullptr);
      os::install_fault_handlers();
      faulting_load(reinterpret_cast<const uint8_t*>(uintptr_t{64}), 1, 2);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(exit_code_of(status) == 42);
  }
}

TEST_CASE("a forked child keeps the handlers", "[os][fault]") {
  Setup setup;
  REQUIRE(setup.ready);
  const pid_t child = fork();
  if (child == 0) {
    const bool right =
        faulting_load(setup.guard(), 5, 6) == 1'005'006 && os::add_data_range({4096, 8192, 9});
    _exit(right ? 17 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(exit_code_of(status) == 17);
}

TEST_CASE("handlers can be removed, and can be forbidden", "[os][fault]") {
  struct sigaction before {};
  sigaction(SIGSEGV, nullptr, &before);
  CHECK_FALSE(os::fault_handlers_intact());
  REQUIRE(os::install_fault_handlers());
  CHECK(os::fault_handlers_intact());
  CHECK_FALSE(os::set_fault_policy(os::FaultPolicy::Never));
  CHECK(os::install_fault_handlers());
  CHECK(os::remove_fault_handlers());
  CHECK_FALSE(os::fault_handlers_intact());
  struct sigaction after {};
  sigaction(SIGSEGV, nullptr, &after);
  CHECK(after.sa_sigaction == before.sa_sigaction);

  REQUIRE(os::set_fault_policy(os::FaultPolicy::Never));
  CHECK_FALSE(os::install_fault_handlers());
  REQUIRE(os::set_fault_policy(os::FaultPolicy::OnDemand));
}

TEST_CASE("a handler put on top of ours is noticed and left alone", "[os][fault]") {
  REQUIRE(os::install_fault_handlers());
  struct sigaction ours {};
  struct sigaction other {};
  other.sa_handler = SIG_DFL;
  sigaction(SIGFPE, &other, &ours);
  CHECK_FALSE(os::fault_handlers_intact());
  sigaction(SIGFPE, &ours, nullptr);
  CHECK(os::fault_handlers_intact());
  CHECK(os::remove_fault_handlers());
}

TEST_CASE("threads get a large alternate stack and give it back", "[os][fault][no-emulation]") {
  const auto resident_after = [](int threads) {
    for (int i = 0; i < threads; ++i) {
      std::thread([] {
        REQUIRE(os::prepare_thread_for_faults());
        stack_t now{};
        sigaltstack(nullptr, &now);
        REQUIRE(now.ss_size >= os::kFaultStackBytes);
        REQUIRE((now.ss_flags & SS_DISABLE) == 0);
      }).join();
    }
    return os::resident_bytes();
  };
  const uint64_t before = resident_after(20);
  const uint64_t after = resident_after(400);
  CHECK(after < before + 4 * 1024 * 1024);
}
