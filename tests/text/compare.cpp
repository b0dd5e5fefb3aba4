// See compare.h. Types are compared by canonical id: both modules use one interner.
#include "tests/text/compare.h"

#include <algorithm>

#include "libwasmrt/frontend/decode.h"

namespace wasmrt::text {
namespace {

using Bytes = std::string;

Bytes bytes_of(const ConstExpr& e) { return {e.begin, e.begin + e.size}; }

// An element as the expression it stands for.
Bytes item(const ElemSegment& s, std::size_t i) {
  if (!s.exprs.empty()) return bytes_of(s.exprs[i]);
  Bytes out = "\xd2";
  std::uint32_t index = raw(s.funcs[i]);
  for (; index >= 0x80; index >>= 7) out += static_cast<char>(index | 0x80);
  out += static_cast<char>(index);
  return out + "\x0b";
}

bool same(const ElemSegment& a, const ElemSegment& b) {
  if (a.mode != b.mode || a.size() != b.size() || a.table != b.table) return false;
  if (a.mode == SegmentMode::Active && bytes_of(a.offset) != bytes_of(b.offset)) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (item(a, i) != item(b, i)) return false;
  }
  return true;
}

bool same(const TableDecl& a, const TableDecl& b) {
  return a.type == b.type && a.init.has_value() == b.init.has_value() &&
         (!a.init || bytes_of(*a.init) == bytes_of(*b.init));
}

bool same(const GlobalDecl& a, const GlobalDecl& b) {
  return a.type == b.type && a.init.has_value() == b.init.has_value() &&
         (!a.init || bytes_of(*a.init) == bytes_of(*b.init));
}

bool same(const MemoryType& a, const MemoryType& b) { return a == b; }
bool same(const Import& a, const Import& b) {
  return a.module == b.module && a.name == b.name && a.kind == b.kind && a.index == b.index;
}
bool same(const Export& a, const Export& b) {
  return a.name == b.name && a.kind == b.kind && a.index == b.index;
}

template <class T>
bool all_same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T& x, const T& y) { return same(x, y); });
}

// Index spaces of things that have a type: equal when their types are.
bool same_types(const DecodedModule& a, const std::vector<TypeIdx>& x, const DecodedModule& b,
                const std::vector<TypeIdx>& y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [&](TypeIdx i, TypeIdx j) { return a.type(i).id == b.type(j).id; });
}

bool same(const DecodedModule& a, const DataSegment& x, const DecodedModule& b,
          const DataSegment& y) {
  if (x.kind != y.kind || x.memory != y.memory || !std::ranges::equal(a.data(x), b.data(y))) {
    return false;
  }
  return x.kind == DataSegment::Kind::Computed
             ? bytes_of(a.data_offsets[x.offset]) == bytes_of(b.data_offsets[y.offset])
             : x.offset == y.offset;
}

std::string difference(const DecodedModule& a, const DecodedModule& b) {
  if (a.type_ids != b.type_ids) return "types";
  if (!all_same(a.imports, b.imports)) return "imports";
  if (!same_types(a, a.funcs, b, b.funcs)) return "functions";
  if (!same_types(a, a.tags, b, b.tags)) return "tags";
  if (!all_same(a.tables, b.tables)) return "tables";
  if (!all_same(a.memories, b.memories)) return "memories";
  if (!all_same(a.globals, b.globals)) return "globals";
  if (!all_same(a.exports, b.exports)) return "exports";
  if (a.start != b.start) return "start";
  if (!all_same(a.elems, b.elems)) return "element segments";
  if (!std::equal(a.datas.begin(), a.datas.end(), b.datas.begin(), b.datas.end(),
                  [&](const DataSegment& x, const DataSegment& y) { return same(a, x, b, y); })) {
    return "data segments";
  }
  if (a.bodies.size() != b.bodies.size()) return "number of bodies";
  for (std::size_t i = 0; i < a.bodies.size(); ++i) {
    const FuncIdx f{static_cast<std::uint32_t>(i) + a.imported_funcs};
    const auto x = a.body(f);
    const auto y = b.body(f);
    if (!std::equal(x.begin(), x.end(), y.begin(), y.end())) return "body " + std::to_string(i);
  }
  return {};
}

}  // namespace

std::string difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  TypeInterner interner;
  DecodeOptions options;
  options.features = Features::all();
  options.interner = &interner;
  auto x = decode_module(a, options);
  auto y = decode_module(b, options);
  if (!x.ok() && !y.ok()) return {};
  if (!x.ok()) return "only the first is refused: " + x.error().message;
  if (!y.ok()) return "only the second is refused: " + y.error().message;
  return difference(**x, **y);
}

}  // namespace wasmrt::text
