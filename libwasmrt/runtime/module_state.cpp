// Module state: the export index and what can be known about references before any instance is.
#include "libwasmrt/runtime/module_state.h"

#include <algorithm>
#include <utility>

namespace wasmrt::rt {

bool carries_functions(const FuncType& type) {
  const auto any = [](const std::vector<ValType>& types) {
    return std::any_of(types.begin(), types.end(), [](ValType t) { return carries_functions(t); });
  };
  return any(type.params) || any(type.results);
}

Module::Module(Ref<Engine> engine, std::shared_ptr<const CompiledCode> compiled,
               const ModuleConfig& config, std::uint64_t text_ns, const char* image_refused)
    : engine_(std::move(engine)),
      compiled_(std::move(compiled)),
      limits_(config.limits),
      text_ns_(text_ns),
      image_refused_(image_refused) {
  const DecodedModule& m = decoded();
  export_index_.reserve(m.exports.size());
  for (std::uint32_t i = 0; i < m.exports.size(); ++i) export_index_.emplace(m.exports[i].name, i);
  shares_references_ = m.imported_tables > 0;
  for (std::uint32_t i = 0; i < m.imported_globals; ++i) {
    shares_references_ |= carries_functions(m.globals[i].type.value);
  }
  for (std::uint32_t i = 0; i < m.imported_funcs; ++i) {
    shares_references_ |= carries_functions(m.func_type(FuncIdx{i}));
  }
  for (std::uint32_t i = 0; i < m.imported_tags; ++i) {
    shares_references_ |= carries_functions(m.type(m.tags[i]).composite.func);
  }
}

ModuleStats Module::stats() const {
  ModuleStats stats = compiled_->stats;
  stats.text_ns = text_ns_;
  stats.image_refused = image_refused_;
  code().add_stats(stats);
  return stats;
}

const Export* Module::find_export(std::string_view name) const {
  const auto it = export_index_.find(name);
  return it == export_index_.end() ? nullptr : &decoded().exports[it->second];
}

const FunctionNames& Module::function_names() const {
  std::call_once(names_once_, [this] { names_.emplace(decoded()); });
  return *names_;
}

const SourceLines& Module::source_lines() const {
  std::call_once(lines_once_, [this] { lines_ = SourceLines(decoded()); });
  return lines_;
}

}  // namespace wasmrt::rt
