// See code_names.h. Control characters would break the lines and strings that names go into.
#include "libwasmrt/engine/code_names.h"

namespace wasmrt::engine {

CodeNames::CodeNames(const DecodedModule& module)
    : module_(module), exported_(module.funcs.size()) {
  for (const Export& e : module.exports) {
    if (e.kind == ExternKind::Func && exported_[e.index].empty()) exported_[e.index] = e.name;
  }
}

std::string CodeNames::operator[](std::uint32_t func) const {
  std::string_view known = exported_[func];
  if (const auto* entry = module_.names.funcs.find(func); entry != module_.names.funcs.end()) {
    known = entry->second;
  }
  if (known.empty()) return "wasm:func[" + std::to_string(func) + "]";
  std::string name = "wasm:";
  for (const char c : known) {
    name += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return name;
}

}  // namespace wasmrt::engine
