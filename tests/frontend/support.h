// Small modules for the tests of the front end: hex with sections sized automatically, or text.
#pragma once

#include <cctype>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libwasmrt/frontend/decode.h"
#include "libwasmrt/frontend/validate_body.h"
#include "libwasmrt/text/wat.h"

namespace wasmrt::test {

using Bytes = std::vector<std::uint8_t>;

/// "00 61 6d" as bytes; blanks may stand anywhere.
inline Bytes hex(std::string_view text) {
  Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits += c;
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

struct Section {
  std::uint8_t id;
  std::string_view contents;  // hex
};

/// A module of these sections.
inline Bytes wasm(const std::vector<Section>& sections) {
  Bytes bytes = hex("00 61 73 6d 01 00 00 00");
  for (const Section& s : sections) {
    const Bytes contents = hex(s.contents);
    bytes.push_back(s.id);
    std::size_t size = contents.size();
    do {
      bytes.push_back(static_cast<std::uint8_t>((size & 0x7F) | (size > 0x7F ? 0x80 : 0)));
      size >>= 7;
    } while (size != 0);
    bytes.insert(bytes.end(), contents.begin(), contents.end());
  }
  return bytes;
}

inline Bytes wat(std::string_view source) {
  Result<Bytes> bytes = text::wat_to_wasm(source);
  return bytes.ok() ? *bytes : Bytes{};
}

/// Decodes and validates; keeps the interner.
struct Checked {
  std::unique_ptr<TypeInterner> interner = std::make_unique<TypeInterner>();
  std::shared_ptr<DecodedModule> module;  // null when decoding failed
  Error error;
  bool ok = false;

  explicit Checked(const Bytes& bytes, Features features = Features::all(),
                   const ParallelFor* parallel = nullptr) {
    DecodeOptions options;
    options.features = features;
    options.interner = interner.get();
    options.keep_custom_sections = true;
    auto decoded = decode_module(bytes, options);
    if (!decoded.ok()) {
      error = decoded.error();
      return;
    }
    module = *decoded;
    Result<void> valid = validate_module(*module, parallel);
    ok = valid.ok();
    if (!ok) error = valid.error();
  }
  ~Checked() { module.reset(); }
  Checked(Checked&&) = default;
};

/// The message with which a module is refused; "" when it is accepted.
inline std::string refusal(const Bytes& bytes, Features features = Features::all()) {
  return Checked(bytes, features).error.message;
}

/// Features of a text like "wasm2,+threads".
inline Features features(std::string_view text) { return *Features::parse(text); }

}  // namespace wasmrt::test
