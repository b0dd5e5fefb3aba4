// The exports are gone through once: a module may have a million, and a trap asks for many names.
#include "libwasmrt/frontend/function_names.h"

namespace wasmrt {

FunctionNames::FunctionNames(const DecodedModule& module) : module_(&module) {
  for (std::uint32_t n = 0; n < module.exports.size(); ++n) {
    const Export& e = module.exports[n];
    if (e.kind != ExternKind::Func || e.name.empty()) continue;
    if (exports_.empty()) exports_.resize(module.funcs.size());
    if (exports_[e.index] == 0) exports_[e.index] = n + 1;
  }
}

std::string_view FunctionNames::operator[](std::uint32_t func) const {
  const auto* const named = module_->names.funcs.find(func);
  if (named != module_->names.funcs.end() && !named->second.empty()) return named->second;
  if (func >= exports_.size() || exports_[func] == 0) return {};
  return module_->exports[exports_[func] - 1].name;
}

}  // namespace wasmrt
