// The state of one module while it is turned from tokens into sections.
//
// Three walks over the tokens: `declare_fields` gives every identifier its index, `encode_types`
// reads the type definitions, `encode_fields` writes everything else in textual order; types that
// are only implied by a use are appended to the type section as they are met, as the specification
// says. Functions of this folder that take an Encoder& read from `in` and write into the sections.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libwasmrt/base/seeded_hash.h"
#include "libwasmrt/text/byte_writer.h"
#include "libwasmrt/text/cursor.h"
#include "libwasmrt/text/wat.h"

namespace wasmrt::text {

struct NamedIndex {
  std::uint32_t index;
  std::string_view name;
};

/// Identifiers of one index space. Names are views of the text or of Encoder::strings.
struct IndexSpace {
  Err duplicate;
  Err unknown;
  std::uint32_t count = 0;
  std::unordered_map<std::string_view, std::uint32_t, SeededHash> ids{};
  std::vector<NamedIndex> names{};  // for the name section, by ascending index
};

/// What uses of a type need to know of its definition.
struct TypeEntry {
  bool is_func = false;
  std::uint32_t param_count = 0;
  std::string signature;  // functions: encoded parameters and results
  std::unordered_map<std::string_view, std::uint32_t, SeededHash> field_ids;
  std::vector<NamedIndex> field_names;
};

struct Section {
  std::uint32_t count = 0;
  ByteWriter bytes;
};

struct FunctionNames {
  std::uint32_t function = 0;
  std::vector<NamedIndex> locals;
  std::vector<NamedIndex> labels;
};

/// (@custom ...): a section to be placed before or after a known one.
struct CustomSection {
  std::uint8_t slot = 0;  // position in the order of sections, see sections.cpp
  ByteWriter content;     // name and bytes
};

struct BranchHint {
  std::uint32_t offset = 0;  // from the first byte of the function's body
  std::string bytes;
};

struct FunctionHints {
  std::uint32_t function = 0;
  std::vector<BranchHint> hints;
};

struct Encoder {
  Encoder(const TokenList& list, std::size_t first, std::size_t last, const WatOptions& opts);

  Cursor in;
  std::size_t first;  // the fields are the tokens [first, last)
  std::size_t last;
  WatOptions options;
  std::deque<std::string> strings;  // names that are not spelled so in the text
  std::string_view module_name;

  IndexSpace types{Err::DuplicateType, Err::TextUnknownType};
  IndexSpace funcs{Err::DuplicateFunc, Err::TextUnknownFunction};
  IndexSpace tables{Err::DuplicateTable, Err::TextUnknownTable};
  IndexSpace memories{Err::DuplicateMemory, Err::TextUnknownMemory};
  IndexSpace globals{Err::DuplicateGlobal, Err::TextUnknownGlobal};
  IndexSpace tags{Err::DuplicateTag, Err::TextUnknownTag};
  IndexSpace elems{Err::DuplicateElem, Err::TextUnknownElem};
  IndexSpace datas{Err::DuplicateData, Err::TextUnknownData};

  std::vector<TypeEntry> type_entries;
  std::unordered_map<std::string, std::uint32_t, SeededHash> implied_types;  // signature to index
  std::uint64_t type_use_limit = 0;      // above every type index used in a heap type so far
  std::vector<std::size_t> type_fields;  // positions of `(type` and `(rec`

  // Indices the next definition of each kind gets, in the third walk.
  std::uint32_t next_func = 0;
  std::uint32_t next_table = 0;
  std::uint32_t next_memory = 0;
  std::uint32_t next_global = 0;
  std::uint32_t next_tag = 0;
  std::uint32_t next_elem = 0;
  std::uint32_t next_data = 0;
  std::optional<Err> import_after;  // set by the first definition

  Section type_section, import_section, func_section, table_section, memory_section, tag_section,
      global_section, export_section, elem_section, code_section, data_section;
  std::optional<std::uint32_t> start;
  bool data_count_needed = false;

