// Values and error codes as text.
#include <wasmrt/value.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>

#include <wasmrt/result.hpp>

namespace wasmrt {

namespace {

std::string hex(std::uint64_t v) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(v));
  return text;
}

/// The shortest decimal that reads back as the same number; NaNs with their payload.
template <class Float, class Bits>
std::string float_text(Float v, Bits bits, int mantissa_bits) {
  const bool negative = (bits >> (sizeof(Bits) * 8 - 1)) != 0;
  if (std::isnan(v)) {
    const Bits payload = bits & ((Bits{1} << mantissa_bits) - 1);
    return std::string(negative ? "-" : "") + "nan:" + hex(payload);
  }
  if (std::isinf(v)) return negative ? "-inf" : "inf";
  char text[64];
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, v);
  return {text, end.ptr};
}

}  // namespace

std::string to_string(const Value& value) {
  switch (value.type().kind()) {
    case ValKind::Bottom: return "(no value)";
    case ValKind::I32: return std::to_string(value.i32());
    case ValKind::I64: return std::to_string(value.i64());
    case ValKind::F32:
      return float_text(value.f32(), std::bit_cast<std::uint32_t>(value.f32()), 23);
    case ValKind::F64:
      return float_text(value.f64(), std::bit_cast<std::uint64_t>(value.f64()), 52);
    case ValKind::V128: {
      const V128 v = value.v128();
      std::string text = "i32x4";
      for (unsigned i = 0; i < 4; ++i) {
        text += ' ' + hex((v.half(i / 2) >> (32 * (i % 2))) & 0xFFFFFFFFu);
      }
      return text;
    }
    case ValKind::Ref: break;
  }
  const std::string type = to_string(value.type());
  if (value.is_null()) return "null " + type;
  return type + " " + hex(value.ref().bits);
}

const char* error_code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidBinary: return "invalid-binary";
    case ErrorCode::Validation: return "validation";
    case ErrorCode::FeatureDisabled: return "feature-disabled";
    case ErrorCode::NotExecutable: return "not-executable";
    case ErrorCode::Text: return "text";
    case ErrorCode::Link: return "link";
    case ErrorCode::Instantiation: return "instantiation";
    case ErrorCode::InvalidArgument: return "invalid-argument";
    case ErrorCode::OutOfBounds: return "out-of-bounds";
    case ErrorCode::Limit: return "limit";
    case ErrorCode::Busy: return "busy";
    case ErrorCode::Closed: return "closed";
    case ErrorCode::Io: return "io";
    case ErrorCode::Trap: return "trap";
    case ErrorCode::Exit: return "exit";
    case ErrorCode::Internal: return "internal";
    case ErrorCode::CacheMiss: return "cache-miss";
  }
  return "unknown";
}

}  // namespace wasmrt
