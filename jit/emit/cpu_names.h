// The text of EngineConfig::cpu as bits of CodeOptions::cpu, by the tables of a machine.
//
// In: a text such as "native,-avx512" and what the host has. Out: the bits, or an error's text. A
// list that begins with a feature's name allows the features it names, no other; one that begins
// with "+" or "-" differs from the host.
// Guaranteed: a result has no bit that the host lacks, modes aside, and features are closed: each
// comes with what it is built on and goes with what is built on it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace wasmrt::jit {

struct CpuName {
  std::string_view name;
  std::uint64_t bits;       ///< Set by "+name": with what it is built on; of a preset: all.
  std::uint64_t users = 0;  ///< Cleared by "-name": with what is built on it.
  bool is_mode = false;     ///< Nothing of a processor, but a way to make code: every host has it.
};

std::string parse_cpu(std::span<const CpuName> presets, std::span<const CpuName> features,
                      std::string_view text, std::uint64_t host, std::uint64_t& out);

}  // namespace wasmrt::jit
