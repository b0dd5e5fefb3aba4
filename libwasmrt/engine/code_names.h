// What profilers and debuggers call compiled functions.
//
// In: a module. Out: "wasm:NAME" with what backtraces call the function (FunctionNames), else
// "wasm:func[N]". Guaranteed: no control characters.
#pragma once

#include <cstdint>
#include <string>

#include "libwasmrt/frontend/function_names.h"

namespace wasmrt::engine {

class CodeNames {
 public:
  /// The module outlives the object.
  explicit CodeNames(const DecodedModule& module) : names_(module) {}
  [[nodiscard]] std::string operator[](std::uint32_t func) const;

 private:
  FunctionNames names_;
};

}  // namespace wasmrt::engine
