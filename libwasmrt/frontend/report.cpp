// The one place where front-end errors get their text.
#include "libwasmrt/frontend/report.h"

#include <cstdio>

#include "libwasmrt/base/printable.h"

namespace wasmrt {

namespace {

ErrorCode code_of(const Failure& failure) {
  if (failure.needs_feature) return ErrorCode::FeatureDisabled;
  switch (err_category(failure.err)) {
    case ErrCategory::Binary: return ErrorCode::InvalidBinary;
    case ErrCategory::Limit: return ErrorCode::Limit;
    default: return ErrorCode::Validation;
  }
}

}  // namespace

std::string function_text(const DecodedModule& module, FuncIdx function) {
  std::string text = "function " + std::to_string(raw(function));
  const auto name = module.names.funcs.find(raw(function));
  if (name != module.names.funcs.end()) {
    text += " <";
    append_printable(text, name->second);
    text += '>';
  }
  return text;
}

Error make_error(const Failure& failure, const DecodedModule* module,
                 std::optional<FuncIdx> function) {
  std::string text;
  if (failure.needs_feature) {
    text += err_prefix(ErrCategory::Feature);
    text += ": ";
    text += feature_name(failure.feature);
    text += ": ";
    text += failure.detail;
  } else {
    text = err_text(failure.err, failure.detail);
  }
  char at[40];
  std::snprintf(at, sizeof at, " (at offset 0x%llx",
                static_cast<unsigned long long>(failure.offset));
  text += at;
  if (function.has_value()) {
    text += ", in ";
    text += module != nullptr ? function_text(*module, *function)
                              : "function " + std::to_string(raw(*function));
  }
  text += ')';
  Error error(code_of(failure), std::move(text), failure.offset);
  if (function.has_value()) error.function = raw(*function);
  return error;
}

}  // namespace wasmrt
