// Imports, declarations, exports, start and code (spec 3.0 §5.5, checked as §3.4 and §3.5 say).
#include <algorithm>
#include <unordered_set>

#include "libwasmrt/base/seeded_hash.h"
#include "libwasmrt/frontend/module_decoder.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

bool ModuleDecoder::func_type_index(TypeIdx& out) {
  const std::size_t at = r_.offset();
  std::uint32_t index = 0;
  if (!r_.u32(index)) return false;
  if (index >= module_.types.size())
    return r_.fail_at(at, Err::UnknownType, " " + std::to_string(index));
  if (module_.types[index]->composite.kind != CompositeKind::Func) {
    return r_.fail_at(at, Err::UnknownType, " " + std::to_string(index) + ": not a function type");
  }
  out = TypeIdx{index};
  return true;
}

bool ModuleDecoder::limits(bool memory, Limits& out, AddressType& address, bool& shared,
                           std::uint8_t& page_size_log2) {
  constexpr std::uint8_t kHasMax = 1;
  constexpr std::uint8_t kShared = 2;
  constexpr std::uint8_t kIs64 = 4;
  constexpr std::uint8_t kPageSizeFollows = 8;
  const std::size_t at = r_.offset();
  std::uint8_t flags = 0;
  if (!r_.u8(flags)) return false;
  const std::uint8_t known = memory ? 15 : kHasMax | kIs64;
  // Version 2 of the standard read the flags as an integer of one bit.
  if (flags >= 0x80)
    return r_.fail_at(at, Err::MalformedLimitsFlags, ": integer representation too long");
  if ((flags & ~known) != 0)
    return r_.fail_at(at, Err::MalformedLimitsFlags, ": integer too large");
  const char* const malformed = "malformed limits flags: integer too large";
  if ((flags & kShared) != 0 && !feature(Feature::Threads, malformed, at)) return false;
  if ((flags & kIs64) != 0 && !feature(Feature::Memory64, malformed, at)) return false;
  if ((flags & kPageSizeFollows) != 0 && !feature(Feature::CustomPageSizes, malformed, at))
    return false;
  address = (flags & kIs64) != 0 ? AddressType::I64 : AddressType::I32;
  shared = (flags & kShared) != 0;

  const auto value = [&](std::uint64_t& v) {
    // The width of all limits grew to 64 bits with memory64.
    if (module_.features.has(Feature::Memory64)) return r_.u64(v);
    std::uint32_t narrow = 0;
    if (!r_.u32(narrow)) return false;
    v = narrow;
    return true;
  };
  if (!value(out.min)) return false;
  out.max.reset();
  if ((flags & kHasMax) != 0) {
    std::uint64_t max = 0;
    if (!value(max)) return false;
    out.max = max;
  }
  page_size_log2 = kPageSizeLog2;
  if ((flags & kPageSizeFollows) != 0) {
    const std::size_t size_at = r_.offset();
    std::uint32_t log2 = 0;
    if (!r_.u32(log2)) return false;
    if (log2 >= 64) return r_.fail_at(size_at, Err::MalformedCustomPageSize);
    if (log2 != 0 && log2 != kPageSizeLog2) return r_.fail_at(size_at, Err::InvalidCustomPageSize);
    page_size_log2 = static_cast<std::uint8_t>(log2);
  }
  if (shared && !out.max.has_value()) return r_.fail_at(at, Err::SharedMemoryMaximum);
  return true;
}

bool ModuleDecoder::table_type(TableType& out) {
  if (!read_ref_type(r_, scope(), out.element)) return false;
  const std::size_t at = r_.offset();
  std::uint8_t ignored = 0;
  if (!limits(false, out.limits, out.address, out.shared, ignored)) return false;
  if (out.address == AddressType::I32 &&
      std::max(out.limits.min, out.limits.max.value_or(0)) > UINT32_MAX) {
    return r_.fail_at(at, Err::TableSize, " must be at most 4294967295 elements");
  }
  if (out.limits.max.has_value() && *out.limits.max < out.limits.min) {
    return r_.fail_at(at, Err::MinGreaterThanMax);
  }
  return true;
}

