// Value, reference, heap and storage types (spec 3.0 §5.3).
#include "libwasmrt/frontend/type_reader.h"

namespace wasmrt {

namespace {

struct Abstract {
  HeapKind kind;
  Feature feature;  // that the shorthand or heap type came with
};

bool abstract_heap(std::uint8_t code, Abstract& out) {
  switch (code) {
    case 0x69: return out = {HeapKind::Exn, Feature::Exceptions}, true;
    case 0x6A: return out = {HeapKind::Array, Feature::Gc}, true;
    case 0x6B: return out = {HeapKind::Struct, Feature::Gc}, true;
    case 0x6C: return out = {HeapKind::I31, Feature::Gc}, true;
    case 0x6D: return out = {HeapKind::Eq, Feature::Gc}, true;
    case 0x6E: return out = {HeapKind::Any, Feature::Gc}, true;
    case 0x6F: return out = {HeapKind::Extern, Feature::ReferenceTypes}, true;
    case 0x70: return out = {HeapKind::Func, Feature::Mvp}, true;
    case 0x71: return out = {HeapKind::None, Feature::Gc}, true;
    case 0x72: return out = {HeapKind::NoExtern, Feature::Gc}, true;
    case 0x73: return out = {HeapKind::NoFunc, Feature::Gc}, true;
    case 0x74: return out = {HeapKind::NoExn, Feature::Exceptions}, true;
    default: return false;
  }
}

HeapKind concrete_kind(CompositeKind kind) {
  switch (kind) {
    case CompositeKind::Func: return HeapKind::ConcreteFunc;
    case CompositeKind::Struct: return HeapKind::ConcreteStruct;
    case CompositeKind::Array: return HeapKind::ConcreteArray;
  }
  return HeapKind::None0;
}

// Reads what follows 0x63 and 0x64, or an abstract shorthand.
bool read_ref(Reader& r, const TypeScope& scope, std::uint8_t code, std::size_t at, ValType& out,
              bool& is_ref) {
  const Features features = scope.module.features;
  is_ref = true;
  if (code == 0x63 || code == 0x64) {
    if (!require_feature(r, features, Feature::FunctionReferences, "typed reference", at))
      return false;
    HeapType heap;
    if (!read_heap_type(r, scope, heap)) return false;
    out = ValType::ref(heap, code == 0x63);
    return true;
  }
  Abstract abstract{};
  if (!abstract_heap(code, abstract)) return is_ref = false, true;
  if (!require_feature(r, features, abstract.feature, "reference type", at)) return false;
  out = ValType::ref(abstract.kind, true);
  return true;
}

}  // namespace

bool require_feature(Reader& r, Features features, Feature feature, std::string_view what,
                     std::size_t offset) {
  if (features.has(feature)) [[likely]]
    return true;
  return r.fail_feature(feature, std::string(what), offset);
}

bool read_heap_type(Reader& r, const TypeScope& scope, HeapType& out) {
  const std::size_t at = r.offset();
  std::uint8_t first = 0;
  Abstract abstract{};
  if (r.peek(first) && abstract_heap(first, abstract)) {
    r.u8(first);
    if (!require_feature(r, scope.module.features, abstract.feature, "heap type", at)) return false;
    out = {abstract.kind, 0};
    return true;
  }
  std::int64_t index = 0;
  if (!r.s33(index)) return false;
  if (index < 0) return r.fail_at(at, Err::MalformedHeapType);
  if (!require_feature(r, scope.module.features, Feature::FunctionReferences, "typed reference",
                       at)) {
    return false;
  }
  const auto i = static_cast<std::uint64_t>(index);
  if (i >= scope.rec_begin && i < scope.rec_end) {
    out = {HeapKind::ConcreteFunc, SubType::kRecBit | (i - scope.rec_begin)};
    return true;
  }
  if (i >= scope.module.types.size())
    return r.fail_at(at, Err::UnknownType, " " + std::to_string(i));
  const CanonType& type = *scope.module.types[static_cast<std::size_t>(i)];
  out = {concrete_kind(type.composite.kind), type.id};
  return true;
}

bool read_val_type(Reader& r, const TypeScope& scope, ValType& out) {
  const std::size_t at = r.offset();
  std::uint8_t code = 0;
  if (!r.u8(code)) return false;
  switch (code) {
    case 0x7F: return out = kI32, true;
    case 0x7E: return out = kI64, true;
    case 0x7D: return out = kF32, true;
    case 0x7C: return out = kF64, true;
    case 0x7B:
      out = kV128;
      return require_feature(r, scope.module.features, Feature::Simd, "v128", at);
    default: break;
  }
  bool is_ref = false;
  if (!read_ref(r, scope, code, at, out, is_ref)) return false;
  if (!is_ref) return r.fail_at(at, Err::MalformedValueType);
  if (code == 0x70 && !scope.module.features.has(Feature::ReferenceTypes)) {
    return r.fail_feature(Feature::ReferenceTypes, "funcref as a value type", at);
  }
  return true;
}

bool read_ref_type(Reader& r, const TypeScope& scope, ValType& out) {
  const std::size_t at = r.offset();
  std::uint8_t code = 0;
  if (!r.u8(code)) return false;
  bool is_ref = false;
  if (!read_ref(r, scope, code, at, out, is_ref)) return false;
  return is_ref || r.fail_at(at, Err::MalformedReferenceType);
}

bool read_storage_type(Reader& r, const TypeScope& scope, StorageType& out) {
  std::uint8_t code = 0;
  const std::size_t at = r.offset();
  if (r.peek(code) && (code == 0x78 || code == 0x77)) {
    r.u8(code);
    out = {kI32, code == 0x78 ? StorageType::Packed::I8 : StorageType::Packed::I16};
    return true;
  }
  out.packed = StorageType::Packed::No;
  if (read_val_type(r, scope, out.type)) return true;
  // The specification's tests name what was expected in this place.
  if (r.failure().err == Err::MalformedValueType) return r.fail_at(at, Err::MalformedStorageType);
  return false;
}

std::string type_text(const DecodedModule& module, ValType type) {
  if (!type.is_ref() || !type.heap().is_concrete()) return to_string(type);
  const auto it = module.type_index.find(type.heap().id);
  if (it == module.type_index.end()) return to_string(type);
  return (type.nullable() ? "(ref null " : "(ref ") + std::to_string(it->second) + ")";
}

std::string types_text(const DecodedModule& module, std::span<const ValType> types) {
  std::string text = "[";
  for (const ValType t : types) {
    if (text.size() > 1) text += ' ';
    text += type_text(module, t);
  }
  return text += ']';
}

}  // namespace wasmrt
