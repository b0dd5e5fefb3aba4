// Whether time grows with the input: processor time of n and 4n. It is four times as much where the
// work is linear, sixteen where it is quadratic, and at most eight here, which is linear within a
// factor of two: up to seven are seen, because the larger one leaves the caches.
//
// The two are measured in turns, and the least of each counts: what else runs on the machine takes
// the caches away for a while, and hardly in all of the turns. More than kTurns are taken only
// while the larger one is too slow.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "sys/os/sanitizers.h"

namespace wasmrt::test {

inline double processor_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// `seconds(n)` runs once at size n and tells its processor time.
template <class Seconds>
void check_linear(const char* what, std::uint32_t full, Seconds seconds) {
  // The sanitizer's allocator counts, too, and all is slow.
  constexpr double kMost = os::kAddressSanitizer ? 12 : 8;
  constexpr double kSlack = os::kAddressSanitizer ? 0.005 : 0;
  constexpr int kTurns = os::kAddressSanitizer ? 2 : 5;
  constexpr int kMostTurns = 15;
  INFO(what);
  double quarter = std::numeric_limits<double>::infinity();
  double whole = quarter;
  const auto slow = [&] { return whole > kMost * quarter + kSlack; };
  for (int turn = 0; turn < kTurns || (slow() && turn < kMostTurns); ++turn) {
    quarter = std::min(quarter, seconds(full / 4));
    whole = std::min(whole, seconds(full));
  }
  INFO(quarter << " s, then " << whole << " s");
  CHECK(whole <= kMost * quarter + kSlack);
}

}  // namespace wasmrt::test