bool ModuleDecoder::memory_type(MemoryType& out) {
  const std::size_t at = r_.offset();
  if (!limits(true, out.limits, out.address, out.shared, out.page_size_log2)) return false;
  const unsigned address_bits = out.address == AddressType::I64 ? 64 : 32;
  const unsigned page_bits = address_bits - out.page_size_log2;
  // With pages of one byte, one more than the largest number is out of reach.
  const std::uint64_t most = page_bits == 64   ? UINT64_MAX
                             : page_bits == 32 ? UINT32_MAX
                                               : std::uint64_t{1} << page_bits;
  if (std::max(out.limits.min, out.limits.max.value_or(0)) > most) {
    if (most == kMaxMemory32Pages) return r_.fail_at(at, Err::MemorySize);
    return r_.fail_at(at, Err::MemorySizeOther, " " + std::to_string(most) + " pages");
  }
  if (out.limits.max.has_value() && *out.limits.max < out.limits.min) {
    return r_.fail_at(at, Err::MinGreaterThanMax);
  }
  return true;
}

bool ModuleDecoder::global_type(GlobalType& out) {
  if (!read_val_type(r_, scope(), out.value)) return false;
  const std::size_t at = r_.offset();
  std::uint8_t mut = 0;
  if (!r_.u8(mut)) return false;
  if (mut > 1) return r_.fail_at(at, Err::MalformedMutability);
  out.is_mutable = mut == 1;
  return true;
}

bool ModuleDecoder::tag_type(TypeIdx& out) {
  std::size_t at = r_.offset();
  std::uint8_t attribute = 0;
  if (!r_.u8(attribute)) return false;
  if (attribute != 0) return r_.fail_at(at, Err::MalformedTagAttribute);
  at = r_.offset();
  if (!func_type_index(out)) return false;
  return module_.type(out).composite.func.results.empty() || r_.fail_at(at, Err::NonEmptyTagResult);
}

bool ModuleDecoder::name(std::string_view& out) {
  const std::size_t at = r_.offset();
  return r_.name(out) && (out.size() <= kMaxNameLength || r_.fail_at(at, Err::LimitNameLength));
}

bool ModuleDecoder::add_table(TableType type, std::size_t at) {
  if (!module_.tables.empty() &&
      !feature(Feature::ReferenceTypes, err_wording(Err::MultipleTables), at))
    return false;
  if (module_.tables.size() >= kMaxTables) return r_.fail_at(at, Err::LimitTables);
  module_.tables.push_back({type, std::nullopt});
  return true;
}

bool ModuleDecoder::add_memory(const MemoryType& type, std::size_t at) {
  if (!module_.memories.empty() &&
      !feature(Feature::MultiMemory, err_wording(Err::MultipleMemories), at))
    return false;
  if (module_.memories.size() >= kMaxMemories) return r_.fail_at(at, Err::LimitMemories);
  module_.memories.push_back(type);
  return true;
}

bool ModuleDecoder::section_imports() {
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (count > kMaxImports) return r_.fail(Err::LimitImports);
  module_.imports.reserve(r_.plausible(count, 4));
  for (; count != 0; --count) {
    Import import;
    if (!name(import.module) || !name(import.name)) return false;
    const std::size_t at = r_.offset();
    std::uint8_t kind = 0;
    if (!r_.u8(kind)) return false;
    switch (kind) {
      case 0: {
        import.kind = ExternKind::Func;
        import.index = module_.imported_funcs++;
        TypeIdx type{};
        if (!func_type_index(type)) return false;
        module_.funcs.push_back(type);
        break;
      }
      case 1: {
        import.kind = ExternKind::Table;
        import.index = module_.imported_tables++;
        TableType type;
        if (!table_type(type) || !add_table(type, at)) return false;
        break;
      }
      case 2: {
        import.kind = ExternKind::Memory;
        import.index = module_.imported_memories++;
        MemoryType type;
        if (!memory_type(type) || !add_memory(type, at)) return false;
        break;
      }
      case 3: {
        import.kind = ExternKind::Global;
        import.index = module_.imported_globals++;
        GlobalDecl global;
        if (!global_type(global.type)) return false;
        if (global.type.is_mutable &&
            !feature(Feature::MutableGlobal, "mutable globals cannot be imported", at)) {
          return false;
        }
        module_.globals.push_back(global);
        break;
      }
      case 4: {
        if (!feature(Feature::Exceptions, "malformed import kind: tag", at)) return false;
        import.kind = ExternKind::Tag;
        import.index = module_.imported_tags++;
        TypeIdx type{};
        if (!tag_type(type)) return false;
        module_.tags.push_back(type);
        break;
      }
      default: return r_.fail_at(at, Err::MalformedImportKind);
    }
    module_.imports.push_back(import);
  }
  module_.declared_funcs.assign(module_.funcs.size(), false);
  return true;
}

