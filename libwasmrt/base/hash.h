// SHA-256, for cache keys and content checks.
//
// Backed by OpenSSL's libcrypto, linked statically: only its compression function comes along, and
// only into programs that hash. Incremental; a finished hasher is not used again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace wasmrt {

using Sha256Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  /// Adds bytes to the message.
  void update(std::span<const std::uint8_t> bytes);
  /// The digest of everything added.
  [[nodiscard]] Sha256Digest finish();

 private:
  // Room for libcrypto's context; its size is checked in hash.cpp.
  alignas(8) std::byte state_[112];
};

/// The digest of one message.
[[nodiscard]] Sha256Digest sha256(std::span<const std::uint8_t> bytes);
/// Lower-case hexadecimal text of a digest.
[[nodiscard]] std::string to_hex(const Sha256Digest& digest);

}  // namespace wasmrt
