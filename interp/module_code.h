// The code of a module inside the interpreter: functions, the memory their bytecode lies in, and
// the way back from a bytecode address to a function.
//
// In: a decoded module. Out: FuncCode::code, once per function, published with release.
// Guaranteed: bytecode never moves and lives as long as the ModuleCode.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "interp/code.h"
#include "interp/interp.h"

namespace wasmrt::interp {

class ModuleCodeImpl final : public ModuleCode {
 public:
  ModuleCodeImpl(std::shared_ptr<const DecodedModule> module, const CodeOptions& options);
  ~ModuleCodeImpl() override;

  void translate_all() override;
  void init_function(VmFuncRef& ref, FuncIdx func) override;
  void when_busy(std::uint32_t calls, void (*busy)(void* user), void* user) override;
  void hand_over(FuncIdx func) override;
  [[nodiscard]] CodeStats stats() const override;
  [[nodiscard]] const DecodedModule& module() const override { return *module_; }
  [[nodiscard]] const CodeOptions& options() const override { return options_; }
  [[nodiscard]] std::string print(FuncIdx func) override;

  void translate(FuncCode& func);
  /// A call of a function whose calls are counted; goes on with its start.
  void count_call(FuncCode& func);
  /// The function whose bytecode (or stub) contains the address, and how far in; null if none.
  const FuncCode* find(const Ins* pc, std::uint32_t& offset);
  /// Module offset of the last noted instruction at or before a bytecode offset.
  [[nodiscard]] std::uint64_t wasm_offset(const FuncCode& func, std::uint32_t offset) const;
  [[nodiscard]] const FuncCode& func(FuncIdx f) const {
    return funcs_[raw(f) - module_->imported_funcs];
  }

 private:
  struct State;

  std::uint8_t* allocate(std::size_t bytes);

  std::shared_ptr<const DecodedModule> module_;
  CodeOptions options_;
  std::unique_ptr<FuncCode[]> funcs_;
  mutable std::mutex mutex_;
  std::unique_ptr<State> state_;
  std::vector<std::unique_ptr<std::uint64_t[]>> chunks_;
  std::uint64_t* chunk_at_ = nullptr;
  std::uint64_t* chunk_end_ = nullptr;
  std::vector<const FuncCode*> by_address_;  ///< Sorted when `sorted_`.
  bool sorted_ = true;
  CodeStats stats_;
  std::atomic<std::uint32_t> calls_left_{0};  ///< Until `busy_` is called; 0: nothing is counted.
  void (*busy_)(void* user) = nullptr;
  void* busy_user_ = nullptr;
};

}  // namespace wasmrt::interp
