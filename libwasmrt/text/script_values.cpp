// See script_values.h.
#include "libwasmrt/text/script_values.h"

#include "libwasmrt/text/number.h"

namespace wasmrt::text {
namespace {

bool at_number(const Cursor& in) {
  return in.kind() == TokenKind::Nat || in.kind() == TokenKind::Int ||
         in.kind() == TokenKind::Float;
}

// A number of `bits` bits, or where patterns are allowed a kind of NaN.
std::uint64_t number(Cursor& in, unsigned bits, bool is_float, bool pattern, NanPattern& nan) {
  if (is_float && pattern && in.take_keyword("nan:canonical")) {
    nan = NanPattern::Canonical;
    return 0;
  }
  if (is_float && pattern && in.take_keyword("nan:arithmetic")) {
    nan = NanPattern::Arithmetic;
    return 0;
  }
  if (!at_number(in) || (!is_float && in.kind() == TokenKind::Float)) {
    in.unexpected();
    return 0;
  }
  std::optional<std::uint64_t> value;
  if (!is_float) {
    value = parse_int(in.text(), bits);
  } else if (bits == 32) {
    value = parse_f32(in.text());
  } else {
    value = parse_f64(in.text());
  }
  if (!value) {
    in.fail(Err::ConstantOutOfRange, in.text());
    return 0;
  }
  in.skip();
  return *value;
}

void vector_lanes(Cursor& in, bool pattern, ScriptValue& v) {
  constexpr struct {
    std::string_view keyword;
    std::uint8_t bits;
    bool is_float;
  } kShapes[] = {{"i8x16", 8, false},  {"i16x8", 16, false}, {"i32x4", 32, false},
                 {"i64x2", 64, false}, {"f32x4", 32, true},  {"f64x2", 64, true}};
  for (const auto& shape : kShapes) {
    if (!in.take_keyword(shape.keyword)) continue;
    v.lane_bits = shape.bits;
    v.float_lanes = shape.is_float;
    const std::size_t size = shape.bits / 8;
    for (std::size_t lane = 0; lane < 16 / size; ++lane) {
      NanPattern nan = NanPattern::None;
      const std::uint64_t bits = number(in, shape.bits, shape.is_float, pattern, nan);
      if (shape.is_float) v.lane_nans[lane] = nan;
      for (std::size_t i = 0; i < size; ++i) {
        v.bytes[lane * size + i] = static_cast<std::uint8_t>(bits >> (8 * i));
      }
    }
    return;
  }
  in.unexpected();
}

struct RefForm {
  std::string_view keyword;
  ValueKind kind;
};
constexpr RefForm kRefs[] = {
    {"ref.extern", ValueKind::RefExtern}, {"ref.host", ValueKind::RefHost},
    {"ref.func", ValueKind::RefFunc},     {"ref.any", ValueKind::RefAny},
    {"ref.eq", ValueKind::RefEq},         {"ref.i31", ValueKind::RefI31},
    {"ref.struct", ValueKind::RefStruct}, {"ref.array", ValueKind::RefArray},
    {"ref.exn", ValueKind::RefExn}};

void reference(Cursor& in, ScriptValue& v) {
  for (const RefForm& r : kRefs) {
    if (!in.take_open(r.keyword)) continue;
    v.kind = r.kind;
    v.has_bits = in.kind() == TokenKind::Nat;
    if (v.has_bits) v.bits = in.nat64();
    return;
  }
  in.unexpected_in_open();
}

}  // namespace

ScriptValue script_value(Cursor& in, bool pattern) {
  ScriptValue v;
  if (in.take_open("i32.const")) {
    v.bits = number(in, 32, false, pattern, v.nan);
  } else if (in.take_open("i64.const")) {
    v.kind = ValueKind::I64;
    v.bits = number(in, 64, false, pattern, v.nan);
  } else if (in.take_open("f32.const")) {
    v.kind = ValueKind::F32;
    v.bits = number(in, 32, true, pattern, v.nan);
  } else if (in.take_open("f64.const")) {
    v.kind = ValueKind::F64;
    v.bits = number(in, 64, true, pattern, v.nan);
  } else if (in.take_open("v128.const")) {
    v.kind = ValueKind::V128;
    vector_lanes(in, pattern, v);
  } else if (in.take_open("ref.null")) {
    v.kind = ValueKind::RefNull;
    if (in.kind() == TokenKind::Keyword) {
      v.heap = in.text();
      in.skip();
    }
  } else if (pattern && in.take_open("either")) {
    v.kind = ValueKind::Either;
    while (in.kind() == TokenKind::LParen && !in.at_open("either")) {
      v.choices.push_back(script_value(in, true));
    }
  } else {
    reference(in, v);
  }
  in.expect_close();
  return v;
}

}  // namespace wasmrt::text
