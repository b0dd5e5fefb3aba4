// One function through all stages: body to machine code.
//
// In: a worker's state for a context that all workers share, and a function of its module. Out: its
// CodeBlob, or why it is declined. Guaranteed: the same bytes whatever was compiled before in the
// same state. With CodeOptions::verify the SSA form is checked after each pass, and each register
// allocation.
#pragma once

#include <functional>
#include <memory>

#include "jit/ir/ir.h"
#include "jit/lower/mir.h"
#include "jit/regalloc/regalloc.h"
#include "jit/target.h"
#include "libwasmrt/abi/code_blob.h"
#include "libwasmrt/base/dump.h"
#include "libwasmrt/wasm/types.h"

namespace wasmrt::jit {

class FunctionBuilder;

/// Reusable state of one worker: what the stages leave behind of the last function.
struct CompileState {
  explicit CompileState(const CompileContext& context);
  ~CompileState();
  CompileState(const CompileState&) = delete;
  CompileState& operator=(const CompileState&) = delete;

  const CompileContext& context;
  std::unique_ptr<FunctionBuilder> builder;  ///< Of `func`; null before the first function.
  ir::Func func;
  MFunc machine;
  RegisterAllocator allocator;
  bool in_sections = false;  ///< The last function was compiled so.
  /// Called behind each stage that has one in stages.def, with what it made in place; for tools.
  std::function<void(Stage)> watch;
};

/// Returns nullptr, or why the function is declined.
const char* compile_function(FuncIdx index, CompileState& state, CodeBlob& blob);

}  // namespace wasmrt::jit
