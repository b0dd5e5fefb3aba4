// Durations and sizes of the command line.
#include "tools/wasmrt_run/units.h"

#include <catch2/catch_test_macros.hpp>

using namespace wasmrt::tools;
using namespace std::chrono_literals;

TEST_CASE("a duration needs its unit", "[tools]") {
  CHECK(parse_duration("100ms") == 100ms);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration("0s") == 0ns);
  CHECK(parse_duration("7us") == 7us);
  CHECK(parse_duration("3ns") == 3ns);
  CHECK(parse_duration("2m") == 2min);
  CHECK(parse_duration("1h") == 1h);
  for (const char* bad : {"", "100", "ms", "-1s", "1 s", "1sec", "1e30h", "s1"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad).has_value());
  }
}

TEST_CASE("sizes are binary", "[tools]") {
  CHECK(parse_size("0") == 0u);
  CHECK(parse_size("4096") == 4096u);
  CHECK(parse_size("64K") == 65536u);
  CHECK(parse_size("64KiB") == 65536u);
  CHECK(parse_size("1.5M") == 1572864u);
  CHECK(parse_size("2GB") == 2147483648u);
  for (const char* bad : {"", "M", "-1", "1X", "1 M", "99999999T"}) {
    INFO(bad);
    CHECK_FALSE(parse_size(bad).has_value());
  }
}

TEST_CASE("quantities print with a fitting unit", "[tools]") {
  CHECK(format_duration(830) == "830 ns");
  CHECK(format_duration(1240) == "1.2 us");
  CHECK(format_duration(1240000) == "1.24 ms");
  CHECK(format_duration(2100000000) == "2.10 s");
  CHECK(format_size(12) == "12 bytes");
  CHECK(format_size(65536) == "64.0 KiB");
  CHECK(format_size(std::uint64_t{3} << 30) == "3.00 GiB");
}
