// SHA-256 through libcrypto's low-level functions: the newer interface would pull in the provider
// machinery (megabytes, and set-up at run time) for the same compression function.
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include "libwasmrt/base/hash.h"

#include <openssl/sha.h>

#include <new>

namespace wasmrt {

namespace {
SHA256_CTX* context(std::byte* state) { return std::launder(reinterpret_cast<SHA256_CTX*>(state)); }
}  // namespace

Sha256::Sha256() {
  static_assert(sizeof(SHA256_CTX) <= sizeof(state_) && alignof(SHA256_CTX) <= 8);
  SHA256_Init(::new (static_cast<void*>(state_)) SHA256_CTX);
}

void Sha256::update(std::span<const std::uint8_t> bytes) {
  SHA256_Update(context(state_), bytes.data(), bytes.size());
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  SHA256_Final(digest.data(), context(state_));
  return digest;
}

Sha256Digest sha256(std::span<const std::uint8_t> bytes) {
  Sha256 hasher;
  hasher.update(bytes);
  return hasher.finish();
}

std::string to_hex(const Sha256Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace wasmrt
