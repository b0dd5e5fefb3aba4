// Quantities on the command line: durations with a unit, sizes with a binary unit.
//
// In: text as the user typed it. Out: the number, or nothing when the text is not one. A duration
// needs its unit (100ms, 2s), so that nobody has to remember which one is meant.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wasmrt::tools {

/// Parses a decimal with an optional fraction and a unit: ns, us, ms, s, m or h.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// Parses a number of bytes with an optional unit: K, M, G, T, also KiB or KB (all 1024-based).
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "1.24 ms", "830 ns", "2.10 s".
std::string format_duration(std::uint64_t nanoseconds);
/// "64.0 KiB", "15.3 MiB", "12 bytes".
std::string format_size(std::uint64_t bytes);

}  // namespace wasmrt::tools
