// Values that cross the border between host and guest.
//
// A Value knows its type. In raw calls values travel as 64-bit slots instead: i32 zero-extended,
// f32 as its bits zero-extended, f64 as its bits, references as an opaque word (0 is null), and a
// v128 in two slots, low half first.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include <wasmrt/types.hpp>

namespace wasmrt {

/// A 128-bit vector: 16 bytes in memory order, whatever the lane shape.
struct alignas(16) V128 {
  std::uint8_t bytes[16] = {};

  /// Builds a vector from its two 64-bit halves, low half first.
  static constexpr V128 from_u64(std::uint64_t lo, std::uint64_t hi) {
    V128 v;
    for (unsigned i = 0; i < 8; ++i) {
      v.bytes[i] = static_cast<std::uint8_t>(lo >> (8 * i));
      v.bytes[8 + i] = static_cast<std::uint8_t>(hi >> (8 * i));
    }
    return v;
  }
  [[nodiscard]] constexpr std::uint64_t half(unsigned which) const {
    std::uint64_t r = 0;
    for (unsigned i = 0; i < 8; ++i) r |= std::uint64_t{bytes[8 * which + i]} << (8 * i);
    return r;
  }
  friend constexpr bool operator==(const V128&, const V128&) = default;
};

/// A reference as the guest holds it: one opaque word, 0 for null. What it means depends on the
/// type beside it; for functions use Func, for host objects ExternRef.
struct RawRef {
  std::uint64_t bits = 0;
  friend constexpr bool operator==(RawRef, RawRef) = default;
};

/// A typed value. Trivially copyable. A reference inside does not keep its referent alive: the
/// Store that made it does.
class Value {
 public:
  Value() : Value(std::int32_t{0}) {}
  Value(std::int32_t v) : type_(kI32) { set(static_cast<std::uint32_t>(v), 0); }
  Value(std::uint32_t v) : type_(kI32) { set(v, 0); }
  Value(std::int64_t v) : type_(kI64) { set(static_cast<std::uint64_t>(v), 0); }
  Value(std::uint64_t v) : type_(kI64) { set(v, 0); }
  Value(float v) : type_(kF32) { set(std::bit_cast<std::uint32_t>(v), 0); }
  Value(double v) : type_(kF64) { set(std::bit_cast<std::uint64_t>(v), 0); }
  Value(const V128& v) : type_(kV128) { set(v.half(0), v.half(1)); }
  Value(ValType type, RawRef ref) : type_(type) { set(ref.bits, 0); }

  /// A null reference of a type.
  static Value null(ValType type) { return {type, RawRef{0}}; }
  /// The value of a type that is held in one or two slots.
  static Value from_slots(ValType type, const std::uint64_t* slots) {
    Value v;
    v.type_ = type;
    v.set(slots[0], type.is_vec() ? slots[1] : 0);
    return v;
  }
  /// Writes the value to type().slots() slots.
  void to_slots(std::uint64_t* slots) const {
    slots[0] = slot_[0];
    if (type_.is_vec()) slots[1] = slot_[1];
  }

  [[nodiscard]] ValType type() const { return type_; }
  // The readers below give the bits as that type; ask type() first.
  [[nodiscard]] std::int32_t i32() const { return static_cast<std::int32_t>(slot_[0]); }
  [[nodiscard]] std::int64_t i64() const { return static_cast<std::int64_t>(slot_[0]); }
  [[nodiscard]] float f32() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(slot_[0]));
  }
  [[nodiscard]] double f64() const { return std::bit_cast<double>(slot_[0]); }
  [[nodiscard]] V128 v128() const { return V128::from_u64(slot_[0], slot_[1]); }
  [[nodiscard]] RawRef ref() const { return {slot_[0]}; }
  [[nodiscard]] bool is_null() const { return type_.is_ref() && slot_[0] == 0; }

 private:
  void set(std::uint64_t lo, std::uint64_t hi) {
    slot_[0] = lo;
    slot_[1] = hi;
  }
  ValType type_;
  std::uint64_t slot_[2] = {};
};

/// The value as text: "42", "0x1.8p+0" never - decimal that reads back exactly, "nan:0x...",
/// "(ref.null func)".
WASMRT_API std::string to_string(const Value& value);

}  // namespace wasmrt
