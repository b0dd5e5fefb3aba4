// Code written as bytes: functions too large to go through text.
//
// In: instructions in the order of execution. Out: a module of (i32, i32) -> i32 functions with
// that body, the first exported as "f".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libwasmrt/base/bytes.h"

namespace wasmrt::test {

inline constexpr std::uint8_t kBlock = 0x02, kLoop = 0x03, kIf = 0x04, kElse = 0x05, kEnd = 0x0B,
                              kBr = 0x0C;
inline constexpr std::uint8_t kEqz = 0x45, kEq = 0x46;
inline constexpr std::uint8_t kAdd = 0x6A, kSub = 0x6B, kMul = 0x6C, kAnd = 0x71, kXor = 0x73;

/// Instructions, appended one after the other.
struct Code {
  ByteBuffer out;
  Code& op(std::uint8_t byte) { return out.u8(byte), *this; }
  Code& get(std::uint32_t local) { return out.u8(0x20), out.leb_u32(local), *this; }
  Code& set(std::uint32_t local) { return out.u8(0x21), out.leb_u32(local), *this; }
  Code& number(std::int32_t value) { return out.u8(0x41), out.leb_s32(value), *this; }
  Code& br(std::uint32_t depth) { return out.u8(kBr), out.leb_u32(depth), *this; }
  Code& br_if(std::uint32_t depth) { return out.u8(0x0D), out.leb_u32(depth), *this; }
  Code& open(std::uint8_t construct) { return out.u8(construct), out.u8(0x40), *this; }
};

/// `functions` times that body, with so many i32 locals beside the parameters.
inline std::vector<std::uint8_t> binary_of(const Code& code, std::uint32_t locals,
                                           std::uint32_t functions = 1) {
  ByteBuffer m;
  const auto section = [&m](std::uint8_t id, const ByteBuffer& content) {
    m.u8(id);
    m.leb_u32(static_cast<std::uint32_t>(content.size()));
    m.append(content.span());
  };
  m.append(std::string_view("\0asm\1\0\0\0", 8));
  ByteBuffer types;
  types.append(std::string_view("\x01\x60\x02\x7F\x7F\x01\x7F", 7));
  section(1, types);
  ByteBuffer declared;
  declared.leb_u32(functions);
  declared.zeros(functions);
  section(3, declared);
  ByteBuffer exports;
  exports.append(std::string_view("\x01\x01\x66\x00\x00", 5));
  section(7, exports);
  ByteBuffer body;
  body.u8(1);
  body.leb_u32(locals);
  body.u8(0x7F);
  body.append(code.out.span());
  body.u8(kEnd);
  ByteBuffer bodies;
  bodies.leb_u32(functions);
  for (std::uint32_t n = 0; n < functions; ++n) {
    bodies.leb_u32(static_cast<std::uint32_t>(body.size()));
    bodies.append(body.span());
  }
  section(10, bodies);
  return {m.span().begin(), m.span().end()};
}

}  // namespace wasmrt::test
