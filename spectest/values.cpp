// See values.h. NaN patterns as in the appendix of the specification's tests: canonical has only
// the top bit of the payload set, arithmetic at least that one, the sign is free.
#include "spectest/values.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace wasmrt::spectest {
namespace {

using text::NanPattern;
using text::ScriptValue;
using text::ValueKind;

bool float_matches(std::uint64_t found, std::uint64_t expected, NanPattern nan, unsigned bits) {
  if (nan == NanPattern::None) return found == expected;
  const std::uint64_t quiet = std::uint64_t{1} << (bits == 32 ? 22 : 51);
  const std::uint64_t exponent = bits == 32 ? 0x7f800000u : 0x7ff0000000000000u;
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  if (nan == NanPattern::Canonical) return (found & ~sign) == (exponent | quiet);
  return (found & (exponent | quiet)) == (exponent | quiet);
}

bool vector_matches(const V128& found, const ScriptValue& expected) {
  if (!expected.float_lanes) {
    return std::equal(expected.bytes.begin(), expected.bytes.end(), found.bytes);
  }
  const std::size_t size = expected.lane_bits / 8u;
  for (std::size_t lane = 0; lane < 16 / size; ++lane) {
    std::uint64_t is = 0;
    std::uint64_t wanted = 0;
    for (std::size_t i = 0; i < size; ++i) {
      is |= std::uint64_t{found.bytes[lane * size + i]} << (8 * i);
      wanted |= std::uint64_t{expected.bytes[lane * size + i]} << (8 * i);
    }
    if (!float_matches(is, wanted, expected.lane_nans[lane], expected.lane_bits)) return false;
  }
  return true;
}

// The abstract type a heap keyword names.
std::optional<HeapKind> heap_kind(std::string_view keyword) {
  constexpr struct {
    std::string_view keyword;
    HeapKind kind;
  } kKinds[] = {
      {"any", HeapKind::Any},           {"eq", HeapKind::Eq},         {"i31", HeapKind::I31},
      {"struct", HeapKind::Struct},     {"array", HeapKind::Array},   {"none", HeapKind::None},
      {"func", HeapKind::Func},         {"nofunc", HeapKind::NoFunc}, {"extern", HeapKind::Extern},
      {"noextern", HeapKind::NoExtern}, {"exn", HeapKind::Exn},       {"noexn", HeapKind::NoExn}};
  const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const auto& k) { return k.keyword == keyword; });
  if (found == std::end(kKinds)) return std::nullopt;
  return found->kind;
}

// The three hierarchies of references and exceptions, by their top types.
HeapKind top(HeapKind kind) {
  switch (kind) {
    case HeapKind::Func:
    case HeapKind::NoFunc:
    case HeapKind::ConcreteFunc: return HeapKind::Func;
    case HeapKind::Extern:
    case HeapKind::NoExtern: return HeapKind::Extern;
    case HeapKind::Exn:
    case HeapKind::NoExn: return HeapKind::Exn;
    default: return HeapKind::Any;
  }
}

bool reference_matches(const Value& found, const ScriptValue& expected, HostRefs& refs) {
  if (!found.type().is_ref()) return false;
  const HeapKind kind = found.type().heap().kind;
  if (expected.kind == ValueKind::RefNull) {
    const auto named = heap_kind(expected.heap);
    return found.is_null() && (!named || top(*named) == top(kind));
  }
  if (found.is_null()) return false;
  switch (expected.kind) {
    case ValueKind::RefExtern:
      if (top(kind) != HeapKind::Extern) return false;
      break;
    case ValueKind::RefFunc: return top(kind) == HeapKind::Func;
    case ValueKind::RefExn: return top(kind) == HeapKind::Exn;
    default:
      if (top(kind) != HeapKind::Any) return false;
      break;
  }
  if (!expected.has_bits) return true;
  return found.ref() == refs.get(expected.bits).to_value().ref();
}

}  // namespace

const ExternRef& HostRefs::get(std::uint64_t number) {
  const auto found = refs_.find(number);
  if (found != refs_.end()) return found->second;
  return refs_.emplace(number, ExternRef::create(store_, nullptr)).first->second;
}

