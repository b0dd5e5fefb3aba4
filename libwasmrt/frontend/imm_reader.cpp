// One case per ImmKind; a new instruction with a known layout needs no change here.
#include "libwasmrt/frontend/imm_reader.h"

#include <cstring>

#include "libwasmrt/frontend/type_reader.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

namespace {

std::string hex_byte(std::uint32_t value) {
  static const char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int shift = value > 0xFF ? 12 : 4; shift >= 0; shift -= 4)
    text += kDigits[value >> shift & 15];
  return text;
}

bool read_memarg(Reader& r, const DecodedModule& module, Imm& imm) {
  const std::size_t at = r.offset();
  std::uint32_t flags = 0;
  if (!r.u32(flags)) return false;
  const bool multi = module.features.has(Feature::MultiMemory);
  if (flags >= (multi ? 128u : 32u)) {
    if (flags >= 64 && flags < 128)
      return r.fail_feature(Feature::MultiMemory, "malformed memop flags", at);
    return r.fail_at(at, Err::MalformedMemopFlags);
  }
  imm.index = 0;
  imm.align = static_cast<std::uint8_t>(flags & 63);
  if ((flags & 64) != 0 && !r.u32(imm.index)) return false;
  // With memory64 the offset has 64 bits for every memory; 32-bit ones refuse large values later.
  if (module.features.has(Feature::Memory64)) return r.u64(imm.value);
  std::uint32_t offset = 0;
  if (!r.u32(offset)) return false;
  imm.value = offset;
  return true;
}

// An index that was a reserved zero byte before `feature` gave it a meaning.
bool read_reserved(Reader& r, Features features, Feature feature, std::uint32_t& index) {
  if (features.has(feature)) return r.u32(index);
  const std::size_t at = r.offset();
  std::uint8_t byte = 0;
  if (!r.u8(byte)) return false;
  index = byte;
  return byte == 0 || r.fail_at(at, Err::ZeroByteExpected);
}

bool read_bytes16(Reader& r, Imm& imm) {
  std::span<const std::uint8_t> bytes;
  if (!r.bytes(16, bytes)) return false;
  std::memcpy(imm.bytes, bytes.data(), 16);
  return true;
}

bool read_br_table(Reader& r, Imm& imm, ImmScratch& scratch) {
  const std::size_t at = r.offset();
  std::uint32_t count = 0;
  if (!r.u32(count)) return false;
  if (count > kMaxBrTableTargets) return r.fail_at(at, Err::LimitBrTable);
  scratch.targets.clear();
  for (std::uint32_t i = 0; i <= count; ++i) {
    if (!r.u32(scratch.targets.emplace_back())) return false;
  }
  imm.target_data = scratch.targets.data();
  imm.target_count = count + 1;
  return true;
}

bool read_catches(Reader& r, Imm& imm, ImmScratch& scratch) {
  std::size_t at = r.offset();
  std::uint32_t count = 0;
  if (!r.u32(count)) return false;
  if (count > kMaxCatches) return r.fail_at(at, Err::LimitCatches);
  scratch.catches.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    CatchClause& c = scratch.catches.emplace_back();
    at = r.offset();
    std::uint8_t kind = 0;
    if (!r.u8(kind)) return false;
    if (kind > 3) return r.fail_at(at, Err::MalformedCatchClause);
    c.kind = static_cast<CatchClause::Kind>(kind);
    std::uint32_t tag = 0;
    if (kind < 2 && !r.u32(tag)) return false;
    c.tag = TagIdx{tag};
    if (!r.u32(c.label)) return false;
  }
  imm.catch_data = scratch.catches.data();
  imm.catch_count = count;
  return true;
}

bool read_br_cast(Reader& r, const TypeScope& scope, Imm& imm) {
  const std::size_t at = r.offset();
  std::uint8_t flags = 0;
  if (!r.u8(flags)) return false;
  if (flags > 3) return r.fail_at(at, Err::MalformedCastFlags);
  HeapType source;
  HeapType target;
  if (!r.u32(imm.index) || !read_heap_type(r, scope, source) || !read_heap_type(r, scope, target)) {
    return false;
  }
  imm.type_bits = ValType::ref(source, (flags & 1) != 0).bits();
  imm.type2_bits = ValType::ref(target, (flags & 2) != 0).bits();
  return true;
}

}  // namespace

