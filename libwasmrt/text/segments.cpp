// Element and data segments, on their own or inside a table or memory.
#include "libwasmrt/text/encoder.h"

namespace wasmrt::text {
namespace {

constexpr unsigned kFuncRef = 0x70;

// (offset expr) or one instruction.
void offset_expression(Encoder& e, ByteWriter& out) {
  if (e.in.take_open("offset")) {
    constant_expression(e, out);
    e.in.expect_close();
  } else {
    constant_instruction(e, out);
  }
}

void zero_offset(ByteWriter& out, bool is64) {
  out.byte(is64 ? 0x42 : 0x41);
  out.byte(0);
  out.byte(0x0b);
}

// The items of a segment: function indices, or expressions of a type.
struct Items {
  bool expressions = false;
  std::string type;  // encoded, of expressions
  std::uint32_t count = 0;
  ByteWriter bytes;
};

void function_items(Encoder& e, Items& items) {
  for (; e.in.at_index(); ++items.count) items.bytes.u(index_use(e, e.funcs));
}

void expression_items(Encoder& e, Items& items) {
  items.expressions = true;
  for (; e.in.kind() == TokenKind::LParen; ++items.count) {
    if (e.in.take_open("item")) {
      constant_expression(e, items.bytes);
      e.in.expect_close();
    } else {
      constant_instruction(e, items.bytes);
    }
  }
}

// `func index*`, `reftype expr*`, or where nothing names a table also `index*`.
Items elem_list(Encoder& e, bool bare_indices) {
  Items items;
  if (at_ref_type(e.in)) {
    ByteWriter type;
    ref_type(e, type);
    items.type = type.view();
    expression_items(e, items);
  } else if (e.in.take_keyword("func") || bare_indices) {
    function_items(e, items);
  } else {
    e.in.unexpected();
  }
  return items;
}

// Bits of the segment's flags; the same three for elements and (two of them) data.
constexpr unsigned kNotActive = 1;
constexpr unsigned kExplicit = 2;  // the table is named, or the segment is declarative
constexpr unsigned kExpressions = 4;

void write_items(ByteWriter& out, unsigned flags, const Items& items) {
  if ((flags & (kNotActive | kExplicit)) != 0) {
    if (items.expressions) {
      out.raw(items.type);
    } else {
      out.byte(0);
    }
  }
  out.u(items.count);
  out.append(items.bytes);
}

void write_active(Encoder& e, std::uint32_t table, const ByteWriter& offset, const Items& items) {
  ByteWriter& out = e.elem_section.bytes;
  const bool plain = items.type.size() == 1 && static_cast<std::uint8_t>(items.type[0]) == kFuncRef;
  unsigned flags = items.expressions ? kExpressions : 0;
  if (table != 0 || (items.expressions && !plain)) flags |= kExplicit;
  e.elem_section.count++;
  out.u(flags);
  if ((flags & kExplicit) != 0) out.u(table);
  out.append(offset);
  write_items(out, flags, items);
}

}  // namespace

void elem_field(Encoder& e) {
  note_id(e, e.elems, e.next_elem++);
  // The first version of the format wrote a table's or memory's index without a keyword.
  const bool bare = e.in.kind() == TokenKind::Nat && e.in.kind(1) == TokenKind::LParen;
  const bool declarative = e.in.take_keyword("declare");
  const bool named = !declarative && e.in.at_open("table");
  // A list of expressions begins with a type, so a parenthesis here opens an offset, or `(ref
  // ...)`.
  const bool active =
      named || bare || (!declarative && e.in.kind() == TokenKind::LParen && !e.in.at_open("ref"));
  if (active) {
    std::uint32_t table = 0;
    if (e.in.take_open("table")) {
      table = index_use(e, e.tables);
      e.in.expect_close();
    } else if (bare) {
      table = e.in.nat32();
    }
    ByteWriter offset;
    offset_expression(e, offset);
    return write_active(e, table, offset, elem_list(e, !named));
  }
  const Items items = elem_list(e, false);
  const unsigned flags =
      kNotActive | (declarative ? kExplicit : 0) | (items.expressions ? kExpressions : 0);
  e.elem_section.count++;
  e.elem_section.bytes.u(flags);
  write_items(e.elem_section.bytes, flags, items);
}

std::uint32_t inline_elem(Encoder& e, std::uint32_t table, bool is64, std::string_view type) {
  ++e.next_elem;
  e.in.expect_open("elem");
  Items items;
  const bool funcref = type.size() == 1 && static_cast<std::uint8_t>(type[0]) == kFuncRef;
  if (e.in.kind() == TokenKind::LParen) {
    items.type = type;
    expression_items(e, items);
  } else if (funcref) {
    function_items(e, items);
  } else {
    // Indices stand for (ref.func i), which needs the table's own type.
    items.expressions = true;
    items.type = type;
    for (; e.in.at_index(); ++items.count) {
      items.bytes.byte(0xd2);
      items.bytes.u(index_use(e, e.funcs));
      items.bytes.byte(0x0b);
    }
  }
  e.in.expect_close();
  ByteWriter offset;
  zero_offset(offset, is64);
  write_active(e, table, offset, items);
  return items.count;
}

namespace {

std::string data_strings(Encoder& e) {
  std::string bytes;
  while (e.in.kind() == TokenKind::String) bytes += e.in.string();
  return bytes;
}

void write_data(Encoder& e, bool active, std::uint32_t memory, const ByteWriter& offset,
                std::string_view bytes) {
  ByteWriter& out = e.data_section.bytes;
  e.data_section.count++;
  out.byte(!active ? 1 : memory == 0 ? 0 : 2);
  if (active && memory != 0) out.u(memory);
  out.append(offset);
  out.name(bytes);
}

}  // namespace

void data_field(Encoder& e) {
  note_id(e, e.datas, e.next_data++);
  const bool bare = e.in.kind() == TokenKind::Nat;
  const bool active = bare || e.in.kind() == TokenKind::LParen;
  std::uint32_t memory = 0;
  ByteWriter offset;
  if (e.in.take_open("memory")) {
    memory = index_use(e, e.memories);
    e.in.expect_close();
  } else if (bare) {
    memory = e.in.nat32();
  }
  if (active) offset_expression(e, offset);
  write_data(e, active, memory, offset, data_strings(e));
}

std::uint64_t inline_data(Encoder& e, std::uint32_t memory, bool is64) {
  ++e.next_data;
  e.in.expect_open("data");
  const std::string bytes = data_strings(e);
  e.in.expect_close();
  ByteWriter offset;
  zero_offset(offset, is64);
  write_data(e, true, memory, offset, bytes);
  return bytes.size();
}

}  // namespace wasmrt::text
