// The decoder's frame: header, order and sizes of sections, and which error counts.
#include "libwasmrt/frontend/decode.h"

#include <array>

#include "libwasmrt/frontend/module_decoder.h"
#include "libwasmrt/frontend/report.h"
#include "libwasmrt/frontend/validate_body.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

namespace {

constexpr std::uint8_t kMagic[4] = {0x00, 'a', 's', 'm'};
constexpr std::uint8_t kVersion[4] = {1, 0, 0, 0};
constexpr std::uint8_t kComponent[4] = {0x0D, 0, 1, 0};

enum SectionId : std::uint8_t {
  kCustom,
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kGlobal,
  kExport,
  kStart,
  kElem,
  kCode,
  kData,
  kDataCount,
  kTag,
  kSectionIds
};

// Position in the order that the standard prescribes; custom sections may stand anywhere.
constexpr std::array<std::uint8_t, kSectionIds> kOrder = {0, 1, 2,  3,  4,  5,  7,
                                                          8, 9, 10, 12, 13, 11, 6};

}  // namespace

bool ModuleDecoder::decode() { return header() && sections() && finish(); }

bool ModuleDecoder::header() {
  const std::span<const std::uint8_t> all = bytes();
  r_ = Reader(all, 0, all.size(), Err::UnexpectedEnd);
  if (all.size() > kMaxModuleSize) return r_.fail(Err::LimitModuleSize);
  if (all.size() < 4) return r_.fail(Err::UnexpectedEnd);
  if (!std::equal(kMagic, kMagic + 4, all.begin())) return r_.fail(Err::MagicHeaderNotDetected);
  r_.seek(all.data() + 4);
  if (all.size() < 8) return r_.fail(Err::UnexpectedEnd);
  if (std::equal(kComponent, kComponent + 4, all.begin() + 4))
    return r_.fail(Err::ComponentNotModule);
  if (!std::equal(kVersion, kVersion + 4, all.begin() + 4))
    return r_.fail(Err::UnknownBinaryVersion);
  r_.seek(all.data() + 8);
  return true;
}

bool ModuleDecoder::sections() {
  std::uint8_t last = 0;
  while (!r_.at_end()) {
    const std::size_t at = r_.offset();
    std::uint8_t id = 0;
    std::uint32_t size = 0;
    if (!r_.u8(id)) return false;
    if (id >= kSectionIds) return r_.fail_at(at, Err::MalformedSectionId, " " + std::to_string(id));
    if (id != kCustom) {
      if (kOrder[id] <= last) return r_.fail_at(at, Err::UnexpectedContentAfterLast);
      last = kOrder[id];
    }
    const std::size_t size_at = r_.offset();
    if (!r_.u32(size)) return false;
    if (size > r_.left()) return r_.fail_at(size_at, Err::LengthOutOfBounds, ": unexpected end");
    const std::size_t begin = r_.offset();
    r_ = Reader(bytes(), begin, begin + size, Err::UnexpectedEndOfSection);
    if (!section(id)) return false;
    if (!r_.at_end()) return r_.fail(Err::SectionSizeMismatch);
    r_ = Reader(bytes(), begin + size, bytes().size(), Err::UnexpectedEnd);
  }
  return true;
}

bool ModuleDecoder::section(std::uint8_t id) {
  switch (id) {
    case kCustom: return section_custom();
    case kType: return section_types();
    case kImport: return section_imports();
    case kFunction: return section_functions();
    case kTable: return section_tables();
    case kMemory: return section_memories();
    case kTag: return section_tags();
    case kGlobal: return section_globals();
    case kExport: return section_exports();
    case kStart: return section_start();
    case kElem: return section_elems();
    case kDataCount: return section_data_count();
    case kCode: return section_code();
    default: return section_datas();
  }
}

bool ModuleDecoder::finish() {
  if (code_mismatch_.has_value()) return r_.fail_at(*code_mismatch_, Err::FunctionCodeLengths);
  if (!saw_code_ && module_.funcs.size() != module_.imported_funcs)
    return r_.fail(Err::FunctionCodeLengths);
  if (!saw_data_ && module_.data_count.value_or(0) != 0) return r_.fail(Err::DataCountLengths);
  return true;
}

Result<std::shared_ptr<DecodedModule>> decode_module(SharedBytes bytes,
                                                     const DecodeOptions& options) {
  auto module = std::make_shared<DecodedModule>();
  module->bytes = std::move(bytes);
  module->features = options.features;
  ModuleDecoder decoder(*module, options);
  if (decoder.decode()) return module;
  Failure failure = decoder.failure();
  // Bodies that were read before the failure come first in the file.
  if (!module->bodies.empty()) {
    Result<void> bodies = validate_bodies(*module, nullptr);
    if (!bodies.ok() && bodies.error().offset < failure.offset) return std::move(bodies).error();
  }
  return make_error(failure, module.get());
}

Result<std::shared_ptr<DecodedModule>> decode_module(std::span<const std::uint8_t> bytes,
                                                     const DecodeOptions& options) {
  return decode_module(share_bytes(bytes), options);
}

bool looks_like_wasm(std::span<const std::uint8_t> bytes) {
  if (bytes.size() >= 4 && std::equal(kMagic, kMagic + 4, bytes.begin())) return true;
  const std::span<const std::uint8_t> head = bytes.first(std::min<std::size_t>(bytes.size(), 64));
  return std::find(head.begin(), head.end(), 0) != head.end();
}

}  // namespace wasmrt