bool read_op(Reader& r, Features features, Op& op) {
  const std::size_t at = r.offset();
  std::uint8_t byte = 0;
  if (!r.u8(byte)) return false;
  std::uint32_t sub = 0;
  if (is_op_prefix(byte)) {
    if (!r.u32(sub)) return false;
    op = lookup_op(byte, sub);
  } else {
    op = lookup_op(byte);
  }
  if (op == kNoOp) [[unlikely]] {
    std::string code = " " + hex_byte(byte);
    if (is_op_prefix(byte)) code += " " + hex_byte(sub & 0xFFFF);
    return r.fail_at(at, Err::IllegalOpcode, std::move(code));
  }
  const Feature feature = op_info(op).feature;
  if (!features.has(feature)) [[unlikely]] {
    return r.fail_feature(
        feature, "illegal opcode " + hex_byte(byte) + " (" + std::string(op_name(op)) + ")", at);
  }
  return true;
}

bool read_imm(Reader& r, const DecodedModule& module, Op op, Imm& imm, ImmScratch& scratch) {
  const TypeScope scope{module};
  const Features features = module.features;
  switch (op_info(op).imm) {
    case ImmKind::None:
    case ImmKind::Block: return true;
    case ImmKind::TryTable: return read_catches(r, imm, scratch);
    case ImmKind::BrTable: return read_br_table(r, imm, scratch);
    case ImmKind::Label:
    case ImmKind::Func:
    case ImmKind::Local:
    case ImmKind::Global:
    case ImmKind::Table:
    case ImmKind::Elem:
    case ImmKind::Data:
    case ImmKind::Tag:
    case ImmKind::Type:
    case ImmKind::CallRef: return r.u32(imm.index);
    case ImmKind::Memory: return read_reserved(r, features, Feature::MultiMemory, imm.index);
    case ImmKind::MemoryMemory:
      return read_reserved(r, features, Feature::MultiMemory, imm.index) &&
             read_reserved(r, features, Feature::MultiMemory, imm.index2);
    case ImmKind::MemoryInit:
      return r.u32(imm.index) && read_reserved(r, features, Feature::MultiMemory, imm.index2);
    case ImmKind::CallIndirect:
      return r.u32(imm.index) && read_reserved(r, features, Feature::ReferenceTypes, imm.index2);
    case ImmKind::TableTable:
    case ImmKind::TableInit:
    case ImmKind::TypeField:
    case ImmKind::TypeType:
    case ImmKind::TypeLen:
    case ImmKind::TypeData:
    case ImmKind::TypeElem: return r.u32(imm.index) && r.u32(imm.index2);
    case ImmKind::MemArg: return read_memarg(r, module, imm);
    case ImmKind::MemArgLane: return read_memarg(r, module, imm) && r.u8(imm.lane);
    case ImmKind::Lane: return r.u8(imm.lane);
    case ImmKind::Shuffle:
    case ImmKind::V128Const: return read_bytes16(r, imm);
    case ImmKind::I32Const: {
      std::int32_t v = 0;
      if (!r.s32(v)) return false;
      imm.value = static_cast<std::uint32_t>(v);
      return true;
    }
    case ImmKind::I64Const: {
      std::int64_t v = 0;
      if (!r.s64(v)) return false;
      imm.value = static_cast<std::uint64_t>(v);
      return true;
    }
    case ImmKind::F32Const: {
      std::uint32_t v = 0;
      if (!r.fixed32(v)) return false;
      imm.value = v;
      return true;
    }
    case ImmKind::F64Const: return r.fixed64(imm.value);
    case ImmKind::HeapType: {
      HeapType heap;
      if (!read_heap_type(r, scope, heap)) return false;
      imm.type_bits = ValType::ref(heap, op != Op::RefTest && op != Op::RefCast).bits();
      return true;
    }
    case ImmKind::SelectTypes: {
      const std::size_t at = r.offset();
      std::uint32_t count = 0;
      if (!r.u32(count)) return false;
      if (count != 1) return r.fail_at(at, Err::InvalidResultArity);
      ValType type;
      if (!read_val_type(r, scope, type)) return false;
      imm.type_bits = type.bits();
      return true;
    }
    case ImmKind::BrCast: return read_br_cast(r, scope, imm);
    case ImmKind::Fence: {
      const std::size_t at = r.offset();
      std::uint8_t zero = 0;
      return r.u8(zero) && (zero == 0 || r.fail_at(at, Err::MalformedAtomicFence));
    }
  }
  return false;
}

}  // namespace wasmrt
