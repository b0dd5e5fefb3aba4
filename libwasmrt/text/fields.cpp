// Module fields: imports, definitions with their inline imports and exports, exports and start.
#include <bit>

#include "libwasmrt/text/encoder.h"

namespace wasmrt::text {
namespace {

enum Kind : std::uint8_t { kFunc, kTable, kMemory, kGlobal, kTag };  // as in the binary

void add_export(Encoder& e, std::string_view name, Kind kind, std::uint32_t index) {
  e.export_section.count++;
  e.export_section.bytes.name(name);
  e.export_section.bytes.byte(kind);
  e.export_section.bytes.u(index);
}

// (export "name")* inside a definition.
void inline_exports(Encoder& e, Kind kind, std::uint32_t index) {
  while (e.in.take_open("export")) {
    add_export(e, e.in.name(), kind, index);
    e.in.expect_close();
  }
}

void begin_import(Encoder& e, Kind kind) {  // the cursor is at the module's name
  ByteWriter& out = e.import_section.bytes;
  e.import_section.count++;
  out.name(e.in.name());
  out.name(e.in.name());
  out.byte(kind);
}

// (import "m" "n") inside a definition: begins the entry and returns true.
bool inline_import(Encoder& e, Kind kind) {
  if (!e.in.at_open("import")) return false;
  if (e.import_after) e.in.fail(*e.import_after);
  e.in.skip(2);
  begin_import(e, kind);
  // The name comes before the kind in the binary, and both before the type: nothing is left here.
  e.in.expect_close();
  return true;
}

void defined(Encoder& e, Err import_after) {
  if (!e.import_after) e.import_after = import_after;
}

void import_func_type(Encoder& e, IndexSpace* params) {
  const std::uint32_t type = type_index(e, type_use(e, params));
  e.import_section.bytes.u(type);
}

void import_tag_type(Encoder& e) {
  IndexSpace params{Err::DuplicateLocal, Err::TextUnknownLocal};
  const std::uint32_t type = type_index(e, type_use(e, &params));
  e.import_section.bytes.byte(0);
  e.import_section.bytes.u(type);
}

// (import "m" "n" (kind id? type))
void import_field(Encoder& e) {
  if (e.import_after) e.in.fail(*e.import_after);
  e.in.skip(2);
  const std::size_t names = e.in.position();
  e.in.name();
  e.in.name();
  if (e.in.failed()) return;
  const std::size_t description = e.in.position();
  auto begin = [&](Kind kind, IndexSpace& space, std::uint32_t& next) {
    e.in.seek(names);
    begin_import(e, kind);
    e.in.seek(description + 2);
    note_id(e, space, next++);
  };
  ByteWriter& out = e.import_section.bytes;
  if (e.in.at_open("func")) {
    begin(kFunc, e.funcs, e.next_func);
    IndexSpace params{Err::DuplicateLocal, Err::TextUnknownLocal};
    import_func_type(e, &params);
  } else if (e.in.at_open("table")) {
    begin(kTable, e.tables, e.next_table);
    table_limits_and_type(e, out);
  } else if (e.in.at_open("memory")) {
    begin(kMemory, e.memories, e.next_memory);
    limits(e, out, true);
  } else if (e.in.at_open("global")) {
    begin(kGlobal, e.globals, e.next_global);
    global_type(e, out);
  } else if (e.in.at_open("tag")) {
    begin(kTag, e.tags, e.next_tag);
    import_tag_type(e);
  } else {
    return e.in.unexpected_in_open();
  }
  e.in.expect_close();
}

void func_field(Encoder& e) {
  const std::uint32_t index = e.next_func++;
  note_id(e, e.funcs, index);
  inline_exports(e, kFunc, index);
  IndexSpace locals{Err::DuplicateLocal, Err::TextUnknownLocal};
  if (inline_import(e, kFunc)) return import_func_type(e, &locals);
  defined(e, Err::ImportAfterFunction);
  const std::uint32_t type = type_index(e, type_use(e, &locals));
  e.func_section.count++;
  e.func_section.bytes.u(type);
  function_body(e, index, locals);
}

// i32 or i64 in front of limits; the keyword is optional and i32 the default.
bool take_address_type(Encoder& e) {
  if (e.in.take_keyword("i64")) return true;
  e.in.take_keyword("i32");
  return false;
}

void exact_limits(ByteWriter& out, bool is64, std::uint64_t count) {
  out.byte(is64 ? 5 : 1);
  out.u(count);
  out.u(count);
}

void table_field(Encoder& e) {
  const std::uint32_t index = e.next_table++;
  note_id(e, e.tables, index);
  inline_exports(e, kTable, index);
  if (inline_import(e, kTable)) return table_limits_and_type(e, e.import_section.bytes);
  defined(e, Err::ImportAfterTable);
  e.table_section.count++;
  ByteWriter& out = e.table_section.bytes;

  const std::size_t start = e.in.position();
  const bool is64 = take_address_type(e);
  if (at_ref_type(e.in)) {
    ByteWriter type;
    ref_type(e, type);
    const std::uint32_t count = inline_elem(e, index, is64, type.view());
    out.append(type);
    return exact_limits(out, is64, count);
  }
  e.in.seek(start);
  ByteWriter type;
  table_limits_and_type(e, type);
  if (!e.in.at_close()) {
    out.byte(0x40);
    out.byte(0);
    out.append(type);
    return constant_expression(e, out);
  }
  out.append(type);
}

// (pagesize N): the logarithm of N, which must be a power of two.
std::optional<std::uint32_t> page_size(Encoder& e) {
  if (!e.in.take_open("pagesize")) return std::nullopt;
  const std::uint32_t at = e.in.offset();
  const std::uint64_t size = e.in.nat64();
  if (!std::has_single_bit(size)) {
    e.in.fail_at(at, Err::TextInvalidCustomPageSize);
    return 0;
  }
  e.in.expect_close();
  return static_cast<std::uint32_t>(std::countr_zero(size));
}

void memory_field(Encoder& e) {
  const std::uint32_t index = e.next_memory++;
  note_id(e, e.memories, index);
  inline_exports(e, kMemory, index);
  if (inline_import(e, kMemory)) return limits(e, e.import_section.bytes, true);
  defined(e, Err::ImportAfterMemory);
  e.memory_section.count++;
  ByteWriter& out = e.memory_section.bytes;

  const std::size_t start = e.in.position();
  const bool is64 = take_address_type(e);
  const auto page_log2 = page_size(e);
  if (page_log2 || e.in.at_open("data")) {
    const std::uint64_t size = inline_data(e, index, is64);
    const std::uint64_t page = std::uint64_t{1} << page_log2.value_or(16);
    const std::uint64_t pages = size / page + (size % page != 0 ? 1 : 0);
    out.byte((is64 ? 5u : 1u) | (page_log2 ? 8u : 0u));
    out.u(pages);
    out.u(pages);
    if (page_log2) out.u(*page_log2);
    return;
  }
  e.in.seek(start);
  limits(e, out, true);
}

void global_field(Encoder& e) {
  const std::uint32_t index = e.next_global++;
  note_id(e, e.globals, index);
  inline_exports(e, kGlobal, index);
  if (inline_import(e, kGlobal)) return global_type(e, e.import_section.bytes);
  defined(e, Err::ImportAfterGlobal);
  e.global_section.count++;
  global_type(e, e.global_section.bytes);
  constant_expression(e, e.global_section.bytes);
}

void tag_field(Encoder& e) {
  const std::uint32_t index = e.next_tag++;
  note_id(e, e.tags, index);
  inline_exports(e, kTag, index);
  if (inline_import(e, kTag)) return import_tag_type(e);
  defined(e, Err::ImportAfterTag);
  IndexSpace params{Err::DuplicateLocal, Err::TextUnknownLocal};
  const std::uint32_t type = type_index(e, type_use(e, &params));
  e.tag_section.count++;
  e.tag_section.bytes.byte(0);
  e.tag_section.bytes.u(type);
}

void export_field(Encoder& e) {
  const std::string name = e.in.name();
  const struct {
    std::string_view keyword;
    Kind kind;
    IndexSpace& space;
  } kinds[] = {{"func", kFunc, e.funcs},
               {"table", kTable, e.tables},
               {"memory", kMemory, e.memories},
               {"global", kGlobal, e.globals},
               {"tag", kTag, e.tags}};
  for (const auto& k : kinds) {
    if (e.in.take_open(k.keyword)) {
      add_export(e, name, k.kind, index_use(e, k.space));
      return e.in.expect_close();
    }
  }
  e.in.unexpected_in_open();
}

void start_field(Encoder& e) {
  if (e.start) e.in.fail(Err::MultipleStartSections);
  e.start = index_use(e, e.funcs);
}

}  // namespace

void limits(Encoder& e, ByteWriter& out, bool memory) {
  const bool is64 = take_address_type(e);
  unsigned flags = is64 ? 4 : 0;
  ByteWriter bounds;
  bounds.u(e.in.nat64());
  if (e.in.kind() == TokenKind::Nat) {
    flags |= 1;
    bounds.u(e.in.nat64());
  }
  if (memory && e.in.take_keyword("shared")) flags |= 2;
  if (const auto log2 = memory ? page_size(e) : std::nullopt) {
    flags |= 8;
    bounds.u(*log2);
  }
  out.byte(flags);
  out.append(bounds);
}

void table_limits_and_type(Encoder& e, ByteWriter& out) {
  ByteWriter bounds;
  limits(e, bounds, false);
  ref_type(e, out);
  out.append(bounds);
}

void module_field(Encoder& e) {
  if (e.in.at_open("import")) {
    import_field(e);
  } else if (e.in.take_open("func")) {
    func_field(e);
  } else if (e.in.take_open("table")) {
    table_field(e);
  } else if (e.in.take_open("memory")) {
    memory_field(e);
  } else if (e.in.take_open("global")) {
    global_field(e);
  } else if (e.in.take_open("tag")) {
    tag_field(e);
  } else if (e.in.take_open("export")) {
    export_field(e);
  } else if (e.in.take_open("start")) {
    start_field(e);
  } else if (e.in.take_open("elem")) {
    elem_field(e);
  } else if (e.in.take_open("data")) {
    data_field(e);
  } else {
    return e.in.unexpected_in_open();
  }
  e.in.expect_close();
}

}  // namespace wasmrt::text
