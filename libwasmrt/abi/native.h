// What compiled code calls in the runtime besides builtins.
//
// The stubs are machine code made once per engine (jit/<machine>/stubs). They are reached through
// Vmctx::native; each is called with the return address telling where (CodeBlob::points).
#pragma once

#include <cstdint>

namespace wasmrt {

/// A tail call whose arguments do not fit into the place of the caller's own, or that goes to
/// another instance, puts an area between the callee and whoever it returns to. From the stack
/// pointer up that the callee is called with (on x64, behind the return address): kTailAreas[n]
/// bytes of arguments, later results; the number of bytes of stack results, the instance to go back
/// to, the return address. The callee returns to NativeStubs::tail_return[n], by which such an area
/// is known: later tail calls use it again, so that a chain has at most one of each size.
inline constexpr std::uint32_t kTailAreas[] = {8, 248, 16376};
inline constexpr unsigned kTailAreaCount = 3;
inline constexpr std::uint32_t kTailAreaWords = 24;
/// The smallest area for that many bytes; a function has at most 1,000 parameters or results.
constexpr unsigned tail_area(std::uint32_t bytes) {
  unsigned n = 0;
  while (kTailAreas[n] < bytes) ++n;
  return n;
}

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
  const void* tail_return[kTailAreaCount] = {};  ///< See kTailAreas.
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
