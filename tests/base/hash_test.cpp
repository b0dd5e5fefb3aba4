// SHA-256 against the examples of FIPS 180-4, and in pieces.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "libwasmrt/base/bytes.h"
#include "libwasmrt/base/hash.h"

using namespace wasmrt;

TEST_CASE("known digests", "[base][hash]") {
  CHECK(to_hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256(bytes_of("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("pieces give the digest of the whole", "[base][hash]") {
  const std::string text(100'000, 'a');
  Sha256 hasher;
  for (std::size_t at = 0, step = 1; at < text.size(); at += step, step = step * 3 % 1009) {
    if (step > text.size() - at) step = text.size() - at;
    hasher.update(bytes_of(std::string_view(text).substr(at, step)));
  }
  CHECK(hasher.finish() == sha256(bytes_of(text)));
}
