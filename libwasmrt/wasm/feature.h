// The features as an enumeration, with their text names and presets: features.def as C++.
//
// In: features.def. Out: `Feature`, `feature_name`, `feature_from_name`, `preset_bits`. Every
// function is constexpr and total.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wasmrt {

/// A switchable part of the standard. The value is the bit position in a feature set.
enum class Feature : std::uint8_t {
#define FEATURE(Name, text, bit, version) Name = bit,
#include "libwasmrt/wasm/features.def"
#undef FEATURE
};

inline constexpr std::size_t kFeatureCount = 0
#define FEATURE(Name, text, bit, version) +1
#include "libwasmrt/wasm/features.def"
#undef FEATURE
    ;

/// The bit of one feature in a set.
constexpr std::uint64_t feature_bit(Feature f) { return std::uint64_t{1} << static_cast<unsigned>(f); }

/// The spelling used in options and errors, e.g. "tail-call".
constexpr std::string_view feature_name(Feature f) {
  switch (f) {
#define FEATURE(Name, text, bit, version) \
  case Feature::Name:                     \
    return text;
#include "libwasmrt/wasm/features.def"
#undef FEATURE
  }
  return {};
}

/// Finds a feature by its spelling; false when there is none of that name.
constexpr bool feature_from_name(std::string_view name, Feature& out) {
#define FEATURE(Name, text, bit, version) \
  if (name == text) {                     \
    out = Feature::Name;                  \
    return true;                          \
  }
#include "libwasmrt/wasm/features.def"
#undef FEATURE
  return false;
}

/// Release of the standard that brought the feature, 0 for one that is in none.
constexpr unsigned feature_version(Feature f) {
  switch (f) {
#define FEATURE(Name, text, bit, version) \
  case Feature::Name:                     \
    return version;
#include "libwasmrt/wasm/features.def"
#undef FEATURE
  }
  return 0;
}

/// All features of WebAssembly `version` (1, 2 or 3) as a set.
constexpr std::uint64_t preset_bits(unsigned version) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < kFeatureCount; ++i) {
    const unsigned since = feature_version(static_cast<Feature>(i));
    if (since != 0 && since <= version) bits |= std::uint64_t{1} << i;
  }
  return bits;
}

}  // namespace wasmrt
