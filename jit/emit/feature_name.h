// Features of any processor in words: what the twins x64/features.cpp and arm64/features.cpp share,
// and the whole line for a processor that need not be the host's (so that both machines are tested
// on either).
#pragma once

#include <cstdint>
#include <string>

#include <asmjit/core.h>

namespace wasmrt::jit {

/// The name of feature `id` of `arch`: asmjit's, in lower case and without spaces.
std::string feature_name(asmjit::Arch arch, uint32_t id);

/// `cpu`'s machine and features in the form of host_features(); "unknown" for a machine without a
/// code generator.
std::string describe_features(const asmjit::CpuInfo& cpu);

}  // namespace wasmrt::jit
