// Which proposals a module may use. A set of bits, part of an Engine's configuration and of cache
// keys; the default is the preset wasm3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <wasmrt/result.hpp>

namespace wasmrt {

/// One proposal; see features.def for names and the version that took it in.
enum class Feature : std::uint8_t {
#define FEATURE(Name, text, bit, since) Name = bit,
#include <wasmrt/features.def>
#undef FEATURE
};

/// A set of proposals.
class Features {
 public:
  /// The preset of the current standard, WebAssembly 3.0.
  constexpr Features() : Features(version(3)) {}
  /// All proposals that are part of version 1, 2 or 3 of the standard.
  static constexpr Features version(int v) {
    Features f(0);
#define FEATURE(Name, text, bit, since) \
  if (since != 0 && since <= v) f.bits_ |= std::uint64_t{1} << bit;
#include <wasmrt/features.def>
#undef FEATURE
    return f;
  }
  static constexpr Features wasm1() { return version(1); }
  static constexpr Features wasm2() { return version(2); }
  static constexpr Features wasm3() { return version(3); }
  /// Every proposal that this version of wasmrt knows.
  static constexpr Features all() {
    Features f(0);
#define FEATURE(Name, text, bit, since) f.bits_ |= std::uint64_t{1} << bit;
#include <wasmrt/features.def>
#undef FEATURE
    return f;
  }
  /// Parses "wasm3,+threads,-simd": a preset first (default wasm3), then features added or taken
  /// away ("threads" alone adds). Errors: InvalidArgument, naming the unknown word.
  WASMRT_API static Result<Features> parse(std::string_view text);

  [[nodiscard]] constexpr bool has(Feature f) const {
    return (bits_ >> static_cast<unsigned>(f) & 1) != 0;
  }
  constexpr Features& enable(Feature f, bool on = true) {
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(f);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
    return *this;
  }
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  friend constexpr bool operator==(Features, Features) = default;

 private:
  constexpr explicit Features(std::uint64_t bits) : bits_(bits) {}
  std::uint64_t bits_;
};

/// The name of a proposal as --features spells it.
WASMRT_API std::string_view feature_name(Feature feature) noexcept;
/// The canonical text of a set: preset and differences, e.g. "wasm3,+threads".
WASMRT_API std::string to_string(Features features);

}  // namespace wasmrt
