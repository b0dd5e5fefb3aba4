// A broken assert aborts and its report names condition, stages and function.
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "libwasmrt/base/assert.h"

using namespace wasmrt;

namespace {

// Runs f in a child process; gives what it wrote to stderr and how it ended.
template <class F>
std::pair<std::string, int> in_child(F f) {
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    dup2(fds[1], 2);
    f();
    _exit(0);
  }
  close(fds[1]);
  std::string text;
  char buffer[256];
  for (ssize_t n; (n = read(fds[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  close(fds[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return {text, status};
}

}  // namespace

TEST_CASE("a broken assert names stage and function", "[base][assert]") {
  const auto [text, status] = in_child([] {
    const AssertScope compile("compile");
    const AssertScope function("validate", 12);
    WASMRT_ASSERT(1 + 1 == 3, "arithmetic is broken");
  });
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK(text.find("arithmetic is broken (1 + 1 == 3)") != std::string::npos);
  CHECK(text.find("stage validate, function 12\n  in stage compile\n") != std::string::npos);
}

TEST_CASE("a left scope is not reported, a held assert does nothing", "[base][assert]") {
  const auto [text, status] = in_child([] {
    { const AssertScope gone("gone"); }
    WASMRT_ASSERT(true, "fine");
    WASMRT_UNREACHABLE("end of test");
  });
  CHECK(WIFSIGNALED(status));
  CHECK(text.find("end of test") != std::string::npos);
  CHECK(text.find("gone") == std::string::npos);
}
