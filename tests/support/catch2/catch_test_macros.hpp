// Catch2 3's include path for Catch2 2, which has one header for everything.
#pragma once
#include <catch2/catch.hpp>

#include <cstdio>

// Catch2 3's SKIP, for the body of a test case only. tools/test counts the lines it prints.
#define SKIP(why)                                                   \
  do {                                                              \
    std::printf("SKIPPED: %s:%d: %s\n", __FILE__, __LINE__, (why)); \
    std::fflush(stdout);                                            \
    return;                                                         \
  } while (false)
