// Shell commands, as users type them.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <sys/wait.h>

#include <cstdio>
#include <string>

namespace wasmrt::test {

struct Ran {
  int code = -1;    ///< The exit code, or 128 and the signal's number.
  std::string out;  ///< Both streams.
};

/// Runs a command, in a folder where one is given.
inline Ran shell(const std::string& command, const std::string& folder = ".") {
  Ran ran;
  const std::string whole = "cd '" + folder + "' && { " + command + "\n} 2>&1 </dev/null";
  FILE* pipe = popen(whole.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) ran.out.append(buffer, n);
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

}  // namespace wasmrt::test
