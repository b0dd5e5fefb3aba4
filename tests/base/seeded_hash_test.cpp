// Hashes with a secret of the process: equal keys, and how far keys spread.
#include "libwasmrt/base/seeded_hash.h"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <set>
#include <string>
#include <vector>

using wasmrt::seeded_hash;

TEST_CASE("equal keys have equal hashes, others differ", "[base]") {
  const std::string text = "some text that is longer than a few words";
  std::set<std::uint64_t> seen;
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const std::string_view part = std::string_view(text).substr(0, n);
    CHECK(seeded_hash(part) == seeded_hash(std::string(part)));
    seen.insert(seeded_hash(part));
    seen.insert(seeded_hash(std::string(n, '\0')));  // lengths count, not only what is there
  }
  CHECK(seen.size() == 2 * text.size() + 1);
  CHECK(seeded_hash(std::vector<std::uint64_t>{1, 2}) !=
        seeded_hash(std::vector<std::uint64_t>{2, 1}));
}

TEST_CASE("each bit of a key changes about half of its hash", "[base]") {
  for (std::size_t words = 1; words <= 3; ++words) {
    int least = 64;
    int changed = 0;
    for (std::size_t bit = 0; bit < 64 * words; ++bit) {
      std::vector<std::uint64_t> key(words, 5);
      const std::uint64_t before = seeded_hash(key);
      key[bit / 64] ^= std::uint64_t{1} << bit % 64;
      const int n = std::popcount(before ^ seeded_hash(key));
      least = std::min(least, n);
      changed += n;
    }
    INFO(words);
    CHECK(least >= 8);
    CHECK(changed / static_cast<int>(64 * words) >= 28);
  }
}
