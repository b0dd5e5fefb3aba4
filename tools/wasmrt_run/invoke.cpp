// Arguments and results of --invoke as text.
#include "tools/wasmrt_run/invoke.h"

#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

namespace wasmrt::tools {

namespace {

/// An integer of `bits` bits: signed decimal, unsigned decimal, or hexadecimal; its two's
/// complement.
std::optional<std::uint64_t> parse_int(std::string_view text, unsigned bits) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  const std::uint64_t half = std::uint64_t{1} << (bits - 1);
  if (negative ? value > half : value > mask) return std::nullopt;
  return (negative ? ~value + 1 : value) & mask;
}

/// strtof and strtod round correctly and read all forms that are wanted here.
template <class Float>
std::optional<Float> parse_float(const std::string& text) {
  if (text.empty() || text[0] == ' ') return std::nullopt;
  char* end = nullptr;
  Float value;
  if constexpr (sizeof(Float) == 4) {
    value = std::strtof(text.c_str(), &end);
  } else {
    value = std::strtod(text.c_str(), &end);
  }
  if (*end != 0) return std::nullopt;
  return value;
}

/// One lane's bits: integers of its width, or a float.
std::optional<std::uint64_t> parse_lane(const std::string& text, char shape, unsigned bits) {
  if (shape == 'i') return parse_int(text, bits);
  if (bits == 32) {
    const auto value = parse_float<float>(text);
    if (!value) return std::nullopt;
    return std::bit_cast<std::uint32_t>(*value);
  }
  const auto value = parse_float<double>(text);
  if (!value) return std::nullopt;
  return std::bit_cast<std::uint64_t>(*value);
}

std::optional<V128> parse_hex_vector(std::string_view digits) {
  if (digits.size() != 32) return std::nullopt;
  std::uint64_t halves[2] = {};
  for (unsigned i = 0; i < 2; ++i) {
    const char* begin = digits.data() + 16 * i;
    const auto [end, error] = std::from_chars(begin, begin + 16, halves[i], 16);
    if (error != std::errc{} || end != begin + 16) return std::nullopt;
  }
  return V128::from_u64(halves[1], halves[0]);
}

std::optional<V128> parse_vector(const std::string& text) {
  if (text.starts_with("0x")) return parse_hex_vector(std::string_view(text).substr(2));
  struct Shape {
    std::string_view name;
    unsigned bits;
  };
  static constexpr Shape kShapes[] = {{"i8x16:", 8},  {"i16x8:", 16}, {"i32x4:", 32},
                                      {"i64x2:", 64}, {"f32x4:", 32}, {"f64x2:", 64}};
  for (const Shape& shape : kShapes) {
    if (!text.starts_with(shape.name)) continue;
    V128 v;
    std::size_t at = shape.name.size();
    const unsigned lanes = 128 / shape.bits;
    for (unsigned lane = 0; lane < lanes; ++lane) {
      const std::size_t comma = text.find(',', at);
      if ((comma == std::string::npos) != (lane + 1 == lanes)) return std::nullopt;
      const auto bits = parse_lane(text.substr(at, comma - at), shape.name[0], shape.bits);
      if (!bits) return std::nullopt;
      for (unsigned byte = 0; byte < shape.bits / 8; ++byte) {
        v.bytes[lane * shape.bits / 8 + byte] = static_cast<std::uint8_t>(*bits >> (8 * byte));
      }
      at = comma + 1;
    }
    return v;
  }
  return std::nullopt;
}

std::optional<Value> parse_value(ValType type, const std::string& word) {
  switch (type.kind()) {
    case ValKind::I32:
      if (const auto v = parse_int(word, 32)) return Value(static_cast<std::uint32_t>(*v));
      return std::nullopt;
    case ValKind::I64:
      if (const auto v = parse_int(word, 64)) return Value(*v);
      return std::nullopt;
    case ValKind::F32:
      if (const auto v = parse_float<float>(word)) return Value(*v);
      return std::nullopt;
    case ValKind::F64:
      if (const auto v = parse_float<double>(word)) return Value(*v);
      return std::nullopt;
    case ValKind::V128:
      if (const auto v = parse_vector(word)) return Value(*v);
      return std::nullopt;
    case ValKind::Ref:
      if (word == "null" && type.nullable()) return Value::null(type);
      return std::nullopt;
    case ValKind::Bottom: break;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<Value>> parse_arguments(const FuncType& type,
                                           std::span<const std::string> words) {
  if (words.size() != type.params.size()) {
    return Error(ErrorCode::InvalidArgument,
                 "the function has type " + to_string(type) + ": expected " +
                     std::to_string(type.params.size()) + " arguments, found " +
                     std::to_string(words.size()));
  }
  std::vector<Value> values;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::optional<Value> value = parse_value(type.params[i], words[i]);
    if (!value) {
      return Error(ErrorCode::InvalidArgument, "argument " + std::to_string(i + 1) + ": expected " +
                                                   to_string(type.params[i]) + ", found '" +
                                                   words[i] + "'");
    }
    values.push_back(*value);
  }
  return values;
}

std::string print_result(const Value& value) {
  if (value.type().is_ref()) return value.is_null() ? "null" : to_string(value);
  if (value.type().is_vec()) {
    char text[40];
    const V128 v = value.v128();
    std::snprintf(text, sizeof text, "0x%016llx%016llx", static_cast<unsigned long long>(v.half(1)),
                  static_cast<unsigned long long>(v.half(0)));
    return text;
  }
  return to_string(value);
}

}  // namespace wasmrt::tools
