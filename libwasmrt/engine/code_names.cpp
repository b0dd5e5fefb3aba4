// See code_names.h. Control characters would break the lines and strings that names go into.
#include "libwasmrt/engine/code_names.h"

namespace wasmrt::engine {

std::string CodeNames::operator[](std::uint32_t func) const {
  const std::string_view known = names_[func];
  if (known.empty()) return "wasm:func[" + std::to_string(func) + "]";
  std::string name = "wasm:";
  for (const char c : known) {
    name += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return name;
}

}  // namespace wasmrt::engine
