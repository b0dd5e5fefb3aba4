// One module: the three walks over its fields, and the public entry.
#include <algorithm>

#include "libwasmrt/text/encoder.h"
#include "libwasmrt/text/lexer.h"

namespace wasmrt::text {
namespace {

// Binds the identifier at the cursor, if any, to the next index of a space.
void declare(Encoder& e, IndexSpace& space) {
  if (e.in.kind() == TokenKind::Id) {
    const std::string_view name = id_name(e.in.text(), e.strings);
    if (!space.ids.emplace(name, space.count).second) {
      return e.in.fail(space.duplicate, e.in.text());
    }
  }
  ++space.count;
}

IndexSpace* space_of(Encoder& e, std::string_view keyword) {
  if (keyword == "func") return &e.funcs;
  if (keyword == "table") return &e.tables;
  if (keyword == "memory") return &e.memories;
  if (keyword == "global") return &e.globals;
  if (keyword == "tag") return &e.tags;
  if (keyword == "elem") return &e.elems;
  if (keyword == "data") return &e.datas;
  return nullptr;
}

void declare_types(Encoder& e) {  // the cursor is at `(type` or `(rec`
  e.type_fields.push_back(e.in.position());
  if (e.in.at_open("type")) {
    e.in.skip(2);
    return declare(e, e.types);
  }
  e.in.skip(2);
  while (e.in.at_open("type") && !e.in.failed()) {
    const std::size_t start = e.in.position();
    e.in.skip(2);
    declare(e, e.types);
    e.in.seek(start);
    e.in.skip_group();
  }
}

// (import "m" "n" (kind id? ...))
void declare_import(Encoder& e) {
  e.in.skip(2);
  for (int i = 0; i < 2 && e.in.kind() == TokenKind::String; ++i) e.in.skip();
  if (e.in.kind() != TokenKind::LParen) return;
  e.in.skip();
  if (IndexSpace* space = space_of(e, e.in.text())) {
    e.in.skip();
    declare(e, *space);
  }
}

// A table or memory may hold its segment: `(elem` or `(data` as a direct child.
void declare_inline_segment(Encoder& e, std::string_view keyword, IndexSpace& space) {
  for (std::size_t depth = 1; depth > 0 && e.in.kind() != TokenKind::Eof; e.in.skip()) {
    if (depth == 1 && e.in.at_open(keyword)) {
      ++space.count;
      return;
    }
    if (e.in.kind() == TokenKind::LParen) ++depth;
    if (e.in.kind() == TokenKind::RParen) --depth;
  }
}

// Gives every identifier its index. What is malformed here is reported by the walks that follow.
void declare_fields(Encoder& e) {
  while (!e.in.failed() && e.in.position() < e.last) {
    if (e.in.kind() != TokenKind::LParen) break;
    const std::size_t start = e.in.position();
    if (e.in.at_open("type") || e.in.at_open("rec")) {
      declare_types(e);
    } else if (e.in.at_open("import")) {
      declare_import(e);
    } else {
      e.in.skip();
      const std::string_view keyword = e.in.text();
      if (IndexSpace* space = space_of(e, keyword)) {
        e.in.skip();
        declare(e, *space);
        if (keyword == "table") declare_inline_segment(e, "elem", e.elems);
        if (keyword == "memory") declare_inline_segment(e, "data", e.datas);
      }
    }
    e.in.seek(start);
    e.in.skip_group();
  }
  e.in.seek(e.first);
}

void encode_types(Encoder& e) {
  e.type_entries.reserve(e.types.count);
  for (std::size_t start : e.type_fields) {
    e.in.seek(start);
    type_field(e);
  }
  e.in.seek(e.first);
}

// The name of a type is bound by the first walk and its annotation read in the last.
void type_names(Encoder& e, std::uint32_t& index) {
  const std::size_t start = e.in.position();
  const bool group = e.in.take_open("rec");
  while (e.in.at_open("type")) {
    const std::size_t definition = e.in.position();
    e.in.skip(2);
    note_id(e, e.types, index++);
    e.in.seek(definition);
    e.in.skip_group();
    if (!group) break;
  }
  e.in.seek(start);
  e.in.skip_group();
}

void encode_fields(Encoder& e) {
  std::uint32_t next_type = 0;
  field_annotations(e);
  while (!e.in.failed() && e.in.position() < e.last) {
    if (e.in.at_open("type") || e.in.at_open("rec")) {
      type_names(e, next_type);
    } else {
      module_field(e);
    }
    field_annotations(e);
  }
}

}  // namespace

Encoder::Encoder(const TokenList& list, std::size_t from, std::size_t to, const WatOptions& opts)
    : in(list, from), first(from), last(to), options(opts) {
  const auto& annotations = list.annotations;
  const auto found =
      std::lower_bound(annotations.begin(), annotations.end(), from,
                       [](const Annotation& a, std::size_t position) { return a.at < position; });
  next_annotation = static_cast<std::size_t>(found - annotations.begin());
}

bool encode_module(const TokenList& list, std::size_t first, std::size_t last,
                   std::string_view name, const WatOptions& options, std::vector<std::uint8_t>& out,
                   TextError& error) {
  Encoder e(list, first, last, options);
  e.module_name = name.empty() ? name : id_name(name, e.strings);
  if (auto given = name_annotation(e)) e.module_name = *given;
  declare_fields(e);
  encode_types(e);
  encode_fields(e);
  if (e.in.failed()) {
    error = e.in.error();
    return false;
  }
  out = assemble(e);
  return true;
}

Result<std::vector<std::uint8_t>> wat_to_wasm(std::string_view text, const WatOptions& options) {
  TokenList list;
  TextError error;
  std::vector<std::uint8_t> bytes;
  auto failure = [&] {
    Error e(ErrorCode::Text, describe(error, text), error.offset);
    const Position p = position_of(text, error.offset);
    e.line = p.line;
    e.column = p.column;
    return e;
  };
  if (!lex(text, list, error)) return failure();

  Cursor in(list, 0);
  std::string_view name;
  const bool wrapped = in.take_open("module");
  std::size_t first = in.position();
  std::size_t last = list.tokens.size() - 1;
  if (wrapped) {
    if (in.kind() == TokenKind::Id) {
      name = in.text();
      ++first;
    }
    in.seek(0);
    in.skip_group();
    if (in.failed()) {
      // The parentheses do not match; an error among the fields comes first.
      error = in.error();
      TextError earlier;
      if (!encode_module(list, first, last, name, options, bytes, earlier) &&
          earlier.offset < error.offset) {
        error = earlier;
      }
      return failure();
    }
    last = in.position() - 1;
  }
  if (!encode_module(list, first, last, name, options, bytes, error)) return failure();
  if (wrapped && in.kind() != TokenKind::Eof) {
    in.unexpected();
    error = in.error();
    return failure();
  }
  return bytes;
}

}  // namespace wasmrt::text
