// Counts to text and back.
#include "libwasmrt/engine/compile_notes.h"

#include <charconv>

namespace wasmrt::engine {

namespace {
constexpr std::string_view kLight = "light";
constexpr std::string_view kSectioned = "in sections";
}  // namespace

std::uint64_t CompileNotes::declined_count() const {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : declined) sum += count;
  return sum;
}

std::string CompileNotes::text() const {
  std::string text;
  const auto line = [&text](std::uint64_t count, std::string_view what) {
    text.append(std::to_string(count)).append(" ").append(what).append("\n");
  };
  line(light, kLight);
  line(sectioned, kSectioned);
  for (const auto& [reason, count] : declined) line(count, reason);
  return text;
}

CompileNotes CompileNotes::from_text(std::string_view text) {
  CompileNotes notes;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    std::uint64_t count = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), count);
    const auto digits = static_cast<std::size_t>(rest - line.data());
    if (error != std::errc() || digits == line.size()) continue;
    const std::string_view what = line.substr(digits + 1);
    if (what == kLight) {
      notes.light += count;
    } else if (what == kSectioned) {
      notes.sectioned += count;
    } else {
      notes.declined[std::string(what)] += count;
    }
  }
  return notes;
}

}  // namespace wasmrt::engine
