// How much memory compiling takes: the peak of a process of its own, beside that of one which does
// nothing.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

#include "tests/jit/compile.h"

namespace wasmrt::test {

/// Of compiling all functions of a module one after the other; null: of nothing.
inline std::int64_t peak_bytes(const Bytes* bytes, bool may_decline) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (bytes != nullptr) {
      Compiled c(*bytes);
      c.context.options.verify = false;
      const std::size_t functions = c.checked.ok ? c.checked.module->bodies.size() : 0;
      if (functions == 0) _exit(1);
      for (std::uint32_t n = 0; n < functions; ++n) {
        if (c.compile(n) != nullptr && !may_decline) _exit(2);
      }
    }
    _exit(0);
  }
  int status = 0;
  rusage usage{};
  REQUIRE(wait4(child, &status, 0, &usage) == child);
  REQUIRE(status == 0);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

inline std::int64_t peak_of_compiling(const Bytes& bytes, bool may_decline = false) {
  return peak_bytes(&bytes, may_decline) - peak_bytes(nullptr, false);
}

}  // namespace wasmrt::test
