// The texts of feature sets: names, `Features::parse` and the canonical spelling.
//
// In: "preset,+name,-name". Out: a set, or an error that names the word. `to_string` writes the
// preset with the fewest differences, so equal sets have equal texts.
#include <wasmrt/features.hpp>

#include <bit>

namespace wasmrt {

namespace {

constexpr unsigned kFeatureCount = 0
#define FEATURE(Name, text, bit, since) +1
#include <wasmrt/features.def>
#undef FEATURE
    ;

bool feature_from_name(std::string_view name, Feature& out) {
  for (unsigned i = 0; i < kFeatureCount; ++i) {
    if (feature_name(static_cast<Feature>(i)) == name) {
      out = static_cast<Feature>(i);
      return true;
    }
  }
  return false;
}

bool preset_from_name(std::string_view name, Features& out) {
  if (name == "wasm1") return out = Features::wasm1(), true;
  if (name == "wasm2") return out = Features::wasm2(), true;
  if (name == "wasm3") return out = Features::wasm3(), true;
  if (name == "all") return out = Features::all(), true;
  return false;
}

Error unknown_word(std::string_view word) {
  std::string text =
      "unknown feature \"" + std::string(word) + "\"; known are wasm1, wasm2, wasm3, all";
  for (unsigned i = 1; i < kFeatureCount; ++i) {
    text += ", ";
    text += feature_name(static_cast<Feature>(i));
  }
  return {ErrorCode::InvalidArgument, std::move(text)};
}

}  // namespace

std::string_view feature_name(Feature feature) noexcept {
  switch (feature) {
#define FEATURE(Name, text, bit, since) \
  case Feature::Name:                   \
    return text;
#include <wasmrt/features.def>
#undef FEATURE
  }
  return {};
}

Result<Features> Features::parse(std::string_view text) {
  Features features;
  if (text.empty()) return features;
  for (bool first = true;; first = false) {
    const std::size_t comma = text.find(',');
    std::string_view word = text.substr(0, comma);
    if (!first || !preset_from_name(word, features)) {
      const bool on = !word.starts_with('-');
      if (word.starts_with('+') || !on) word.remove_prefix(1);
      Feature feature = Feature::Mvp;
      // The MVP is what the rest extends: it has a bit, but no switch.
      if (!feature_from_name(word, feature) || feature == Feature::Mvp) return unknown_word(word);
      features.enable(feature, on);
    }
    if (comma == std::string_view::npos) return features;
    text.remove_prefix(comma + 1);
  }
}

std::string to_string(Features features) {
  int best = 3;
  const auto differences = [&](int version) {
    return std::popcount(Features::version(version).bits() ^ features.bits());
  };
  for (int version = 2; version >= 1; --version) {
    if (differences(version) < differences(best)) best = version;
  }
  std::string text = "wasm" + std::to_string(best);
  for (unsigned i = 0; i < kFeatureCount; ++i) {
    const auto feature = static_cast<Feature>(i);
    if (features.has(feature) == Features::version(best).has(feature)) continue;
    text += features.has(feature) ? ",+" : ",-";
    text += feature_name(feature);
  }
  return text;
}

}  // namespace wasmrt
