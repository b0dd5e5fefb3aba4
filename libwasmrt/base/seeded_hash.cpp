// See seeded_hash.h. Each word is multiplied with a secret into 128 bits, of which both halves
// count: what a difference of two inputs becomes depends on the secret, also in the upper bits.
#include "libwasmrt/base/seeded_hash.h"

#include <cstring>

#include "sys/os/random.h"

namespace wasmrt {
namespace {

struct Secret {
  std::uint64_t start = 0x9E3779B97F4A7C15u;
  std::uint64_t factor = 0xFF51AFD7ED558CCDu;

  Secret() {
    std::uint8_t bytes[sizeof start + sizeof factor];
    if (os::fill_random(bytes) != 0) {
      start ^= reinterpret_cast<std::uintptr_t>(this);  // what a module cannot know either
      return;
    }
    std::memcpy(&start, bytes, sizeof start);
    std::memcpy(&factor, bytes + sizeof start, sizeof factor);
    factor |= 1;
  }
};

const Secret& secret() {
  static const Secret made;
  return made;
}

std::uint64_t mix(std::uint64_t h, std::uint64_t word, const Secret& s) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{h ^ word} * s.factor;
  return (static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64)) +
         s.start;
}

}  // namespace

std::uint64_t seeded_hash(std::string_view bytes) {
  const Secret& s = secret();
  std::uint64_t h = mix(s.start, bytes.size(), s);
  std::uint64_t word = 0;
  for (; bytes.size() > sizeof word; bytes.remove_prefix(sizeof word)) {
    std::memcpy(&word, bytes.data(), sizeof word);
    h = mix(h, word, s);
  }
  word = 0;
  if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  return mix(mix(h, word, s), 0, s);
}

std::uint64_t seeded_hash(std::span<const std::uint64_t> words) {
  const Secret& s = secret();
  std::uint64_t h = mix(s.start, words.size(), s);
  for (const std::uint64_t word : words) h = mix(h, word, s);
  return mix(h, 0, s);
}

}  // namespace wasmrt
