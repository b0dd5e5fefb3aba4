// The type section: rec groups, made canonical one after the other, and the rules of subtyping.
#include "libwasmrt/frontend/module_decoder.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

namespace {

HeapKind kind_of(CompositeKind kind) {
  switch (kind) {
    case CompositeKind::Func: return HeapKind::ConcreteFunc;
    case CompositeKind::Struct: return HeapKind::ConcreteStruct;
    case CompositeKind::Array: return HeapKind::ConcreteArray;
  }
  return HeapKind::None0;
}

// A reference into the group was read before the shape of its target was known.
void patch(ValType& t, std::span<const SubType> group) {
  if (!t.is_ref() || !t.heap().is_concrete() || (t.heap().id & SubType::kRecBit) == 0) return;
  const std::uint64_t target = t.heap().id & ~SubType::kRecBit;
  t = ValType::ref({kind_of(group[target].composite.kind), t.heap().id}, t.nullable());
}

bool field_matches(const TypeSource& types, const FieldType& sub, const FieldType& super) {
  if (sub.is_mutable != super.is_mutable || sub.storage.packed != super.storage.packed)
    return false;
  if (sub.is_mutable) return sub.storage.type == super.storage.type;
  return matches(types, sub.storage.type, super.storage.type);
}

bool all_match(const TypeSource& types, std::span<const ValType> sub,
               std::span<const ValType> super) {
  if (sub.size() != super.size()) return false;
  for (std::size_t i = 0; i < sub.size(); ++i) {
    if (!matches(types, sub[i], super[i])) return false;
  }
  return true;
}

bool composite_matches(const TypeSource& types, const CompositeType& sub,
                       const CompositeType& super) {
  if (sub.kind != super.kind) return false;
  if (sub.kind == CompositeKind::Func) {
    return all_match(types, super.func.params, sub.func.params) &&
           all_match(types, sub.func.results, super.func.results);
  }
  if (sub.fields.size() < super.fields.size()) return false;
  for (std::size_t i = 0; i < super.fields.size(); ++i) {
    if (!field_matches(types, sub.fields[i], super.fields[i])) return false;
  }
  return true;
}

}  // namespace

bool ModuleDecoder::section_types() {
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (count > kMaxTypes) return r_.fail(Err::LimitTypes);
  module_.types.reserve(r_.plausible(count, 3));
  module_.type_ids.reserve(r_.plausible(count, 3));
  module_.groups.reserve(r_.plausible(count, 3));
  for (; count != 0; --count) {
    std::uint8_t form = 0;
    const std::size_t at = r_.offset();
    if (!r_.peek(form)) return r_.u8(form);
    const bool is_group = form == 0x4E;
    if (is_group) {
      r_.u8(form);
      if (!feature(Feature::Gc, "malformed definition type: recursive types", at)) return false;
    }
    if (!rec_group(is_group)) return false;
  }
  return true;
}

bool ModuleDecoder::rec_group(bool explicit_group) {
  const auto begin = static_cast<std::uint32_t>(module_.types.size());
  const std::size_t at = r_.offset();
  std::uint32_t count = 1;
  if (explicit_group && !r_.u32(count)) return false;
  if (std::uint64_t{begin} + count > kMaxTypes) return r_.fail_at(at, Err::LimitTypes);
  TypeScope scope{module_};
  // Without GC a type cannot name itself.
  const bool recursive = module_.features.has(Feature::Gc);
  scope.rec_begin = begin;
  scope.rec_end = recursive ? begin + count : begin;

  std::vector<SubType> group;
  std::vector<std::uint8_t> depths;
  std::vector<std::size_t> offsets;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t start = r_.offset();
    SubType& t = group.emplace_back();
    offsets.push_back(start);
    depths.push_back(0);
    if (!sub_type(scope, t)) return false;
    if (t.super == 0) continue;
    // Only what stands before may be extended, so depths are known in order.
    std::size_t depth = 0;
    if ((t.super & SubType::kRecBit) != 0) {
      const std::uint64_t super = t.super & ~SubType::kRecBit;
      if (super >= i)
        return r_.fail_at(start, Err::UnknownType, " " + std::to_string(begin + super));
      depth = std::size_t{depths[super]} + 1;
    } else {
      depth = module_.type_by_id(t.super).display.size();
    }
    if (depth > kMaxSubtypeDepth) return r_.fail_at(start, Err::LimitSubtypeDepth);
    depths[i] = static_cast<std::uint8_t>(depth);
  }
  for (SubType& t : group) {
    for (ValType& v : t.composite.func.params) patch(v, group);
    for (ValType& v : t.composite.func.results) patch(v, group);
    for (FieldType& f : t.composite.fields) patch(f.storage.type, group);
  }

  RecGroupRef ref = options_.interner->intern(group);
  for (const CanonType* type : ref.types()) {
    module_.type_index.emplace(type->id, static_cast<std::uint32_t>(module_.types.size()));
    module_.types.push_back(type);
    module_.type_ids.push_back(type->id);
  }
  module_.groups.push_back(std::move(ref));
  for (std::uint32_t i = 0; i < count; ++i) {
    if (group[i].super != 0 && !check_super(begin + i)) {
      return r_.fail_at(
          offsets[i], Err::SubType,
          " " + std::to_string(begin + i) + " does not match super type " +
              std::to_string(module_.type_index.find(module_.types[begin + i]->super->id)->second));
    }
  }
  return true;
}

