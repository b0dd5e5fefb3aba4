// Names prepared so that the standard library's hash puts all into one bucket cost no more than
// others.
#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <functional>
#include <string>

#include "libwasmrt/base/bytes.h"
#include "tests/frontend/support.h"
#include "tests/support/linear_time.h"

namespace wasmrt {
namespace {

// One step of the Murmur hash that libstdc++ uses, and back.
constexpr std::uint64_t kFactor = 0xC6A4A7935BD1E995u;
std::uint64_t fold(std::uint64_t x) { return x ^ x >> 47; }  // its own inverse
std::uint64_t inverse_factor() {
  std::uint64_t inverse = kFactor;
  for (int n = 0; n < 6; ++n) inverse *= 2 - kFactor * inverse;
  return inverse;
}

bool is_ascii(std::uint64_t word) { return (word & 0x8080808080808080u) == 0; }

/// Names of 16 characters that end in the same state.
std::vector<std::string> names(std::uint32_t count) {
  const std::uint64_t back = inverse_factor();
  std::vector<std::string> made;
  for (std::uint64_t n = 0; made.size() < count; ++n) {
    std::uint64_t words[2];
    words[0] = (n & 0x7F) | (n & 0x3F80) << 1 | (n & 0x1FC000) << 2 | (n & 0xFE00000) << 3;
    // The state before the first word only shifts all of them alike: 0 will do where the target is
    // chosen for it.
    const std::uint64_t start = std::uint64_t{0xC70F6907u} ^ 16 * kFactor;
    const std::uint64_t state = (start ^ fold(words[0] * kFactor) * kFactor) * kFactor;
    words[1] = fold(state * back) * back;
    if (!is_ascii(words[0]) || !is_ascii(words[1])) continue;
    made.emplace_back(16, '\0');
    std::memcpy(made.back().data(), words, sizeof words);
  }
  return made;
}

}  // namespace

TEST_CASE("exports with names that collide decode in linear time",
          "[decode][no-tsan][no-emulation]") {
  const std::vector<std::string> all = names(20'000);
#ifdef __GLIBCXX__
  CHECK(std::hash<std::string>{}(all[0]) == std::hash<std::string>{}(all[1]));
#endif
  test::check_linear("exports", 20'000, [&](std::uint32_t count) {
    ByteBuffer exports;
    exports.leb_u32(count);
    for (std::uint32_t n = 0; n < count; ++n) {
      exports.leb_u32(16);
      exports.append(std::string_view(all[n]));
      exports.append(std::string_view("\0\0", 2));
    }
    ByteBuffer m;
    m.append(std::string_view("\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7", 19));
    m.leb_u32(static_cast<std::uint32_t>(exports.size()));
    m.append(exports.span());
    m.append(std::string_view("\12\4\1\2\0\13", 6));
    const test::Bytes bytes(m.span().begin(), m.span().end());
    const double begin = test::processor_seconds();
    const test::Checked c(bytes);
    const double seconds = test::processor_seconds() - begin;
    CHECK(c.ok);
    return seconds;
  });
}

}  // namespace wasmrt
