// Reads types from the binary format and resolves type indices to canonical ids.
//
// In: a Reader and the module whose types are known so far. Out: ValTypes. Encodings of disabled
// features are refused by the feature's name. Inside a rec group, indices of the group itself
// become provisional ids (SubType::kRecBit); their kind is patched when the group is complete.
#pragma once

#include "libwasmrt/frontend/module.h"
#include "libwasmrt/frontend/reader.h"

namespace wasmrt {

/// Where type indices are looked up.
struct TypeScope {
  const DecodedModule& module;
  std::uint32_t rec_begin = 0;  ///< First index of the rec group being read,
  std::uint32_t rec_end = 0;    ///< and the one after its last; equal outside of groups.
};

bool read_val_type(Reader& r, const TypeScope& scope, ValType& out);
/// A reference type only (tables, element segments).
bool read_ref_type(Reader& r, const TypeScope& scope, ValType& out);
/// A heap type: abstract or an index.
bool read_heap_type(Reader& r, const TypeScope& scope, HeapType& out);
bool read_storage_type(Reader& r, const TypeScope& scope, StorageType& out);
/// True when `feature` is enabled; else records that `what`, at `offset`, needs it.
bool require_feature(Reader& r, Features features, Feature feature, std::string_view what,
                     std::size_t offset);

/// The text of a type as this module's indices name it, e.g. "(ref null 3)".
std::string type_text(const DecodedModule& module, ValType type);
/// "[i32 (ref 2)]".
std::string types_text(const DecodedModule& module, std::span<const ValType> types);

}  // namespace wasmrt