bool ModuleDecoder::sub_type(const TypeScope& scope, SubType& out) {
  std::size_t at = r_.offset();
  std::uint8_t form = 0;
  if (!r_.u8(form)) return false;
  if (form == 0x50 || form == 0x4F) {
    if (!feature(Feature::Gc, "malformed definition type: sub types", at)) return false;
    out.is_final = form == 0x4F;
    std::uint32_t supers = 0;
    const std::size_t supers_at = r_.offset();
    if (!r_.u32(supers)) return false;
    if (supers > 1) return r_.fail_at(supers_at, Err::SubType, ": more than one super type");
    if (supers == 1) {
      std::uint32_t index = 0;
      const std::size_t index_at = r_.offset();
      if (!r_.u32(index)) return false;
      if (index >= scope.rec_begin && index < scope.rec_end) {
        out.super = SubType::kRecBit | (index - scope.rec_begin);
      } else if (index < module_.types.size()) {
        out.super = module_.types[index]->id;
      } else {
        return r_.fail_at(index_at, Err::UnknownType, " " + std::to_string(index));
      }
    }
    at = r_.offset();
    if (!r_.u8(form)) return false;
  }
  return composite(scope, form, at, out.composite);
}

bool ModuleDecoder::composite(const TypeScope& scope, std::uint8_t form, std::size_t at,
                              CompositeType& out) {
  switch (form) {
    case 0x60:
      out.kind = CompositeKind::Func;
      if (!val_types(scope, out.func.params, kMaxParams, Err::LimitParams)) return false;
      {
        const std::size_t results_at = r_.offset();
        if (!val_types(scope, out.func.results, kMaxResults, Err::LimitResults)) return false;
        return out.func.results.size() <= 1 ||
               feature(Feature::MultiValue, "invalid result arity", results_at);
      }
    case 0x5F: {
      if (!feature(Feature::Gc, "malformed definition type: struct", at)) return false;
      out.kind = CompositeKind::Struct;
      std::uint32_t count = 0;
      const std::size_t count_at = r_.offset();
      if (!r_.u32(count)) return false;
      if (count > kMaxStructFields) return r_.fail_at(count_at, Err::LimitFields);
      for (; count != 0; --count) {
        if (!field(scope, out.fields.emplace_back())) return false;
      }
      return true;
    }
    case 0x5E:
      if (!feature(Feature::Gc, "malformed definition type: array", at)) return false;
      out.kind = CompositeKind::Array;
      out.fields.resize(1);
      return field(scope, out.fields[0]);
    default:
      // The form was a LEB128 once; the tests know an overlong one by that.
      if (form >= 0x80)
        return r_.fail_at(at, Err::IntegerRepresentationTooLong, ": malformed definition type");
      return r_.fail_at(at, Err::MalformedDefinitionType);
  }
}

bool ModuleDecoder::val_types(const TypeScope& scope, std::vector<ValType>& out,
                              std::uint32_t limit, Err err) {
  const std::size_t at = r_.offset();
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (count > limit) return r_.fail_at(at, err);
  out.reserve(r_.plausible(count));
  for (; count != 0; --count) {
    if (!read_val_type(r_, scope, out.emplace_back())) return false;
  }
  return true;
}

bool ModuleDecoder::field(const TypeScope& scope, FieldType& out) {
  if (!read_storage_type(r_, scope, out.storage)) return false;
  const std::size_t at = r_.offset();
  std::uint8_t mut = 0;
  if (!r_.u8(mut)) return false;
  if (mut > 1) return r_.fail_at(at, Err::MalformedMutability);
  out.is_mutable = mut == 1;
  return true;
}

bool ModuleDecoder::check_super(std::uint32_t index) {
  const CanonType& sub = *module_.types[index];
  return !sub.super->is_final && composite_matches(module_, sub.composite, sub.super->composite);
}

}  // namespace wasmrt
