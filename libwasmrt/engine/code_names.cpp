// See code_names.h. Control characters would break the lines and strings that names go into.
#include "libwasmrt/engine/code_names.h"

namespace wasmrt::engine {

std::string code_name(const DecodedModule& module, std::uint32_t func) {
  std::string name = "wasm:";
  if (const auto* entry = module.names.funcs.find(func); entry != module.names.funcs.end()) {
    for (const char c : entry->second) {
      name += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  } else {
    name += "func[" + std::to_string(func) + "]";
  }
  return name;
}

}  // namespace wasmrt::engine
