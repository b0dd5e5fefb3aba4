// The interpreter as a source of code for the runtime.
#pragma once

#include <memory>

#include "interp/interp.h"
#include "libwasmrt/runtime/engine_state.h"
#include "libwasmrt/runtime/module_state.h"

namespace wasmrt::engine {

class InterpCode final : public rt::CodeSource {
 public:
  InterpCode(const rt::Engine& engine, std::shared_ptr<const DecodedModule> module);

  void init_function(VmFuncRef& ref, FuncIdx func) override { code_->init_function(ref, func); }
  [[nodiscard]] void* module_code() override { return code_.get(); }
  void finish() override { code_->translate_all(); }
  void add_stats(ModuleStats& stats) const override;
  [[nodiscard]] interp::ModuleCode& code() { return *code_; }

 private:
  std::shared_ptr<interp::ModuleCode> code_;
};

}  // namespace wasmrt::engine
