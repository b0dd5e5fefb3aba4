// What compiled code calls in the runtime besides builtins.
//
// The stubs are machine code made once per process (jit/<machine>/stubs). They are reached through
// Vmctx::native; each is called with the return address telling where (CodeBlob::points). How calls
// get in and out of compiled code is CallStubs: once for all signatures, and once for each
// signature that is called often.
#pragma once

#include <cstdint>

#include "libwasmrt/abi/vmctx.h"

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

/// Signatures of at most so many parameters and at most one result, all numbers, also travel in
/// words: each value in an integer register of C++, as a slot would hold it, with anything above
/// it.
inline constexpr unsigned kCallWords = 4;
/// What a call of a host function by slots gives to one that travels in words.
struct WordCall {
  std::uint64_t value = 0;
  std::uint64_t trap = 0;  ///< A TrapWord.
};
/// The record of a call of a host function (detail::CallFrame): the host's call into the guest that
/// led there, and the instance that calls.
struct VmHostCall {
  Activation* activation;
  Vmctx* ctx;
};

/// How calls of a signature get in and out of compiled code.
struct CallStubs {
  /// TrapWord(VmFuncRef*, std::uint64_t* slots, Activation*): enters compiled code.
  const void* entry = nullptr;
  /// What an adapter jumps to with a VmTailCall of the signature.
  const void* tail = nullptr;
  /// What compiled code can call as if it were a function of the signature: writes the arguments to
  /// slots and runs VmFuncRef::entry.
  const void* adapter = nullptr;
  // For signatures that travel in words, if they have stubs of their own (x64); else null.
  const void* words = nullptr;  ///< WordFunction: a whole call from the host (quick_call.h).
  const void* host = nullptr;   ///< What `adapter` does, for typed host functions.
};

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
  CallStubs generic;                             ///< For all signatures.
  // Where a trap goes with Activation::native_sp (Activation::native_back), on x64:
  const void* entry_back = nullptr;  ///< to the end of CallStubs::entry,
  const void* quick_back = nullptr;  ///< of CallStubs::words.
};

/// Where the stubs for all signatures keep the registers of arguments, or of results, by their
/// numbers in the convention's lists; C++ fills and reads it by the signature.
struct GenericCall {
  std::uint64_t ints[8] = {};
  alignas(16) std::uint8_t vecs[8][16] = {};
  VmTailCall tail;             ///< Adapter: what VmFuncRef::entry may leave to do. Tail: the call.
  const void* back = nullptr;  ///< Tail: where the callee is to return to.
};
static_assert(sizeof(GenericCall) % 16 == 0);

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

  // What the stubs for all signatures call.
  /// Bytes of the argument area for a call of `ref`, a multiple of 16.
  std::uint64_t (*generic_area)(VmFuncRef* ref) = nullptr;
  /// Between slots and where arguments and results travel; `area` is the argument area.
  void (*generic_args)(VmFuncRef* ref, const std::uint64_t* slots, GenericCall* call,
                       std::uint8_t* area) = nullptr;
  void (*generic_results)(VmFuncRef* ref, std::uint64_t* slots, GenericCall* call,
                          std::uint8_t* area) = nullptr;
  /// Runs VmFuncRef::entry with a compiled caller's arguments.
  TrapWord (*generic_adapter)(VmFuncRef* ref, Vmctx* caller, GenericCall* call,
                              std::uint8_t* area) = nullptr;
  /// How much lower the place of a tail call's arguments begins than `area`, that of the caller:
  /// 0 when that will do, kNoArea when the stack is full. The return address lies below `area`, in
  /// the last of the area's words; with an area to be made, the others are written.
  std::uint64_t (*generic_tail_area)(GenericCall* call, Vmctx* caller,
                                     std::uint8_t* area) = nullptr;
  static constexpr std::uint64_t kNoArea = ~std::uint64_t{0};

  // What CallStubs::words and ::host need besides (runtime/quick_call.h, call.h).
  /// What a call from the host takes when it cannot be quick.
  detail::WordFunction call_by_slots = nullptr;
  Error* (*finish_quick_call)(VmClaim& claim, TrapWord trap) = nullptr;
  /// What a host function takes when it cannot be called at once.
  WordCall (*host_by_slots)(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                            VmFuncRef* callee, Vmctx* caller) = nullptr;
  /// Behind a host function whose call does not just go on: 0 when it does after all.
  TrapWord (*host_has_ended)(VmHostCall* call, Error* error) = nullptr;
  /// Of the calling thread's state, from the thread pointer.
  std::int32_t thread_idle_id = 0;
  std::int32_t thread_innermost = 0;
};

}  // namespace wasmrt
