// What the tests of the text format share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libwasmrt/text/wat.h"

namespace wasmrt::text {

/// The bytes of a module without its name section; empty with a message when it is malformed.
inline std::string encode(std::string_view wat) {
  WatOptions options;
  options.names = false;
  const auto bytes = wat_to_wasm(wat, options);
  if (!bytes.ok()) return "error: " + bytes.error().message;
  return std::string(bytes->begin(), bytes->end());
}

/// The message with which a module is refused.
inline std::string error_of(std::string_view wat) {
  const auto bytes = wat_to_wasm(wat);
  return bytes.ok() ? "no error" : bytes.error().message;
}

/// Contents of the sections with that id, one after the other, as hexadecimal digits.
inline std::string section(std::string_view wat, unsigned id) {
  const std::string bytes = encode(wat);
  if (bytes.substr(0, 4) != std::string_view("\0asm", 4)) return bytes;
  auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  std::string hex;
  for (std::size_t i = 8; i < bytes.size();) {
    const unsigned found = byte(i++);
    std::size_t size = 0;
    for (unsigned shift = 0;; shift += 7) {
      size |= std::size_t{byte(i)} << shift & std::size_t{0x7f} << shift;
      if ((byte(i++) & 0x80) == 0) break;
    }
    for (std::size_t end = i + size; i < end; ++i) {
      if (found != id) continue;
      hex += "0123456789abcdef"[byte(i) >> 4];
      hex += "0123456789abcdef"[byte(i) & 15];
    }
  }
  return hex;
}

enum SectionId : unsigned {
  kCustomSection,
  kTypeSection,
  kImportSection,
  kFuncSection,
  kTableSection,
  kMemorySection,
  kGlobalSection,
  kExportSection,
  kStartSection,
  kElemSection,
  kCodeSection,
  kDataSection,
  kDataCountSection,
  kTagSection
};

}  // namespace wasmrt::text