  std::vector<CustomSection> customs;
  std::vector<FunctionNames> function_names;
  std::vector<FunctionHints> function_hints;
  std::size_t next_annotation = 0;  // into in.list().annotations
};

// ---- identifiers (identifiers.cpp) ----

/// The name of an identifier token, without `$` and quotes.
std::string_view id_name(std::string_view token, std::deque<std::string>& storage);
/// Passes an optional identifier that the first walk has bound and keeps it for the name section.
void note_id(Encoder& e, IndexSpace& space, std::uint32_t index);
/// Binds an optional identifier to an index, too; an identifier already bound is an error.
void bind_id(Encoder& e, IndexSpace& space, std::uint32_t index);
/// An index, by number or identifier.
std::uint32_t index_use(Encoder& e, const IndexSpace& space);

// ---- types (types.cpp) ----

bool at_ref_type(const Cursor& in);
void heap_type(Encoder& e, ByteWriter& out);
/// Writes a reference type; returns true when it is nullable.
bool ref_type(Encoder& e, ByteWriter& out);
void val_type(Encoder& e, ByteWriter& out);
void global_type(Encoder& e, ByteWriter& out);
/// Parses one `(type ...)` or `(rec ...)` field.
void type_field(Encoder& e);

struct Signature {
  std::uint32_t param_count = 0;
  std::uint32_t result_count = 0;
  ByteWriter params;
  ByteWriter results;
  bool written = false;  // at least one (param or (result stood there
};
/// Parses (param ...)* (result ...)*. Identifiers are allowed only where `params` is given.
Signature signature(Encoder& e, IndexSpace* params);
/// (type x)? (param ...)* (result ...)*
struct TypeUse {
  std::optional<std::uint32_t> explicit_index;
  Signature inline_signature;
};
TypeUse type_use(Encoder& e, IndexSpace* params);
/// The index of the type that is meant; appends an implied type where needed.
std::uint32_t type_index(Encoder& e, const TypeUse& use);

// ---- fields (fields.cpp, segments.cpp) ----

void limits(Encoder& e, ByteWriter& out, bool memory);
void table_limits_and_type(Encoder& e, ByteWriter& out);
/// Any field but type and rec; the cursor is at `(`.
void module_field(Encoder& e);
void elem_field(Encoder& e);
void data_field(Encoder& e);
/// `(elem ...)` inside a table: returns the number of items. Written as an active segment.
std::uint32_t inline_elem(Encoder& e, std::uint32_t table, bool is64, std::string_view type);
std::uint64_t inline_data(Encoder& e, std::uint32_t memory, bool is64);

// ---- code (instructions.cpp, immediates.cpp) ----

/// A constant expression up to the `)` that closes its field, with `end`.
void constant_expression(Encoder& e, ByteWriter& out);
/// One constant expression in the short form `(instr ...)`, with `end`.
void constant_instruction(Encoder& e, ByteWriter& out);
/// Locals and instructions of a function up to its `)`. `locals` holds the parameters.
void function_body(Encoder& e, std::uint32_t function, IndexSpace& locals);

// ---- annotations (annotations.cpp) ----

/// Handles the annotations before a module field; those passed over are misplaced.
void field_annotations(Encoder& e);
/// (@name "...") at this place, which overrides an identifier.
std::optional<std::string_view> name_annotation(Encoder& e);
/// A branch hint for the instruction at the cursor.
std::optional<std::string> branch_hint(Encoder& e);

// ---- the whole (encode_module.cpp, sections.cpp) ----

/// Puts the sections together.
std::vector<std::uint8_t> assemble(Encoder& e);
/// The name section's content, or empty.
ByteWriter name_section(Encoder& e);

/// Encodes the fields between two tokens of a list. `name` is the module's identifier.
bool encode_module(const TokenList& list, std::size_t first, std::size_t last,
                   std::string_view name, const WatOptions& options, std::vector<std::uint8_t>& out,
                   TextError& error);

}  // namespace wasmrt::text
