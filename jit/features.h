// What the host's processor can do, as one canonical string.
//
// In: nothing. Out: the machine's name followed by its features in lower case, sorted, separated by
// single spaces, e.g. "x64 aes avx avx2 bmi ...". For people and logs: what identifies code are the
// bits that code may use (CodeOptions::cpu). Guaranteed: computed once per process, the same for
// every call, safe from any thread.
#pragma once

#include <string_view>

namespace wasmrt::jit {

/// The host's machine and features.
std::string_view host_features() noexcept;

}  // namespace wasmrt::jit
