// Calls from the host that need no frame of their own.
//
// In: a call without options that is the outermost one of its thread, into a store the thread has a
// claim on (occupancy.h). Out: the store's resting frame, entered; or none, and the call goes the
// general way (CallScope), which makes that frame when it could have been used.
//
// Guaranteed: what a CallScope would do besides has been done already, or would do nothing:
// - no deadline, token, user data and no call around: they are what the resting frame has;
// - value stack, native limit and the thread's alternate stack: the frame was made by this thread;
//   the caller stands on the thread's own stack, above the limit, or goes the general way;
// - an instance that is armed or closed, or whose store was entered with another limit, has another
//   stack limit than the frame: it goes the general way. What arms it later is seen by its polls.
//   What arms it and is not seen, stays armed until the general way takes it back;
// - Vmctx::activation stays what it was: nobody asks for it outside of calls;
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

/// Enters an instance of the store; false when the call has to go the general way. The frame is
/// then the thread's innermost.
inline bool begin_quick_call(const VmFuncRef& func) {
  Vmctx& ctx = *func.vmctx;
  Occupancy::Claim& claim = static_cast<Store*>(ctx.store)->occupancy().claim();
  if (claim.ready.load(std::memory_order_relaxed) != t_thread.id || t_thread.innermost != nullptr ||
      claim.inside.load(std::memory_order_relaxed) != 0 || !Occupancy::enter_by(claim)) {
    return false;
  }
  CallFrame& frame = *claim.frame;
  char mark;
  const auto here = reinterpret_cast<std::uintptr_t>(&mark);
  if (here < frame.native_limit || here >= frame.stack_high ||
      ctx.stack_limit.load(std::memory_order_relaxed) != frame.native_limit) [[unlikely]] {
    Occupancy::leave_by(claim);
    return false;
  }
  frame.at = here;
  frame.root = static_cast<Instance*>(ctx.instance);
  ctx.activation = &frame;
  t_thread.innermost = &frame;
  return true;
}

/// Ends it: gives the error when there was a trap, else null.
Error* finish_quick_call(CallFrame& frame, TrapWord trap);
inline Error* end_quick_call(TrapWord trap) {
  if (t_thread.innermost == nullptr) __builtin_unreachable();  // begin_quick_call made it so
  CallFrame& frame = *t_thread.innermost;
  if (trap != 0 || frame.held_store) [[unlikely]]
    return finish_quick_call(frame, trap);
  t_thread.innermost = nullptr;
  Occupancy::leave_by(frame.store.occupancy().claim());
  return nullptr;
}

}  // namespace wasmrt::rt
