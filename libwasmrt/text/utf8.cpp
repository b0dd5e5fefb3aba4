// UTF-8 by the table of well-formed byte sequences in the Unicode standard (chapter 3, table 3-7).
#include "libwasmrt/text/utf8.h"

namespace wasmrt::text {

std::size_t utf8_char(std::string_view text, std::size_t at) {
  const std::size_t left = text.size() - at;
  auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
  auto in = [&](std::size_t i, unsigned low, unsigned high) {
    return i < left && byte(i) >= low && byte(i) <= high;
  };
  if (left == 0) return 0;
  const unsigned b = byte(0);
  if (b < 0x80) return 1;
  if (b < 0xc2) return 0;
  if (b < 0xe0) return in(1, 0x80, 0xbf) ? 2 : 0;
  if (b < 0xf0) {
    const unsigned low = b == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = b == 0xed ? 0x9f : 0xbf;
    return in(1, low, high) && in(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (b < 0xf5) {
    const unsigned low = b == 0xf0 ? 0x90 : 0x80;
    const unsigned high = b == 0xf4 ? 0x8f : 0xbf;
    return in(1, low, high) && in(2, 0x80, 0xbf) && in(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = utf8_char(text, at);
    if (n == 0) return false;
    at += n;
  }
  return true;
}

void append_utf8(std::uint32_t c, std::string& out) {
  auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

}  // namespace wasmrt::text
