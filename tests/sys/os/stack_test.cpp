// Stack bounds of the main thread, of other threads, and of a stack the system does not know.
#include "sys/os/stack.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "sys/os/thread.h"

namespace os = wasmrt::os;

TEST_CASE("the main thread's bounds cover its whole limit", "[os][stack]") {
  const os::StackBounds bounds = os::current_stack_bounds();
  REQUIRE(bounds.known());
  CHECK(bounds.contains(os::approximate_stack_pointer()));
  rlimit limit{};
  getrlimit(RLIMIT_STACK, &limit);
  if (limit.rlim_cur != RLIM_INFINITY) {
    CHECK(bounds.high - bounds.low <= limit.rlim_cur);
    CHECK(bounds.high - bounds.low >= limit.rlim_cur / 2);
    // Every page down to the low end can be used; tried in a child, whose memory goes with it.
    const pid_t child = fork();
    if (child == 0) {
      for (uintptr_t at = os::approximate_stack_pointer() - 8192; at >= bounds.low; at -= 4096) {
        *reinterpret_cast<volatile char*>(at) = 1;
      }
      _exit(3);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 3);
  }
}

TEST_CASE("a thread's bounds match the stack it was given", "[os][stack]") {
  struct Result {
    os::StackBounds bounds;
    bool inside = false;
    int touched = 0;
  } result;
  uintptr_t handle = 0;
  REQUIRE(os::start_thread(
      512 * 1024, "bounds",
      [](void* user) -> void* {
        Result& out = *static_cast<Result*>(user);
        out.bounds = os::current_stack_bounds();
        out.inside = out.bounds.contains(os::approximate_stack_pointer());
        // Every page down to the low end can be written.
        const uintptr_t here = os::approximate_stack_pointer() - 8192;
        for (uintptr_t at = here; at >= out.bounds.low; at -= 4096) {
          *reinterpret_cast<volatile char*>(at) = 1;
          ++out.touched;
        }
        return nullptr;
      },
      &result, handle));
  os::join_thread(handle);
  REQUIRE(result.bounds.known());
  CHECK(result.inside);
  // The C library may hand out a larger stack that a finished thread has left.
  CHECK(result.bounds.high - result.bounds.low <= 8 * 1024 * 1024);
  CHECK(result.bounds.high - result.bounds.low >= 256 * 1024);
  CHECK(result.touched > 50);
}

namespace {
ucontext_t g_main_context;
ucontext_t g_coroutine_context;
os::StackBounds g_coroutine_bounds;

void coroutine() {
  g_coroutine_bounds = os::current_stack_bounds();
  swapcontext(&g_coroutine_context, &g_main_context);
}
}  // namespace

TEST_CASE("on a coroutine's stack the bounds are unknown, and known again afterwards",
          "[os][stack]") {
  std::vector<char> memory(256 * 1024);
  REQUIRE(os::current_stack_bounds().known());
  getcontext(&g_coroutine_context);
  g_coroutine_context.uc_stack.ss_sp = memory.data();
  g_coroutine_context.uc_stack.ss_size = memory.size();
  g_coroutine_context.uc_link = &g_main_context;
  makecontext(&g_coroutine_context, coroutine, 0);
  g_coroutine_bounds = {1, 2};
  swapcontext(&g_main_context, &g_coroutine_context);
  CHECK_FALSE(g_coroutine_bounds.known());
  CHECK(os::current_stack_bounds().known());
}
