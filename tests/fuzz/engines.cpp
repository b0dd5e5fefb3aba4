// Fuzz target: the bytes choose a module (modules/random_module.h), and all engines must agree on
// what it does. tests/fuzz/main.cpp runs the same without instrumentation, much faster.
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/modules/compare.h"
#include "tests/fuzz/modules/random_module.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wasmrt::fuzz;
  const Comparison result = compare_engines(random_module({data, size}));
  if (result.verdict == Comparison::Invalid || result.verdict == Comparison::Different) {
    std::fprintf(stderr, "%s\n", result.report.c_str());
    std::abort();
  }
  return 0;
}
