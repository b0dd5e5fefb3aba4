// A compiled module as the runtime sees it: what was decoded, and where its code comes from.
//
// Made by engine/module.cpp; immutable and shared by threads, except for the code source, the
// functions' names and the line table, which are thread-safe by themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include <wasmrt/limits.hpp>
#include <wasmrt/module.hpp>

#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/base/seeded_hash.h"
#include "libwasmrt/frontend/function_names.h"
#include "libwasmrt/frontend/module.h"
#include "libwasmrt/frontend/source_lines.h"
#include "libwasmrt/runtime/engine_state.h"
#include "libwasmrt/runtime/object.h"

namespace wasmrt::rt {

/// An engine's code for a module; shared by all modules of the engine that were made of the same
/// bytes.
class CodeSource {
 public:
  virtual ~CodeSource() = default;
  /// Sets what the engine owns in the reference of a function the module defines: code, entry,
  /// engine, func_idx and the slot counts.
  virtual void init_function(VmFuncRef& ref, FuncIdx func) = 0;
  /// Value of Vmctx::module_code.
  [[nodiscard]] virtual void* module_code() = 0;
  /// Makes the code of all functions, or waits until others have made it.
  virtual void finish() = 0;
  /// Adds the engine's part to the statistics.
  virtual void add_stats(ModuleStats& stats) const = 0;
};

class Module final : public detail::Object {
 public:
  Module(Ref<Engine> engine, std::shared_ptr<const CompiledCode> compiled,
         const ModuleConfig& config, std::uint64_t text_ns, const char* image_refused);

  [[nodiscard]] Engine& engine() const { return *engine_; }
  [[nodiscard]] const DecodedModule& decoded() const { return *compiled_->decoded; }
  [[nodiscard]] const std::shared_ptr<const DecodedModule>& shared_decoded() const {
    return compiled_->decoded;
  }
  [[nodiscard]] CodeSource& code() const { return *compiled_->code; }
  [[nodiscard]] const ResourceLimits& limits() const { return limits_; }
  [[nodiscard]] ModuleStats stats() const;
  /// The export of that name, or null.
  [[nodiscard]] const Export* find_export(std::string_view name) const;
  /// What backtraces call functions, gathered when it is first asked for.
  [[nodiscard]] const FunctionNames& function_names() const;
  /// The line table, read when it is first asked for.
  [[nodiscard]] const SourceLines& source_lines() const;

  /// Whether references to functions of an instance can get out of it other than through handles:
  /// it imports a table or a global of a reference type, or imports a function or tag that passes
  /// references.
  [[nodiscard]] bool shares_references() const { return shares_references_; }

 private:
  Ref<Engine> engine_;
  std::shared_ptr<const CompiledCode> compiled_;
  ResourceLimits limits_;
  std::uint64_t text_ns_ = 0;
  const char* image_refused_ = nullptr;
  bool shares_references_ = false;
  mutable std::once_flag names_once_;
  mutable std::optional<FunctionNames> names_;
  mutable std::once_flag lines_once_;
  mutable SourceLines lines_;
  std::unordered_map<std::string_view, std::uint32_t, SeededHash> export_index_;
};

/// Whether values of that type can be, or lead to, references to functions.
constexpr bool carries_functions(ValType type) {
  if (!type.is_ref()) return false;
  const HeapKind kind = type.heap().kind;
  return kind != HeapKind::Extern && kind != HeapKind::NoExtern && kind != HeapKind::I31;
}
bool carries_functions(const FuncType& type);

}  // namespace wasmrt::rt
