// What profilers and debuggers call compiled functions.
//
// In: a module. Out: "wasm:NAME" after the name section, else after the function's first export,
// else "wasm:func[N]". Guaranteed: no control characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libwasmrt/frontend/module.h"

namespace wasmrt::engine {

class CodeNames {
 public:
  /// The module outlives the object.
  explicit CodeNames(const DecodedModule& module);
  [[nodiscard]] std::string operator[](std::uint32_t func) const;

 private:
  const DecodedModule& module_;
  std::vector<std::string_view> exported_;  // by function
};

}  // namespace wasmrt::engine
