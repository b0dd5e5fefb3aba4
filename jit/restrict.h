// What WASMRT_COMPILE leaves out, for finding the function and the pass that make wrong code.
//
// In: the environment variable, read once: items separated by commas.
//   func=A-B     only these functions are compiled, the rest is interpreted
//   -PASS        the optimisation pass of that name does not run
//   plant=N      additions of function N become subtractions: a fault to find, for testing tools
// Out: questions of the compiler. What is not understood is said once on standard error, with the
// names of the passes, and ends the process. Guaranteed: without the variable everything is
// allowed; restricted() tells that code is not what a cache may keep.
#pragma once

#include <cstdint>
#include <string_view>

namespace wasmrt::jit {

bool restricted();
bool may_compile(std::uint32_t func);
bool may_run(std::string_view pass);
bool has_planted_fault(std::uint32_t func);

}  // namespace wasmrt::jit
