// Element and data segments.
#include <algorithm>

#include "libwasmrt/frontend/module_decoder.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

namespace {

ValType address_type(AddressType t) { return t == AddressType::I64 ? kI64 : kI32; }

}  // namespace

bool ModuleDecoder::func_index(FuncIdx& out) {
  const std::size_t at = r_.offset();
  std::uint32_t index = 0;
  if (!r_.u32(index)) return false;
  if (index >= module_.funcs.size()) {
    return r_.fail_at(at, Err::UnknownFunction, " " + std::to_string(index));
  }
  out = FuncIdx{index};
  return true;
}

bool ModuleDecoder::section_elems() {
  const std::size_t at = r_.offset();
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (count > kMaxElemSegments) return r_.fail_at(at, Err::LimitElemSegments);
  // Not reserved: a segment is much larger than its three bytes.
  for (; count != 0; --count) {
    if (!elem_segment(module_.elems.emplace_back())) return false;
  }
  return true;
}

bool ModuleDecoder::elem_segment(ElemSegment& out) {
  constexpr std::uint32_t kNotActive = 1;
  constexpr std::uint32_t kExplicit = 2;  // table index, or declarative when not active
  constexpr std::uint32_t kExprs = 4;
  const std::size_t at = r_.offset();
  std::uint32_t flags = 0;
  if (!r_.u32(flags)) return false;
  if (flags > 7) return r_.fail_at(at, Err::MalformedElementSegmentKind);
  if (flags != 0 && !feature(Feature::BulkMemory, "malformed elements segment kind", at))
    return false;
  const bool active = (flags & kNotActive) == 0;
  if (active) {
    out.mode = SegmentMode::Active;
    std::uint32_t table = 0;
    const std::size_t table_at = r_.offset();
    if ((flags & kExplicit) != 0 && !r_.u32(table)) return false;
    if (table >= module_.tables.size()) {
      return r_.fail_at(table_at, Err::UnknownTable, " " + std::to_string(table));
    }
    out.table = TableIdx{table};
    if (!const_exprs_.decode(r_, address_type(module_.tables[table].type.address), out.offset))
      return false;
  } else {
    out.mode = (flags & kExplicit) != 0 ? SegmentMode::Declarative : SegmentMode::Passive;
  }

  const std::size_t type_at = r_.offset();
  const bool has_type = (flags & (kNotActive | kExplicit)) != 0;
  // A list of functions holds no null; the abbreviated list of expressions is of nullable ones.
  out.type = (flags & kExprs) != 0 ? kFuncref : ValType::ref(HeapKind::Func, false);
  if (has_type && (flags & kExprs) != 0) {
    if (!read_ref_type(r_, scope(), out.type)) return false;
  } else if (has_type) {
    std::uint8_t kind = 0;
    if (!r_.u8(kind)) return false;
    if (kind != 0) return r_.fail_at(type_at, Err::MalformedElementKind);
  }
  if (active && !matches(module_, out.type, module_.tables[raw(out.table)].type.element)) {
    return r_.fail_at(type_at, Err::TypeMismatch,
                      ": segment of " + type_text(module_, out.type) + " in a table of " +
                          type_text(module_, module_.tables[raw(out.table)].type.element));
  }

  std::uint32_t count = 0;
  if ((flags & kExprs) != 0) {
    if (!r_.u32(count)) return false;
    for (; count != 0; --count) {
      if (!const_exprs_.decode(r_, out.type, out.exprs.emplace_back())) return false;
    }
    return true;
  }
  if (!r_.u32(count)) return false;
  out.funcs.reserve(r_.plausible(count));
  for (; count != 0; --count) {
    FuncIdx f{};
    if (!func_index(f)) return false;
    module_.declared_funcs[raw(f)] = true;
    out.funcs.push_back(f);
  }
  return true;
}

bool ModuleDecoder::section_datas() {
  saw_data_ = true;
  const std::size_t at = r_.offset();
  std::uint32_t count = 0;
  if (!r_.u32(count)) return false;
  if (count > kMaxDataSegments) return r_.fail_at(at, Err::LimitDataSegments);
  if (module_.data_count.has_value() && *module_.data_count != count) {
    return r_.fail_at(at, Err::DataCountLengths);
  }
  if (!options_.known.datas.empty()) return known_datas(count);
  module_.datas.reserve(r_.plausible(count, 5));
  for (; count != 0; --count) {
    if (!data_segment()) return false;
  }
  return true;
}

bool ModuleDecoder::known_datas(std::uint32_t count) {
  const std::span<const DataSegment> known = options_.known.datas;
  const std::size_t begin = r_.offset();
  const std::size_t end = r_.end_offset();
  bool fit = known.size() == count;
  for (const DataSegment& s : known) {
    fit &= s.begin >= begin && s.begin <= end && s.size <= end - s.begin;
    fit &= s.kind == DataSegment::Kind::Passive ||
           (s.kind == DataSegment::Kind::Placed && s.memory < module_.memories.size());
  }
  if (!fit) return r_.fail(Err::DataCountLengths);
  module_.datas.refer_to(known);
  r_.seek(r_.end());
  return true;
}

bool ModuleDecoder::data_segment() {
  DataSegment out;
  const std::size_t at = r_.offset();
  std::uint32_t flags = 0;
  if (!r_.u32(flags)) return false;
  if (flags > 2) return r_.fail_at(at, Err::MalformedDataSegmentKind);
  if (flags != 0 && !feature(Feature::BulkMemory, "malformed data segment kind", at)) return false;
  if (flags != 1) {
    std::uint32_t memory = 0;
    const std::size_t memory_at = r_.offset();
    if (flags == 2 && !r_.u32(memory)) return false;
    if (memory >= module_.memories.size()) {
      return r_.fail_at(memory_at, Err::UnknownMemory, " " + std::to_string(memory));
    }
    static_assert(kMaxMemories <= UINT16_MAX);
    out.memory = static_cast<std::uint16_t>(memory);
    ConstExpr offset;
    if (!const_exprs_.decode(r_, address_type(module_.memories[memory].address), offset))
      return false;
    const bool constant =
        offset.form == ConstExpr::Form::I32 || offset.form == ConstExpr::Form::I64;
    if (constant && offset.value <= UINT32_MAX) {
      out.kind = DataSegment::Kind::Placed;
      out.offset = static_cast<std::uint32_t>(offset.value);
    } else {
      out.kind = DataSegment::Kind::Computed;
      out.offset = static_cast<std::uint32_t>(module_.data_offsets.size());
      module_.data_offsets.push_back(offset);
    }
  }
  static_assert(kMaxModuleSize <= UINT32_MAX);
  std::span<const std::uint8_t> bytes;
  if (!r_.u32(out.size)) return false;
  out.begin = static_cast<std::uint32_t>(r_.offset());
  if (!r_.bytes(out.size, bytes)) return false;
  module_.datas.push_back(out);
  return true;
}

}  // namespace wasmrt
