// Custom sections: the name section and branch hints are read, DWARF is listed, the others if that
// is asked.
//
// What they contain is not part of the module's validity: a malformed rest is ignored.
#include "libwasmrt/frontend/module_decoder.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

bool ModuleDecoder::section_custom() {
  CustomSection custom;
  if (!name(custom.name)) return false;
  const std::size_t begin = r_.offset();
  const std::size_t end = r_.end_offset();
  if (custom.name == "name") name_section(Reader(bytes(), begin, end));
  if (custom.name == "metadata.code.branch_hint") branch_hints(Reader(bytes(), begin, end));
  custom.offset = begin;
  if (!r_.bytes(r_.left(), custom.bytes)) return false;
  if (options_.keep_custom_sections) module_.customs.push_back(custom);
  if (custom.name.starts_with(".debug_")) module_.debug_sections.push_back(custom);
  return true;
}

void ModuleDecoder::name_section(Reader r) {
  constexpr std::uint8_t kModule = 0;
  constexpr std::uint8_t kFunctions = 1;
  while (!r.at_end()) {
    std::uint8_t id = 0;
    std::uint32_t size = 0;
    if (!r.u8(id) || !r.u32(size) || size > r.left()) return;
    const std::size_t begin = r.offset();
    Reader part(bytes(), begin, begin + size);
    r = Reader(bytes(), begin + size, r.end_offset());
    if (id == kModule && !part.name(module_.names.module)) return;
    if (id != kFunctions) continue;
    std::uint32_t count = 0;
    if (!part.u32(count)) return;
    for (; count != 0; --count) {
      std::uint32_t index = 0;
      std::string_view name;
      if (!part.u32(index) || !part.name(name)) return;
      if (!module_.names.funcs.append(index, name)) return;
    }
  }
}

void ModuleDecoder::branch_hints(Reader r) {
  std::uint32_t functions = 0;
  if (!r.u32(functions)) return;
  for (; functions != 0; --functions) {
    std::uint32_t function = 0;
    std::uint32_t count = 0;
    if (!r.u32(function) || !r.u32(count)) return;
    std::vector<BranchHint> hints;
    for (; count != 0; --count) {
      BranchHint hint;
      std::uint32_t size = 0;
      std::uint8_t value = 0;
      if (!r.u32(hint.offset) || !r.u32(size) || size != 1 || !r.u8(value) || value > 1) return;
      hint.likely = value == 1;
      hints.push_back(hint);
    }
    module_.branch_hints.emplace(function, std::move(hints));
  }
}

}  // namespace wasmrt
