// Whether time grows with the input: processor time of n and 4n, the least of three runs. It is
// four times as much where the work is linear, sixteen where it is quadratic, and at most twelve
// here: up to nine are seen, because the larger one leaves the caches.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <time.h>

#include <algorithm>
#include <cstdint>

namespace wasmrt::test {

inline double processor_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// `seconds(n)` runs once at size n and tells its processor time.
template <class Seconds>
void check_linear(const char* what, std::uint32_t full, Seconds seconds) {
  INFO(what);
  const auto least = [&](std::uint32_t n) {
    return std::min({seconds(n), seconds(n), seconds(n)});
  };
  const double quarter = least(full / 4);
  const double whole = least(full);
  INFO(quarter << " s, then " << whole << " s");
  CHECK(whole <= 12 * quarter + 0.005);
}

}  // namespace wasmrt::test
