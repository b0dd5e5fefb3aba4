// What the list begins with decides what it is: a preset, features alone, or differences from the
// host.
#include "jit/emit/cpu_names.h"

namespace wasmrt::jit {

namespace {

const CpuName* find(std::span<const CpuName> table, std::string_view name) {
  for (const CpuName& row : table) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace

std::string parse_cpu(std::span<const CpuName> presets, std::span<const CpuName> features,
                      std::string_view text, std::uint64_t host, std::uint64_t& out) {
  out = host;
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    if (first && word == "native") continue;
    if (const CpuName* preset = find(presets, word); first && preset != nullptr) {
      out = preset->bits;
      continue;
    }
    const bool minus = word.starts_with('-');
    const bool difference = minus || word.starts_with('+');
    const CpuName* feature = find(features, difference ? word.substr(1) : word);
    if (first && !difference) out = 0;
    if (feature == nullptr) {
      std::string known = "native";
      for (const CpuName& row : presets) known.append(", ").append(row.name);
      for (const CpuName& row : features) known.append(", +").append(row.name);
      return "\"" + std::string(word) + "\" is none of " + known;
    }
    out = minus ? out & ~feature->users : out | feature->bits;
  }
  for (const CpuName& row : features) {
    if (!row.is_mode && (out & ~host & row.bits) != 0)
      return "this machine has no " + std::string(row.name);
  }
  return {};
}

}  // namespace wasmrt::jit
