// See wording.h.
#include "spectest/wording.h"

namespace wasmrt::spectest {
namespace {

struct Alias {
  std::string_view expected;  // by another version
  std::string_view said;      // by us
};

constexpr Alias kAliases[] = {
    // 2.0 checks a lane index while it parses the text; 3.0 finds it to be no u8.
    {"malformed lane index", "i8 constant out of range"},
    // The proposal for SIMD names the literals of i8x16.shuffle in other words, and finds what is
    // no
    // lane index to be the wrong token.
    {"wrong number of lane indices", "invalid lane length"},
    {"unexpected token", "i8 constant out of range"},
    // Drafts after 3.0 call a negative heap type of several bytes, of which 3.0 says nothing, an
    // integer's wrong representation.
    {"integer representation", "malformed heap type"},
    // The text parser takes offsets and limits of 64 bits, as memory64 needs; where that is not
    // enabled, the decoder refuses them.
    {"i32 constant", "integer too large"},
    {"i32 constant out of range", "integer too large"},
    // The API reports all missing imports at once and calls them by name.
    {"unknown import", "import not found"},
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

bool says(std::string_view error, std::string_view expected) {
  if (contains(error, expected)) return true;
  for (const Alias& alias : kAliases) {
    if (alias.expected == expected && contains(error, alias.said)) return true;
  }
  return false;
}

}  // namespace wasmrt::spectest
