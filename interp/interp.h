// The interpreter tier as the rest of the runtime sees it.
//
// In: decoded and validated modules without instructions that no engine executes yet. Out: a
// ModuleCode per module, shared by its instances and by threads, and functions that run through
// VmFuncRef::entry. Functions are translated to bytecode at their first call unless asked
// otherwise. Guaranteed: Wasm-to-Wasm calls use no native stack; a trap unwinds to the entry and
// leaves its details in Vmctx::activation->report; no lock is taken once a function is translated.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/frontend/module.h"

namespace wasmrt::interp {

/// How a module is translated. Equal options and modules give equal bytecode.
struct CodeOptions {
  /// Accesses to a 32-bit memory with 64 KiB pages whose static offset plus size is at most this
  /// need no check, because everything up to 4 GiB + this faults (VmMemory::fully_guarded, and
  /// install_faults succeeded). 0: all accesses are checked.
  std::uint64_t guarded_bytes = 0;
  /// Canonicalise NaNs and fix the choices of relaxed SIMD.
  bool deterministic = false;
  /// Translate without superinstructions; the judge of those in tests.
  bool fuse = true;
};

/// Counters of a ModuleCode, for --stats.
struct CodeStats {
  std::uint64_t functions = 0;   ///< Translated so far.
  std::uint64_t wasm_bytes = 0;  ///< Size of their bodies.
  std::uint64_t bytecode_bytes = 0;
  std::uint64_t nanoseconds = 0;  ///< Spent translating, over all threads.
};

struct FuncCode;

/// The bytecode of one module.
class ModuleCode {
 public:
  static std::shared_ptr<ModuleCode> create(std::shared_ptr<const DecodedModule> module,
                                            const CodeOptions& options);
  virtual ~ModuleCode() = default;

  /// Translates every function that is not translated yet.
  virtual void translate_all() = 0;
  /// Sets code, entry, engine, func_idx and the slot counts of a function that the module defines;
  /// vmctx, type and type_id are the caller's.
  virtual void init_function(VmFuncRef& ref, FuncIdx func) = 0;
  /// Calls `busy(user)` once, when functions of this module have been called so often; on the
  /// thread that calls. Set before the module's first function runs.
  virtual void when_busy(std::uint32_t calls, void (*busy)(void* user), void* user) = 0;
  /// From now on calls of the function are given to VmFuncRef::entry of its instance, which the
  /// caller has made able to run it without this interpreter.
  virtual void hand_over(FuncIdx func) = 0;
  [[nodiscard]] virtual CodeStats stats() const = 0;
  [[nodiscard]] virtual const DecodedModule& module() const = 0;
  [[nodiscard]] virtual const CodeOptions& options() const = 0;
  /// The bytecode of one function as text, translated if need be.
  [[nodiscard]] virtual std::string print(FuncIdx func) = 0;
};

/// What VmFuncRef::entry is for functions of this engine. `caller` is null when the host calls; the
/// activation is then that of callee->vmctx, else that of the caller. A tail call of machine code
/// that would end this entry is given back in `tail`, or carried out where that is null.
TrapWord entry(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots, VmTailCall* tail);

/// Registers the handlers with sys/os/fault.h, once per process, and gives the calling thread its
/// signal stack: every thread that runs guarded code calls it first (cheap after that). False:
/// guard pages cannot be used (refused by policy or system, or this build of the interpreter cannot
/// recover), and guarded_bytes must be 0.
bool install_faults();

}  // namespace wasmrt::interp
