// The features of an AArch64 processor by name; the twin of this file does the same for the other
// machine.
//
// In: what asmjit found out about a processor. Out: the names of its features, in no particular
// order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <asmjit/core.h>

namespace wasmrt::jit::arm64 {

/// The lower-case name of every feature of `cpu`, which must be an arm64 processor.
std::vector<std::string> feature_names(const asmjit::CpuInfo& cpu);

/// Target::host_cpu: what there is of CodeOptions::cpu on the machine this runs on.
std::uint64_t host_cpu();
/// Target::parse_cpu.
std::string parse_cpu(std::string_view text, std::uint64_t host, std::uint64_t& out);

}  // namespace wasmrt::jit::arm64
