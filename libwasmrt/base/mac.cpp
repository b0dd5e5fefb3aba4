// The AES key schedule and GHASH are libcrypto's: GHASH runs at several bytes per cycle.
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include "libwasmrt/base/mac.h"

#include <openssl/aes.h>
#include <openssl/modes.h>

#include <cstring>

namespace wasmrt {

Sha256Digest hmac_sha256(std::span<const std::uint8_t> key,
                         std::span<const std::span<const std::uint8_t>> parts) {
  constexpr std::size_t kBlock = 64;
  std::array<std::uint8_t, kBlock> pad{};
  if (key.size() > kBlock) {
    const Sha256Digest short_key = sha256(key);
    std::memcpy(pad.data(), short_key.data(), short_key.size());
  } else if (!key.empty()) {
    std::memcpy(pad.data(), key.data(), key.size());
  }
  for (std::uint8_t& b : pad) b ^= 0x36;
  Sha256 inner;
  inner.update(pad);
  for (const std::span<const std::uint8_t> part : parts) inner.update(part);
  const Sha256Digest message = inner.finish();
  for (std::uint8_t& b : pad) b ^= 0x36 ^ 0x5C;
  Sha256 outer;
  outer.update(pad);
  outer.update(message);
  return outer.finish();
}

bool equal_digests(const Sha256Digest& a, const Sha256Digest& b) {
  unsigned differences = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differences |= static_cast<unsigned>(a[i] ^ b[i]);
  return differences == 0;
}

struct Gmac::State {
  AES_KEY key{};
  GCM128_CONTEXT* gcm = nullptr;
};

Gmac::Gmac(std::span<const std::uint8_t, 16> key) : state_(std::make_unique<State>()) {
  AES_set_encrypt_key(key.data(), 128, &state_->key);
  const auto block = [](const unsigned char in[16], unsigned char out[16], const void* k) {
    AES_encrypt(in, out, static_cast<const AES_KEY*>(k));
  };
  state_->gcm = CRYPTO_gcm128_new(&state_->key, block);
}

Gmac::~Gmac() { CRYPTO_gcm128_release(state_->gcm); }

Gmac::Tag Gmac::tag(std::uint64_t number, std::span<const std::uint8_t> message) {
  std::array<std::uint8_t, 12> nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(number >> 8 * i);
  CRYPTO_gcm128_setiv(state_->gcm, nonce.data(), nonce.size());
  CRYPTO_gcm128_aad(state_->gcm, message.data(), message.size());
  Tag tag{};
  CRYPTO_gcm128_tag(state_->gcm, tag.data(), tag.size());
  return tag;
}

}  // namespace wasmrt
