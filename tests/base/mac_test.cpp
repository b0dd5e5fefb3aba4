// HMAC-SHA-256 and GMAC against published examples (RFC 4231; the GCM specification), and in use.
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "libwasmrt/base/bytes.h"
#include "libwasmrt/base/mac.h"

using namespace wasmrt;

TEST_CASE("known HMACs, in one part and in several", "[base][mac]") {
  const std::vector<std::uint8_t> key(20, 0x0b);
  const ByteSpan one[] = {bytes_of("Hi There")};
  CHECK(to_hex(hmac_sha256(key, one)) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  const ByteSpan parts[] = {bytes_of("what do ya want "), bytes_of("for nothing?")};
  CHECK(to_hex(hmac_sha256(bytes_of("Jefe"), parts)) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const std::vector<std::uint8_t> long_key(131, 0xaa);
  const ByteSpan test[] = {bytes_of("Test Using Larger Than Block-Size Key - Hash Key First")};
  CHECK(to_hex(hmac_sha256(long_key, test)) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("GMAC of nothing is the known one", "[base][mac]") {
  // Test case 1 of the GCM specification: zero key, zero nonce, no text.
  const std::array<std::uint8_t, 16> zero{};
  Gmac mac(zero);
  const Gmac::Tag tag = mac.tag(0, {});
  const Gmac::Tag expected = {0x58, 0xe2, 0xfc, 0xce, 0xfa, 0x7e, 0x30, 0x61,
                              0x36, 0x7f, 0x1d, 0x57, 0xa4, 0xe7, 0x45, 0x5a};
  CHECK(tag == expected);
}

TEST_CASE("tags depend on key, number and every byte", "[base][mac]") {
  std::array<std::uint8_t, 16> key{};
  key[3] = 7;
  Gmac mac(key);
  std::vector<std::uint8_t> text(1000, 5);
  const Gmac::Tag tag = mac.tag(1, text);
  CHECK(mac.tag(1, text) == tag);
  CHECK(mac.tag(2, text) != tag);
  key[0] = 1;
  CHECK(Gmac(key).tag(1, text) != tag);
  for (const std::size_t at : {0u, 15u, 16u, 512u, 999u}) {
    text[at] ^= 1;
    CHECK(mac.tag(1, text) != tag);
    text[at] ^= 1;
  }
  text.push_back(0);
  CHECK(mac.tag(1, text) != tag);
}
