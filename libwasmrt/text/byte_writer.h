// A growing buffer of bytes with the encodings of the binary format. Owns its bytes; never fails.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace wasmrt::text {

class ByteWriter {
 public:
  void byte(unsigned value) { bytes_.push_back(static_cast<std::uint8_t>(value)); }
  void u(std::uint64_t value) {
    while (value >= 0x80) {
      byte(static_cast<unsigned>(value & 0x7f) | 0x80);
      value >>= 7;
    }
    byte(static_cast<unsigned>(value));
  }
  void s(std::int64_t value) {
    while (value < -0x40 || value >= 0x40) {
      byte(static_cast<unsigned>(value & 0x7f) | 0x80);
      value >>= 7;
    }
    byte(static_cast<unsigned>(value & 0x7f));
  }
  void little_endian(std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) byte(static_cast<unsigned>(value >> (8 * i) & 0xff));
  }
  void raw(std::string_view s) { bytes_.insert(bytes_.end(), s.begin(), s.end()); }
  void name(std::string_view s) {
    u(s.size());
    raw(s);
  }
  void append(const ByteWriter& other) { raw(other.view()); }
  /// Another buffer, preceded by its size.
  void sized(const ByteWriter& other) { name(other.view()); }
  void truncate(std::size_t size) { bytes_.resize(size); }
  void clear() { bytes_.clear(); }

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::string_view view(std::size_t from = 0) const {
    if (bytes_.empty()) return {};
    return {reinterpret_cast<const char*>(bytes_.data()) + from, bytes_.size() - from};
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace wasmrt::text
