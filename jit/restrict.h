// What WASMRT_COMPILE leaves out, for finding the function and the pass that make wrong code.
//
// In: the environment variable, read once: items separated by commas.
//   func=A-B     only these functions are compiled, the rest is interpreted
//   -PASS        the optimisation pass of that name does not run; -polls: no deadline stops a loop
//   stubs=A-B    a signature gets stubs of its own after A calls, and at most B do
//   sections=N   functions are compiled in sections of N bytes (docs/JIT.md, "Sections")
//   plant=N      additions of function N become subtractions: a fault to find, for testing tools
// Out: questions of the compiler. What is not understood is said once on standard error, with the
// names of the passes, and ends the process. Guaranteed: without the variable everything is
// allowed; restricted() tells that code is not what a cache may keep.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wasmrt::jit {

bool restricted();
bool may_compile(std::uint32_t func);
bool may_run(std::string_view pass);
struct StubRestriction {
  std::uint32_t after = 0;
  std::uint32_t most = 0;
};
std::optional<StubRestriction> stub_restriction();
std::uint32_t section_bytes();  ///< CodeOptions::section_bytes
bool has_planted_fault(std::uint32_t func);

}  // namespace wasmrt::jit
