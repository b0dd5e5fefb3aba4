// What compiled code calls in the runtime besides builtins.
//
// The stubs are machine code made once per engine (jit/<machine>/stubs). They are reached through
// Vmctx::native; each is called with the return address telling where (CodeBlob::points).
#pragma once

#include <cstdint>

namespace wasmrt {

/// Addresses of the stubs.
struct NativeStubs {
  const void* fault = nullptr;  ///< Resumed at after a fault, with its pc in the scratch register.
  const void* trap = nullptr;   ///< Never returns: the call's point says which trap; kind 0
                                ///< means the TrapWord is in the integer result register.
  const void* poll = nullptr;   ///< Keeps all registers; returns, or unwinds.
  const void* stack_limit = nullptr;  ///< Before the frame exists; keeps all registers; returns
                                      ///< when it was only an interrupt that did not end the call.
  const void* resolve = nullptr;  ///< First value of VmFuncRef::native: finds what to call, stores
                                  ///< it there, and goes on with it.
};

/// Frames below this need no stack check of their own size; the stack limit leaves that much room.
inline constexpr std::uint32_t kStackSlack = 1024;

/// What the stubs call. Each gets the instance, the pc that tells where (a point), and the stack
/// pointer of the frame that pc belongs to.
struct NativeHandlers {
  /// A trap: reports it. `word` counts when the point does not say which; `info` is the index or
  /// type id in question for traps of tables and indirect calls. Returns the TrapWord.
  std::uint32_t (*trap)(struct Vmctx* ctx, const void* pc, void* sp, std::uint32_t word,
                        std::uint64_t info) = nullptr;
  /// 0 to go on, or a TrapWord, already reported.
  std::uint32_t (*poll)(struct Vmctx* ctx, const void* pc, void* sp) = nullptr;
  std::uint32_t (*stack_limit)(struct Vmctx* ctx, const void* pc, void* sp) = nullptr;
  /// Stores in `ref->native` what compiled code calls.
  void (*resolve)(struct VmFuncRef* ref) = nullptr;
};

}  // namespace wasmrt