std::optional<Value> to_value(const ScriptValue& arg, HostRefs& refs) {
  switch (arg.kind) {
    case ValueKind::I32: return Value(static_cast<std::uint32_t>(arg.bits));
    case ValueKind::I64: return Value(arg.bits);
    case ValueKind::F32: return Value::from_slots(kF32, &arg.bits);
    case ValueKind::F64: return Value::from_slots(kF64, &arg.bits);
    case ValueKind::V128: {
      V128 v;
      std::copy(arg.bytes.begin(), arg.bytes.end(), v.bytes);
      return Value(v);
    }
    case ValueKind::RefNull: {
      const auto kind = heap_kind(arg.heap);
      if (!kind) return std::nullopt;
      return Value::null(ValType::ref(*kind, true));
    }
    case ValueKind::RefExtern: return refs.get(arg.bits).to_value();
    case ValueKind::RefHost:
      // The same object on the internal side of the border.
      return Value(ValType::ref(HeapKind::Any, false), refs.get(arg.bits).to_value().ref());
    default: return std::nullopt;
  }
}

bool matches(const Value& found, const ScriptValue& expected, HostRefs& refs) {
  std::uint64_t slots[2] = {};
  switch (expected.kind) {
    case ValueKind::I32:
      return found.type() == kI32 && static_cast<std::uint32_t>(found.i32()) == expected.bits;
    case ValueKind::I64:
      return found.type() == kI64 && static_cast<std::uint64_t>(found.i64()) == expected.bits;
    case ValueKind::F32:
      found.to_slots(slots);
      return found.type() == kF32 && float_matches(slots[0], expected.bits, expected.nan, 32);
    case ValueKind::F64:
      found.to_slots(slots);
      return found.type() == kF64 && float_matches(slots[0], expected.bits, expected.nan, 64);
    case ValueKind::V128: return found.type() == kV128 && vector_matches(found.v128(), expected);
    case ValueKind::Either:
      return std::any_of(expected.choices.begin(), expected.choices.end(),
                         [&](const ScriptValue& choice) { return matches(found, choice, refs); });
    default: return reference_matches(found, expected, refs);
  }
}

std::string to_string(const ScriptValue& v) {
  auto hex = [](const char* type, std::uint64_t bits) {
    char buffer[48];
    std::snprintf(buffer, sizeof buffer, "%s 0x%llx", type, static_cast<unsigned long long>(bits));
    return std::string(buffer);
  };
  auto floating = [&](const char* type) {
    if (v.nan == NanPattern::Canonical) return std::string(type) + " nan:canonical";
    if (v.nan == NanPattern::Arithmetic) return std::string(type) + " nan:arithmetic";
    return hex(type, v.bits);
  };
  switch (v.kind) {
    case ValueKind::I32: return hex("i32", v.bits);
    case ValueKind::I64: return hex("i64", v.bits);
    case ValueKind::F32: return floating("f32");
    case ValueKind::F64: return floating("f64");
    case ValueKind::V128: {
      std::string out = "v128";
      for (std::uint8_t b : v.bytes) {
        char buffer[4];
        std::snprintf(buffer, sizeof buffer, " %02x", static_cast<unsigned>(b));
        out += buffer;
      }
      return out;
    }
    case ValueKind::RefNull: return "(ref.null " + v.heap + ")";
    case ValueKind::Either: {
      std::string out = "either";
      for (const ScriptValue& choice : v.choices) out += " (" + to_string(choice) + ")";
      return out;
    }
    case ValueKind::RefExtern: return "(ref.extern)";
    case ValueKind::RefHost: return "(ref.host)";
    case ValueKind::RefFunc: return "(ref.func)";
    case ValueKind::RefAny: return "(ref.any)";
    case ValueKind::RefEq: return "(ref.eq)";
    case ValueKind::RefI31: return "(ref.i31)";
    case ValueKind::RefStruct: return "(ref.struct)";
    case ValueKind::RefArray: return "(ref.array)";
    case ValueKind::RefExn: return "(ref.exn)";
  }
  return {};
}

}  // namespace wasmrt::spectest
