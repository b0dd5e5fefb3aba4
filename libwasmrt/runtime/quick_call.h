// Calls from the host that need no frame of their own.
//
// In: a call without options that is the outermost one of its thread, into a store the thread has a
// claim on (occupancy.h). Out: the store's resting frame, entered; or none, and the call goes the
// general way (CallScope), which makes that frame when it could have been used. The stubs for
// signatures that travel in words (jit/x64/stubs_signature.cpp) do the same by themselves: what
// changes here changes there.
//
// Guaranteed: what a CallScope would do besides has been done already, or would do nothing:
// - no deadline, token, user data and no call around: they are what the resting frame has;
// - value stack, native limit and the thread's alternate stack: the frame was made by this thread;
//   the caller stands on the thread's own stack, above the limit and so that the guest may use
//   about as much of it as it is allowed to and not more, or goes the general way;
// - an instance that is armed or closed, or whose store was entered with another limit, has another
//   stack limit than the frame: it goes the general way. What arms it later is seen by its polls.
//   What arms it and is not seen, stays armed until the general way takes it back;
// - Vmctx::activation stays what it was: nobody asks for it outside of calls. Compiled code sets it
//   in its prologue;
// - the thread's innermost call is none until the first host function (call_host_in): nothing else
//   inside a guest runs the embedder's code, which alone could begin or end a call;
// - where calls are printed (dump.h), no such frame is made.
#pragma once

#include <cstdint>

#include <wasmrt/deadline.hpp>

#include "libwasmrt/runtime/call.h"
#include "libwasmrt/runtime/occupancy.h"

namespace wasmrt::rt {

inline bool has_options(const CallOptions& options) {
  return options.deadline.is_set() || options.cancel.is_set() || options.user_data != nullptr ||
         options.stack_low != nullptr;
}

/// Enters an instance of the store: gives the claim, whose frame is to be used, or null when the
/// call has to go the general way.
inline Occupancy::Claim* begin_quick_call(const VmFuncRef& func) {
  Vmctx& ctx = *func.vmctx;
  Occupancy::Claim& claim = *ctx.claim->load(std::memory_order_acquire);
  if (claim.ready.load(std::memory_order_relaxed) != t_thread.idle_id) [[unlikely]]
    return nullptr;
  const std::uintptr_t limit = ctx.stack_limit.load(std::memory_order_relaxed);
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (limit != claim.native_limit) [[unlikely]]
    return nullptr;
  if (!claim.reaches(here)) [[unlikely]]
    return nullptr;
  if (claim.inside.load(std::memory_order_relaxed) != 0) [[unlikely]]
    return nullptr;
  if (!Occupancy::enter_by(claim)) [[unlikely]]
    return nullptr;
  claim.frame->entered = &ctx;
  return &claim;
}

/// Ends it: gives the error when there was a trap, else null.
Error* finish_quick_call(Occupancy::Claim& claim, TrapWord trap);
inline Error* end_quick_call(Occupancy::Claim& claim, TrapWord trap) {
  if (trap != 0) [[unlikely]]
    return finish_quick_call(claim, trap);
  if (claim.frame->holds) [[unlikely]]
    return finish_quick_call(claim, trap);
  Occupancy::leave_by(claim);
  return nullptr;
}

}  // namespace wasmrt::rt