bool ModuleDecoder::section_functions() {
  const std::size_t at = r_.offset();
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (module_.funcs.size() + count > kMaxFunctions) return r_.fail_at(at, Err::LimitFunctions);
  module_.funcs.reserve(module_.funcs.size() + r_.plausible(count));
  for (; count != 0; --count) {
    TypeIdx type{};
    if (!func_type_index(type)) return false;
    module_.funcs.push_back(type);
  }
  module_.declared_funcs.assign(module_.funcs.size(), false);
  return true;
}

bool ModuleDecoder::section_tables() {
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  for (; count != 0; --count) {
    const std::size_t at = r_.offset();
    std::uint8_t first = 0;
    if (!r_.peek(first)) return r_.u8(first);
    const bool has_init = first == 0x40;
    if (has_init) {
      if (!feature(Feature::FunctionReferences, "malformed reference type: table with initializer",
                   at))
        return false;
      std::uint8_t zero = 0;
      r_.u8(first);
      if (!r_.u8(zero)) return false;
      if (zero != 0) return r_.fail_at(at, Err::MalformedTableInit);
    }
    TableType type;
    if (!table_type(type)) return false;
    ConstExpr init;
    if (has_init) {
      if (!const_exprs_.decode(r_, type.element, init)) return false;
    } else if (!type.element.defaultable()) {
      return r_.fail_at(at, Err::TypeMismatch,
                        ": a table of non-nullable references needs an initializer");
    }
    if (!add_table(type, at)) return false;
    if (has_init) module_.tables.back().init = init;
  }
  return true;
}

bool ModuleDecoder::section_memories() {
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  for (; count != 0; --count) {
    const std::size_t at = r_.offset();
    MemoryType type;
    if (!memory_type(type) || !add_memory(type, at)) return false;
  }
  return true;
}

bool ModuleDecoder::section_tags() {
  const std::size_t at = r_.offset();
  if (!feature(Feature::Exceptions, "malformed section id 13: tags", at)) return false;
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (module_.tags.size() + count > kMaxTags) return r_.fail_at(at, Err::LimitTags);
  for (; count != 0; --count) {
    TypeIdx type{};
    if (!tag_type(type)) return false;
    module_.tags.push_back(type);
  }
  return true;
}

bool ModuleDecoder::section_globals() {
  const std::size_t at = r_.offset();
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (module_.globals.size() + count > kMaxGlobals) return r_.fail_at(at, Err::LimitGlobals);
  module_.globals.reserve(module_.globals.size() + r_.plausible(count, 4));
  for (; count != 0; --count) {
    GlobalDecl global;
    global.init.emplace();
    if (!global_type(global.type) || !const_exprs_.decode(r_, global.type.value, *global.init))
      return false;
    module_.globals.push_back(global);
  }
  return true;
}

