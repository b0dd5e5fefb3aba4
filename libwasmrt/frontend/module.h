// A decoded module: what the sections say, by index space, imported items first.
//
// In: made by frontend/decode from bytes, which it owns. Out: read by the validator, the engines,
// instantiation and the API. Immutable after decoding; shared by threads. Everything that names
// bytes of the module (bodies, segments, strings) is a view into `bytes`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wasmrt/features.hpp>
#include <wasmrt/types.hpp>

#include "libwasmrt/frontend/module_bytes.h"
#include "libwasmrt/frontend/section_records.h"
#include "libwasmrt/wasm/types.h"

namespace wasmrt {

/// A constant expression: its bytes, decoded again when evaluated, and the commonest forms resolved
/// (spec 3.0 §3.4.13).
struct ConstExpr {
  enum class Form : std::uint8_t { General, I32, I64, F32, F64, RefNull, RefFunc, GlobalGet };
  std::uint64_t value = 0;  ///< Bits of the constant, or the index.
  ValType type = kI32;
  const std::uint8_t* begin = nullptr;  ///< In the module.
  std::uint32_t size = 0;               ///< Including `end`.
  Form form = Form::General;

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {begin, size}; }
};
static_assert(sizeof(ConstExpr) == 32);

struct Import {
  std::string_view module;
  std::string_view name;
  ExternKind kind = ExternKind::Func;
  std::uint32_t index = 0;  ///< In the index space of its kind.
};

struct Export {
  std::string_view name;
  ExternKind kind = ExternKind::Func;
  std::uint32_t index = 0;
};

struct TableDecl {
  TableType type;
  std::optional<ConstExpr> init;
};

struct GlobalDecl {
  GlobalType type;
  std::optional<ConstExpr> init;  ///< Absent exactly for imports.
};

enum class SegmentMode : std::uint8_t { Active, Passive, Declarative };

struct ElemSegment {
  SegmentMode mode = SegmentMode::Passive;
  TableIdx table{};
  ConstExpr offset;  ///< Active only.
  ValType type = kFuncref;
  std::vector<FuncIdx> funcs;    ///< Used when the segment lists functions,
  std::vector<ConstExpr> exprs;  ///< else this one.
  [[nodiscard]] std::size_t size() const { return exprs.empty() ? funcs.size() : exprs.size(); }
};

struct CustomSection {
  std::string_view name;
  std::span<const std::uint8_t> bytes;
  std::uint64_t offset = 0;
};

/// The name section (spec appendix), as far as it is well-formed; a malformed rest is ignored.
struct Names {
  /// Names by index: a sorted list, because a large program has one per function.
  class Map {
   public:
    using Entry = std::pair<std::uint32_t, std::string_view>;
    [[nodiscard]] const Entry* begin() const { return entries_.data(); }
    [[nodiscard]] const Entry* end() const { return entries_.data() + entries_.size(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    /// The entry of an index, or end().
    [[nodiscard]] const Entry* find(std::uint32_t index) const {
      const Entry* it = std::lower_bound(
          begin(), end(), index, [](const Entry& e, std::uint32_t i) { return e.first < i; });
      return it != end() && it->first == index ? it : end();
    }
    /// Adds a name; false when the index is not above the last one's.
    bool append(std::uint32_t index, std::string_view name) {
      if (!entries_.empty() && entries_.back().first >= index) return false;
      entries_.emplace_back(index, name);
      return true;
    }

   private:
    std::vector<Entry> entries_;
  };
  std::string_view module;
  Map funcs;
};

/// A branch hint (metadata.code.branch_hint): offset from the start of the body.
struct BranchHint {
  std::uint32_t offset = 0;
  bool likely = false;
};

/// What the bodies do with tables.
struct TableUses {
  std::vector<bool> written;                  ///< By TableIdx: set, grown, filled, copied or
                                              ///< initialised somewhere.
  std::vector<std::uint32_t> indirect_calls;  ///< By TypeIdx: calls through tables that name it.

  TableUses() = default;
  TableUses(std::size_t tables, std::size_t types) : written(tables), indirect_calls(types) {}
  void add(const TableUses& other) {
    for (std::size_t t = 0; t < written.size(); ++t) {
      if (other.written[t]) written[t] = true;
    }
    for (std::size_t t = 0; t < indirect_calls.size(); ++t) {
      indirect_calls[t] += other.indirect_calls[t];
    }
  }
};

/// Named so because wasmrt::Module is the public handle of a compiled module.
struct DecodedModule final : TypeSource {
  SharedBytes bytes;
  Features features;

  std::vector<RecGroupRef> groups;                              ///< Keep the canonical types alive.
  std::vector<const CanonType*> types;                          ///< By TypeIdx.
  std::vector<std::uint64_t> type_ids;                          ///< types[i]->id, for Vmctx.
  std::unordered_map<std::uint64_t, std::uint32_t> type_index;  ///< Canonical id -> first TypeIdx.

  std::vector<Import> imports;
  std::vector<TypeIdx> funcs;  ///< By FuncIdx.
  std::vector<TableDecl> tables;
  std::vector<MemoryType> memories;
  std::vector<GlobalDecl> globals;
  std::vector<TypeIdx> tags;
  std::uint32_t imported_funcs = 0;
  std::uint32_t imported_tables = 0;
  std::uint32_t imported_memories = 0;
  std::uint32_t imported_globals = 0;
  std::uint32_t imported_tags = 0;

  std::vector<Export> exports;
  std::optional<FuncIdx> start;
  std::vector<ElemSegment> elems;
  Records<DataSegment> datas;
  std::vector<ConstExpr> data_offsets;  ///< Of segments that are Computed.
  std::optional<std::uint32_t> data_count;
  Records<FuncBody> bodies;          ///< By FuncIdx - imported_funcs.
  std::vector<bool> declared_funcs;  ///< By FuncIdx: may be named by ref.func.
  std::uint64_t code_offset = 0;     ///< Of the code section's contents, in the module.
  std::vector<CustomSection> customs;
  std::vector<CustomSection> debug_sections;  ///< Those whose names begin with ".debug_".
  Names names;
  std::unordered_map<std::uint32_t, std::vector<BranchHint>> branch_hints;  ///< By function index.
  /// Text of the first instruction that no engine executes yet (GC, exceptions, atomics), with the
  /// function it stands in; empty when everything can run. Filled by validation.
  std::string not_executable;
  /// Filled by validation; without a value nothing is known.
  std::optional<TableUses> table_uses;

  [[nodiscard]] const FuncType& func_type(FuncIdx f) const {
    return types[raw(funcs[raw(f)])]->composite.func;
  }
  [[nodiscard]] const CanonType& type(TypeIdx t) const { return *types[raw(t)]; }
  [[nodiscard]] const CanonType& type_by_id(std::uint64_t id) const override {
    return *types[type_index.find(id)->second];
  }
  [[nodiscard]] std::span<const std::uint8_t> body(FuncIdx f) const {
    const FuncBody& b = bodies[raw(f) - imported_funcs];
    return {bytes->data() + b.offset, b.size};
  }
  [[nodiscard]] std::span<const std::uint8_t> data(const DataSegment& segment) const {
    return {bytes->data() + segment.begin, segment.size};
  }
};

}  // namespace wasmrt
