// Bytes: read-only views, a growing buffer, and little-endian access.
//
// In: memory the caller owns (ByteSpan) or bytes to append (ByteBuffer). Everything is
// little-endian as in the Wasm binary, whatever the host; unaligned addresses are fine. Nothing
// here checks bounds: the reader does (frontend/reader.h).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace wasmrt {

using ByteSpan = std::span<const std::uint8_t>;
using MutableByteSpan = std::span<std::uint8_t>;

/// The bytes of a text.
inline ByteSpan bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Bytes seen as text.
inline std::string_view text_of(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

namespace bytes_detail {

template <class U>
constexpr U swap_bytes(U value) {
  U result = 0;
  for (std::size_t i = 0; i < sizeof(U); ++i) {
    result = static_cast<U>(result | static_cast<U>((value >> (8 * i)) & 0xFF)
                                         << (8 * (sizeof(U) - 1 - i)));
  }
  return result;
}

template <class U>
constexpr U little_endian(U value) {
  if constexpr (std::endian::native == std::endian::big) return swap_bytes(value);
  return value;
}

}  // namespace bytes_detail

/// Reads an unsigned integer at any address.
template <class U>
inline U load_le(const void* at) {
  static_assert(std::is_unsigned_v<U>);
  U value;
  std::memcpy(&value, at, sizeof value);
  return bytes_detail::little_endian(value);
}

/// Writes an unsigned integer at any address.
template <class U>
inline void store_le(void* at, U value) {
  static_assert(std::is_unsigned_v<U>);
  value = bytes_detail::little_endian(value);
  std::memcpy(at, &value, sizeof value);
}

/// A growing sequence of bytes with the writers that encoders need.
class ByteBuffer {
 public:
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] const std::uint8_t* data() const { return bytes_.data(); }
  [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }
  [[nodiscard]] ByteSpan span() const { return bytes_; }
  /// Moves the bytes out; the buffer is empty afterwards.
  [[nodiscard]] std::vector<std::uint8_t> take() { return std::exchange(bytes_, {}); }

  void reserve(std::size_t size) { bytes_.reserve(size); }
  void clear() { bytes_.clear(); }
  /// Drops everything from `size` on. `size` is at most size().
  void truncate(std::size_t size) { bytes_.resize(size); }

  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value) { fixed(value); }
  void u32(std::uint32_t value) { fixed(value); }
  void u64(std::uint64_t value) { fixed(value); }

  void append(ByteSpan bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void append(std::string_view text) { append(bytes_of(text)); }
  void zeros(std::size_t count) { bytes_.resize(bytes_.size() + count); }

  /// Unsigned LEB128, shortest form.
  void leb_u64(std::uint64_t value) {
    while (value >= 0x80) {
      u8(static_cast<std::uint8_t>(value | 0x80));
      value >>= 7;
    }
    u8(static_cast<std::uint8_t>(value));
  }
  void leb_u32(std::uint32_t value) { leb_u64(value); }

  /// Signed LEB128, shortest form.
  void leb_s64(std::int64_t value) {
    for (;;) {
      const auto low = static_cast<std::uint8_t>(value & 0x7F);
      value >>= 7;
      if (value == ((low & 0x40) != 0 ? -1 : 0)) return u8(low);
      u8(low | 0x80);
    }
  }
  void leb_s32(std::int32_t value) { leb_s64(value); }

  /// Room for a u32 that is known later, and its value: a LEB128 padded to 5 bytes.
  [[nodiscard]] std::size_t reserve_leb_u32() {
    const std::size_t at = size();
    zeros(5);
    patch_leb_u32(at, 0);
    return at;
  }
  void patch_leb_u32(std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 5; ++i) {
      bytes_[at + i] = static_cast<std::uint8_t>((value & 0x7F) | (i < 4 ? 0x80 : 0));
      value >>= 7;
    }
  }

 private:
  template <class U>
  void fixed(U value) {
    std::uint8_t bytes[sizeof(U)];
    store_le(bytes, value);
    append(ByteSpan(bytes));
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace wasmrt