bool ModuleDecoder::section_exports() {
  const std::size_t count_at = r_.offset();
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (count > kMaxExports) return r_.fail_at(count_at, Err::LimitExports);
  module_.exports.reserve(r_.plausible(count, 3));
  std::unordered_set<std::string_view, SeededHash> names;
  names.reserve(r_.plausible(count, 3));
  for (; count != 0; --count) {
    Export e;
    const std::size_t name_at = r_.offset();
    if (!name(e.name)) return false;
    const std::size_t at = r_.offset();
    std::uint8_t kind = 0;
    if (!r_.u8(kind)) return false;
    if (kind > 4 || (kind == 4 && !module_.features.has(Feature::Exceptions))) {
      return r_.fail_at(at, Err::MalformedExportKind);
    }
    const std::size_t index_at = r_.offset();
    if (!r_.u32(e.index)) return false;
    constexpr ExternKind kKinds[] = {ExternKind::Func, ExternKind::Table, ExternKind::Memory,
                                     ExternKind::Global, ExternKind::Tag};
    constexpr Err kUnknown[] = {Err::UnknownFunction, Err::UnknownTable, Err::UnknownMemory,
                                Err::UnknownGlobal, Err::UnknownTag};
    const std::size_t sizes[] = {module_.funcs.size(), module_.tables.size(),
                                 module_.memories.size(), module_.globals.size(),
                                 module_.tags.size()};
    e.kind = kKinds[kind];
    if (e.index >= sizes[kind])
      return r_.fail_at(index_at, kUnknown[kind], " " + std::to_string(e.index));
    if (e.kind == ExternKind::Func) module_.declared_funcs[e.index] = true;
    if (e.kind == ExternKind::Global && module_.globals[e.index].type.is_mutable &&
        !feature(Feature::MutableGlobal, "mutable globals cannot be exported", at)) {
      return false;
    }
    if (!names.insert(e.name).second) {
      return r_.fail_at(name_at, Err::DuplicateExportName, " \"" + std::string(e.name) + "\"");
    }
    module_.exports.push_back(e);
  }
  return true;
}

bool ModuleDecoder::section_start() {
  const std::size_t at = r_.offset();
  FuncIdx func{};
  if (!func_index(func)) return false;
  const FuncType& type = module_.func_type(func);
  if (!type.params.empty() || !type.results.empty()) {
    return r_.fail_at(at, Err::StartFunction, " must have type [] -> []");
  }
  module_.start = func;
  return true;
}

bool ModuleDecoder::section_data_count() {
  const std::size_t at = r_.offset();
  if (!feature(Feature::BulkMemory, "malformed section id 12: data count", at)) return false;
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (count > kMaxDataSegments) return r_.fail_at(at, Err::LimitDataSegments);
  module_.data_count = count;
  return true;
}

bool ModuleDecoder::known_bodies(std::uint32_t count) {
  const std::span<const FuncBody> known = options_.known.bodies;
  const std::size_t begin = r_.offset();
  const std::size_t end = r_.end_offset();
  bool inside = known.size() == count;
  for (const FuncBody& body : known) {
    inside &= body.offset >= begin && body.offset <= end && body.size <= end - body.offset;
  }
  if (!inside) return r_.fail(Err::FunctionCodeLengths);
  module_.bodies.refer_to(known);
  r_.seek(r_.end());
  return true;
}

bool ModuleDecoder::section_code() {
  saw_code_ = true;
  const std::size_t at = r_.offset();
  module_.code_offset = at;
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  const std::size_t declared = module_.funcs.size() - module_.imported_funcs;
  // Reported when the module is read: a second code section is the earlier news.
  if (count != declared) code_mismatch_ = at;
  if (!options_.known.bodies.empty()) return known_bodies(count);
  module_.bodies.reserve(r_.plausible(count, 2));
  for (; count != 0; --count) {
    const std::size_t size_at = r_.offset();
    std::uint32_t size = 0;
    if (!r_.u32(size)) return false;
    if (size > kMaxBodySize) return r_.fail_at(size_at, Err::LimitBodySize);
    const std::size_t begin = r_.offset();
    std::span<const std::uint8_t> body;
    if (!r_.bytes(size, body)) return false;
    if (module_.bodies.size() < declared)
      module_.bodies.push_back({static_cast<std::uint32_t>(begin), size});
  }
  return true;
}

}  // namespace wasmrt
