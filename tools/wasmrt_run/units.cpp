// Parsing and printing of durations and sizes.
#include "tools/wasmrt_run/units.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace wasmrt::tools {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

/// Splits "1.5ms" into 1.5 and "ms"; nothing when there is no number in front.
std::optional<double> leading_number(std::string_view& text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string format(const char* pattern, double value) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, pattern, value);
  return buffer;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  static constexpr Unit kUnits[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                    {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  const std::optional<double> number = leading_number(text);
  if (!number) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (text != unit.name) continue;
    const double ns = *number * unit.factor;
    if (ns >= 9.2e18) return std::nullopt;
    return std::chrono::nanoseconds(std::llround(ns));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  static constexpr Unit kUnits[] = {
      {"", 1}, {"K", 1024.0}, {"M", 1048576.0}, {"G", 1073741824.0}, {"T", 1099511627776.0}};
  const std::optional<double> number = leading_number(text);
  if (!number) return std::nullopt;
  for (std::string_view suffix : {"iB", "B"}) {
    if (text.ends_with(suffix)) {
      text.remove_suffix(suffix.size());
      break;
    }
  }
  for (const Unit& unit : kUnits) {
    if (text != unit.name) continue;
    const double bytes = *number * unit.factor;
    if (bytes >= 1.8e19) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

std::string format_duration(std::uint64_t nanoseconds) {
  const auto ns = static_cast<double>(nanoseconds);
  if (nanoseconds < 1000) return format("%.0f ns", ns);
  if (nanoseconds < 1000000) return format("%.1f us", ns / 1e3);
  if (nanoseconds < 1000000000) return format("%.2f ms", ns / 1e6);
  return format("%.2f s", ns / 1e9);
}

std::string format_size(std::uint64_t bytes) {
  const auto n = static_cast<double>(bytes);
  if (bytes < 1024) return format("%.0f bytes", n);
  if (bytes < 1024 * 1024) return format("%.1f KiB", n / 1024);
  if (bytes < 1024 * 1024 * 1024) return format("%.1f MiB", n / 1048576);
  return format("%.2f GiB", n / 1073741824);
}

}  // namespace wasmrt::tools
