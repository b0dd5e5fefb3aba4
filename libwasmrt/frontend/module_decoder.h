// ModuleDecoder: the state shared by the files decode*.cpp. Not used elsewhere.
//
// Each section_* method reads one section's contents from `r_`, whose range is exactly the section,
// and checks what it says at once, so that the first error by position is found. All return false
// with the reason in r_.failure().
#pragma once

#include <optional>

#include "libwasmrt/frontend/const_expr.h"
#include "libwasmrt/frontend/decode.h"
#include "libwasmrt/frontend/reader.h"
#include "libwasmrt/frontend/type_reader.h"

namespace wasmrt {

class ModuleDecoder {
 public:
  ModuleDecoder(DecodedModule& module, const DecodeOptions& options)
      : module_(module), options_(options), const_exprs_(module) {}

  bool decode();
  [[nodiscard]] const Failure& failure() const { return r_.failure(); }

 private:
  bool header();
  bool sections();
  bool section(std::uint8_t id);
  bool finish();

  // decode_types.cpp
  bool section_types();
  bool rec_group(bool explicit_group);
  bool sub_type(const TypeScope& scope, SubType& out);
  bool composite(const TypeScope& scope, std::uint8_t form, std::size_t at, CompositeType& out);
  bool val_types(const TypeScope& scope, std::vector<ValType>& out, std::uint32_t limit, Err err);
  bool field(const TypeScope& scope, FieldType& out);
  bool check_super(std::uint32_t index);

  // decode_sections.cpp
  bool section_imports();
  bool section_functions();
  bool section_tables();
  bool section_memories();
  bool section_tags();
  bool section_globals();
  bool section_exports();
  bool section_start();
  bool section_data_count();
  bool section_code();
  bool known_bodies(std::uint32_t count);
  bool func_type_index(TypeIdx& out);
  bool table_type(TableType& out);
  bool memory_type(MemoryType& out);
  bool global_type(GlobalType& out);
  bool tag_type(TypeIdx& out);
  bool limits(bool memory, Limits& out, AddressType& address, bool& shared,
              std::uint8_t& page_size_log2);
  bool add_table(TableType type, std::size_t at);
  bool add_memory(const MemoryType& type, std::size_t at);
  bool feature(Feature f, std::string_view what, std::size_t at) {
    return require_feature(r_, module_.features, f, what, at);
  }

  /// A name of an import, an export or a custom section, within the limit.
  bool name(std::string_view& out);

  // decode_segments.cpp
  bool section_elems();
  bool elem_segment(ElemSegment& out);
  bool section_datas();
  bool data_segment();
  bool known_datas(std::uint32_t count);
  bool func_index(FuncIdx& out);

  // decode_names.cpp: never fail because of their contents
  bool section_custom();
  void name_section(Reader r);
  void branch_hints(Reader r);

  [[nodiscard]] TypeScope scope() const { return TypeScope{module_}; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return module_.bytes->view(); }

  DecodedModule& module_;
  const DecodeOptions& options_;
  Reader r_;
  ConstExprDecoder const_exprs_;
  bool saw_code_ = false;
  std::optional<std::size_t> code_mismatch_;  // offset of a count that is not the functions'
  bool saw_data_ = false;
};

}  // namespace wasmrt
