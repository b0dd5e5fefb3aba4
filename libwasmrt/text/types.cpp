// Types of the text format: value, reference, function, struct and array types, recursive groups
// and type uses. Text in, encoded types out; `(ref null func)` and `funcref` give the same bytes,
// so that equal encodings are equal types.
#include <algorithm>

#include "libwasmrt/text/encoder.h"

namespace wasmrt::text {
namespace {

struct Coded {
  std::string_view keyword;
  std::uint8_t code;
};

constexpr Coded kHeapTypes[] = {{"func", 0x70},     {"extern", 0x6f}, {"any", 0x6e},
                                {"eq", 0x6d},       {"i31", 0x6c},    {"struct", 0x6b},
                                {"array", 0x6a},    {"exn", 0x69},    {"none", 0x71},
                                {"noextern", 0x72}, {"nofunc", 0x73}, {"noexn", 0x74}};

constexpr Coded kRefTypes[] = {
    {"funcref", 0x70}, {"externref", 0x6f},     {"anyref", 0x6e},      {"eqref", 0x6d},
    {"i31ref", 0x6c},  {"structref", 0x6b},     {"arrayref", 0x6a},    {"exnref", 0x69},
    {"nullref", 0x71}, {"nullexternref", 0x72}, {"nullfuncref", 0x73}, {"nullexnref", 0x74}};

constexpr Coded kNumTypes[] = {
    {"i32", 0x7f}, {"i64", 0x7e}, {"f32", 0x7d}, {"f64", 0x7c}, {"v128", 0x7b}};

constexpr std::uint8_t kRef = 0x64;
constexpr std::uint8_t kRefNull = 0x63;

template <std::size_t N>
const Coded* find(const Coded (&table)[N], const Cursor& in) {
  if (in.kind() != TokenKind::Keyword) return nullptr;
  const auto* found = std::find_if(std::begin(table), std::end(table),
                                   [&](const Coded& c) { return c.keyword == in.text(); });
  return found == std::end(table) ? nullptr : found;
}

void storage_type(Encoder& e, ByteWriter& out) {
  if (e.in.take_keyword("i8")) {
    out.byte(0x78);
  } else if (e.in.take_keyword("i16")) {
    out.byte(0x77);
  } else {
    val_type(e, out);
  }
}

void field_type(Encoder& e, ByteWriter& out) {
  const bool is_mutable = e.in.take_open("mut");
  storage_type(e, out);
  out.byte(is_mutable ? 1 : 0);
  if (is_mutable) e.in.expect_close();
}

void struct_fields(Encoder& e, ByteWriter& out, TypeEntry& entry) {
  std::uint32_t count = 0;
  ByteWriter fields;
  while (e.in.take_open("field")) {
    if (e.in.kind() == TokenKind::Id) {
      const std::string_view name = id_name(e.in.text(), e.strings);
      if (!entry.field_ids.emplace(name, count).second) {
        return e.in.fail(Err::DuplicateField, e.in.text());
      }
      entry.field_names.push_back({count, name});
      e.in.skip();
      field_type(e, fields);
      ++count;
    } else {
      for (; !e.in.at_close() && !e.in.failed(); ++count) field_type(e, fields);
    }
    e.in.expect_close();
  }
  out.u(count);
  out.append(fields);
}

std::string encoded(const Signature& s) {
  ByteWriter out;
  out.u(s.param_count);
  out.append(s.params);
  out.u(s.result_count);
  out.append(s.results);
  return std::string(out.view());
}

// `(func ...)`, `(struct ...)` or `(array ...)`.
void composite_type(Encoder& e, ByteWriter& out, TypeEntry& entry) {
  if (e.in.take_open("func")) {
    IndexSpace ignored{Err::DuplicateLocal, Err::TextUnknownLocal};
    const Signature s = signature(e, &ignored);
    entry.is_func = true;
    entry.param_count = s.param_count;
    entry.signature = encoded(s);
    out.byte(0x60);
    out.raw(entry.signature);
  } else if (e.in.take_open("struct")) {
    out.byte(0x5f);
    struct_fields(e, out, entry);
  } else if (e.in.take_open("array")) {
    out.byte(0x5e);
    field_type(e, out);
  } else {
    return e.in.unexpected_in_open();
  }
  e.in.expect_close();
}

// The definition behind `(type id?`. Returns true when uses may imply it: final, without supertype.
bool sub_type(Encoder& e, ByteWriter& out, TypeEntry& entry) {
  if (!e.in.take_open("sub")) {
    composite_type(e, out, entry);
    return true;
  }
  const bool is_final = e.in.take_keyword("final");
  ByteWriter supers;
  std::uint32_t count = 0;
  for (; e.in.at_index(); ++count) supers.u(index_use(e, e.types));
  if (!is_final || count > 0) {
    out.byte(is_final ? 0x4f : 0x50);
    out.u(count);
    out.append(supers);
  }
  composite_type(e, out, entry);
  e.in.expect_close();
  return is_final && count == 0;
}

// `(type id? ...)`; the identifier is bound already.
bool type_definition(Encoder& e, ByteWriter& out) {
  e.in.expect_open("type");
  if (e.in.kind() == TokenKind::Id) e.in.skip();
  TypeEntry entry;
  const bool plain = sub_type(e, out, entry);
  e.in.expect_close();
  e.type_entries.push_back(std::move(entry));
  return plain;
}

}  // namespace

bool at_ref_type(const Cursor& in) { return in.at_open("ref") || find(kRefTypes, in) != nullptr; }

void heap_type(Encoder& e, ByteWriter& out) {
  if (const Coded* c = find(kHeapTypes, e.in)) {
    out.byte(c->code);
    e.in.skip();
  } else {
    const std::uint32_t index = index_use(e, e.types);
    e.type_use_limit = std::max(e.type_use_limit, std::uint64_t{index} + 1);
    out.s(index);
  }
}

bool ref_type(Encoder& e, ByteWriter& out) {
  if (const Coded* c = find(kRefTypes, e.in)) {
    out.byte(c->code);
    e.in.skip();
    return true;
  }
  e.in.expect_open("ref");
  const bool nullable = e.in.take_keyword("null");
  if (!nullable || find(kHeapTypes, e.in) == nullptr) out.byte(nullable ? kRefNull : kRef);
  heap_type(e, out);
  e.in.expect_close();
  return nullable;
}

void val_type(Encoder& e, ByteWriter& out) {
  if (const Coded* c = find(kNumTypes, e.in)) {
    out.byte(c->code);
    e.in.skip();
  } else if (at_ref_type(e.in)) {
    ref_type(e, out);
  } else {
    e.in.unexpected_in_open();
  }
}

void global_type(Encoder& e, ByteWriter& out) {
  const bool is_mutable = e.in.take_open("mut");
  val_type(e, out);
  out.byte(is_mutable ? 1 : 0);
  if (is_mutable) e.in.expect_close();
}

void type_field(Encoder& e) {
  e.type_section.count++;
  if (e.in.take_open("rec")) {
    ByteWriter group;
    std::uint32_t count = 0;
    for (; !e.in.at_close() && !e.in.failed(); ++count) type_definition(e, group);
    e.type_section.bytes.byte(0x4e);
    e.type_section.bytes.u(count);
    e.type_section.bytes.append(group);
    return e.in.expect_close();
  }
  const auto index = static_cast<std::uint32_t>(e.type_entries.size());
  e.type_use_limit = 0;
  const bool plain = type_definition(e, e.type_section.bytes);
  const TypeEntry& entry = e.type_entries.back();
  // A type that refers to itself is never what a use implies.
  if (plain && entry.is_func && e.type_use_limit <= index) {
    e.implied_types.emplace(entry.signature, index);
  }
}

Signature signature(Encoder& e, IndexSpace* params) {
  Signature s;
  while (e.in.take_open("param")) {
    s.written = true;
    if (params != nullptr && e.in.kind() == TokenKind::Id) {
      bind_id(e, *params, s.param_count);
      val_type(e, s.params);
      ++s.param_count;
    } else {
      for (; !e.in.at_close() && !e.in.failed(); ++s.param_count) val_type(e, s.params);
    }
    e.in.expect_close();
  }
  while (e.in.take_open("result")) {
    s.written = true;
    for (; !e.in.at_close() && !e.in.failed(); ++s.result_count) val_type(e, s.results);
    e.in.expect_close();
  }
  return s;
}

TypeUse type_use(Encoder& e, IndexSpace* params) {
  TypeUse use;
  const std::uint32_t at = e.in.offset();
  if (e.in.take_open("type")) {
    use.explicit_index = index_use(e, e.types);
    e.in.expect_close();
  }
  use.inline_signature = signature(e, params);
  if (e.in.at_open("type") || e.in.at_open("param") || e.in.at_open("result")) {
    e.in.unexpected_in_open();  // out of order, which is worse than not matching
  }
  if (use.explicit_index && use.inline_signature.written && !e.in.failed()) {
    const std::uint32_t i = *use.explicit_index;
    if (i >= e.type_entries.size()) {
      e.in.fail_at(at, Err::TextUnknownType, std::to_string(i));
    } else if (!e.type_entries[i].is_func ||
               e.type_entries[i].signature != encoded(use.inline_signature)) {
      e.in.fail_at(at, Err::InlineFunctionType);
    }
  }
  if (params != nullptr) {
    params->count = use.inline_signature.param_count;
    if (use.explicit_index && *use.explicit_index < e.type_entries.size()) {
      params->count = e.type_entries[*use.explicit_index].param_count;
    }
  }
  return use;
}

std::uint32_t type_index(Encoder& e, const TypeUse& use) {
  if (use.explicit_index) return *use.explicit_index;
  std::string key = encoded(use.inline_signature);
  const auto next = static_cast<std::uint32_t>(e.type_entries.size());
  const auto [found, added] = e.implied_types.emplace(std::move(key), next);
  if (added) {
    TypeEntry entry;
    entry.is_func = true;
    entry.param_count = use.inline_signature.param_count;
    entry.signature = found->first;
    e.type_section.count++;
    e.type_section.bytes.byte(0x60);
    e.type_section.bytes.raw(entry.signature);
    e.type_entries.push_back(std::move(entry));
  }
  return found->second;
}

}  // namespace wasmrt::text
