// Message authentication with keys of ours: HMAC-SHA-256 for what is short, GMAC for what is long.
//
// In: a key and bytes. Out: tags that nobody can make without the key. Backed by libcrypto's
// low-level functions, as hash.h is.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "libwasmrt/base/hash.h"

namespace wasmrt {

/// HMAC-SHA-256 over the parts, one after the other.
[[nodiscard]] Sha256Digest hmac_sha256(std::span<const std::uint8_t> key,
                                       std::span<const std::span<const std::uint8_t>> parts);
/// Whether two digests are equal; takes the same time for all.
[[nodiscard]] bool equal_digests(const Sha256Digest& a, const Sha256Digest& b);

/// GMAC with AES-128. A key must never be used for two messages of the same number.
class Gmac {
 public:
  using Tag = std::array<std::uint8_t, 16>;

  explicit Gmac(std::span<const std::uint8_t, 16> key);
  ~Gmac();
  Gmac(const Gmac&) = delete;
  Gmac& operator=(const Gmac&) = delete;

  [[nodiscard]] Tag tag(std::uint64_t number, std::span<const std::uint8_t> message);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wasmrt
