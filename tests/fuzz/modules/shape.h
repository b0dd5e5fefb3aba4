// What a generated module declares, and the string of bytes that decides everything about it.
//
// In: any bytes. Out: choices; when the bytes are used up every choice is the first one, which each
// generator makes its simplest, so that every input ends. Value types are letters: i I f F v as in
// opcodes.def, and r for funcref.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace wasmrt::fuzz {

/// The bytes that decide.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  /// A number below `n`; 0 when the bytes are used up.
  std::uint32_t below(std::uint32_t n) {
    if (n <= 1) return 0;
    std::uint32_t value = byte();
    if (n > 256) value |= static_cast<std::uint32_t>(byte()) << 8;
    return value % n;
  }
  /// True once in `n` times; false when the bytes are used up.
  bool one_in(std::uint32_t n) { return below(n) == n - 1; }
  std::uint64_t bits(unsigned bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{byte()} << (8 * i);
    return value;
  }
  [[nodiscard]] bool done() const { return at_ >= bytes_.size(); }

 private:
  std::uint8_t byte() { return at_ < bytes_.size() ? bytes_[at_++] : std::uint8_t{0}; }
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

struct Signature {
  std::string params;
  std::string results;
};

struct Shape {
  std::vector<Signature> types;          ///< Of functions first; bodies add those of blocks.
  std::vector<std::uint32_t> functions;  ///< Types, imports first.
  std::uint32_t imported = 0;
  std::string globals;   ///< All mutable but the last one. 0: fuel, i32.
  std::string memories;  ///< Address types.
  std::uint32_t memory_pages = 1;
  std::string tables;                               ///< Address types; all of funcref.
  std::vector<std::uint32_t> elements;              ///< Functions: segment 0, from 0 in table 0.
  static constexpr std::uint32_t kTableSize = 12;   ///< Elements of a table at first.
  static constexpr std::uint32_t kDataBytes = 256;  ///< Of each of the two data segments.
  static constexpr std::uint32_t kFuel = 300;       ///< Calls and free loop rounds.

  /// Index of a type; added when it is new.
  std::uint32_t type(const Signature& signature) {
    for (std::uint32_t n = 0; n < types.size(); ++n) {
      if (types[n].params == signature.params && types[n].results == signature.results) return n;
    }
    types.push_back(signature);
    return static_cast<std::uint32_t>(types.size() - 1);
  }
};

/// The letter's value type in the binary.
constexpr unsigned type_byte(char type) {
  switch (type) {
    case 'i': return 0x7F;
    case 'I': return 0x7E;
    case 'f': return 0x7D;
    case 'F': return 0x7C;
    case 'v': return 0x7B;
    default: return 0x70;
  }
}

}  // namespace wasmrt::fuzz
