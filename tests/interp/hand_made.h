// An instance put together by hand, so that the interpreter is tested without the runtime.
//
// In: text of a module. Out: an instance whose exports can be called on raw slots; one memory,
// tables of functions, globals with constant initialisers, imported functions given as lambdas on
// slots.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "interp/interp.h"
#include "libwasmrt/abi/builtins.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::interp::test {

using HostFn = std::function<TrapWord(Vmctx* caller, std::uint64_t* slots)>;

struct Outcome {
  TrapKind trap = TrapKind::None;
  std::vector<std::uint64_t> slots;  ///< Results.
  [[nodiscard]] std::uint64_t value() const { return slots.empty() ? ~std::uint64_t{0} : slots[0]; }
};

class HandMade {
 public:
  /// Aborts the test when the text does not become a module. `imports`: functions in order.
  explicit HandMade(std::string_view wat, CodeOptions options = {},
                    std::vector<HostFn> imports = {});
  /// The same from a decoded module; `link`: functions of other instances instead of host ones.
  HandMade(std::shared_ptr<const DecodedModule> module, CodeOptions options,
           std::vector<HostFn> imports, std::vector<VmFuncRef*> link = {});
  ~HandMade();
  HandMade(const HandMade&) = delete;

  Outcome call(std::string_view name, std::initializer_list<std::uint64_t> args = {});
  /// The same on a given activation that is linked already (from inside a host function).
  Outcome call_in(Activation& activation, VmFuncRef& func,
                  std::initializer_list<std::uint64_t> args);
  VmFuncRef& func(std::string_view name);
  std::string print(std::string_view name);
  /// The report of the last call.
  [[nodiscard]] const TrapReport& report() const { return report_; }
  [[nodiscard]] ModuleCode& code() { return *code_; }
  [[nodiscard]] Vmctx& ctx() { return ctx_; }
  [[nodiscard]] std::uint8_t* memory() { return memory_.base; }

  /// What poll answers, and how often it was asked.
  TrapWord poll_answer = 0;
  std::uint64_t polls = 0;
  std::size_t stack_bytes = ValueStack::kDefaultBytes;

 private:
  void build();
  static std::uint64_t grow(Vmctx*, std::uint32_t, std::uint64_t);

  std::shared_ptr<const DecodedModule> module_;
  std::shared_ptr<ModuleCode> code_;
  std::vector<HostFn> imports_;
  std::vector<std::unique_ptr<VmHost>> hosts_;
  std::vector<VmFuncRef*> link_;
  Vmctx ctx_;
  Builtins builtins_;
  VmMemory memory_;
  std::vector<VmMemory*> memories_;
  std::vector<std::unique_ptr<VmFuncRef>> funcs_;
  std::vector<VmFuncRef*> func_table_;
  std::vector<VmGlobal> global_cells_;
  std::vector<VmGlobal*> globals_;
  std::vector<VmTable> table_cells_;
  std::vector<VmTable*> tables_;
  std::vector<std::vector<std::uint64_t>> elements_;
  std::vector<const void*> types_;
  TrapReport report_;
};

/// Decodes text with all features on.
std::shared_ptr<const DecodedModule> module_of(std::string_view wat);

}  // namespace wasmrt::interp::test
