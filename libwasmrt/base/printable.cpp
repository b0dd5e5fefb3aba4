// Escapes control characters.
#include "libwasmrt/base/printable.h"

namespace wasmrt {

namespace {

void append_hex(std::string& out, unsigned byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

void append_printable(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0u;
    if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      append_hex(out, byte);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      out += "\\u00";
      append_hex(out, next);
      ++i;
    } else {
      out += text[i];
    }
  }
}

}  // namespace wasmrt
