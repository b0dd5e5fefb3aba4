// What functions are called: by the name section, else by their first export; an empty name is
// none.
//
// In: a decoded module, which outlives the object. Out: a name, empty where there is none, in a few
// steps however many exports there are. Memory: four bytes per function, where one is exported.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libwasmrt/frontend/module.h"

namespace wasmrt {

class FunctionNames {
 public:
  explicit FunctionNames(const DecodedModule& module);
  [[nodiscard]] std::string_view operator[](std::uint32_t func) const;

 private:
  const DecodedModule* module_;
  std::vector<std::uint32_t> exports_;  // by function: 1 + index of the first export with a name
};

}  // namespace wasmrt
