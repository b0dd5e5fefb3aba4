// Calls from the host into guests: entering a store, what bounds the call, and what comes back.
//
// A CallFrame stands on the host's stack for each such call and is the Activation engines see. It
// knows the calls around it on the same thread, of this store and of others: a call cannot outlive
// the deadlines and tokens of those. Guaranteed: timers and tokens no longer know the frame when
// the call has returned.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <wasmrt/deadline.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/trap.hpp>

#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/builtins.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/runtime/instance_state.h"
#include "libwasmrt/runtime/interrupt.h"
#include "libwasmrt/runtime/store_state.h"
#include "sys/os/clock.h"

namespace wasmrt::rt {

struct CallFrame : Activation {
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  CallFrame(Store& s, Instance* root) : store(s) {
    if (root != nullptr) entered = &root->vmctx();
  }
  /// The instance entered; null for a host function.
  [[nodiscard]] Instance* root() const {
    return entered == nullptr ? nullptr : static_cast<Instance*>(entered->instance);
  }

  Store& store;
  CallFrame* enclosing = nullptr;       ///< On this thread, of any store.
  CallFrame* enclosing_here = nullptr;  ///< Of this store.
  std::uint64_t deadline_ns = kNever;   ///< Earliest of this and the enclosing ones; monotonic.
  Token* token = nullptr;               ///< This call's own.
  void* user_data = nullptr;
  std::uintptr_t at = 0;         ///< On the native stack, where the call began.
  std::uintptr_t stack_low = 0;  ///< Of the embedder's own stack; 0 on the thread's.
  std::uintptr_t low = 0;        ///< Where the stack ends; 0 when nobody knows.
  os::Deadline timer;
  bool timer_armed = false;
  std::unique_ptr<Error> pending;  ///< What a host function failed with.
  /// Held from the first host function on, which may drop every handle on what is being called.
  /// Until then the handle that is called through keeps them. `holds` says that they are.
  Ref<Store> held_store;
  Ref<Instance> held_root;

  /// Why this call has to end: None when it has not.
  [[nodiscard]] TrapKind reason_to_end(const Instance* running) const;
};

/// The error for a call in that frame that gave `word`.
Error take_error(CallFrame& frame, TrapWord word);

/// One call: makes the frame, takes the store, arms timer and token; the destructor undoes it all.
class CallScope {
 public:
  CallScope(Store& store, Instance* root, const CallOptions& options);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  /// Why the call cannot begin (Busy, Closed, Internal); null when it can.
  [[nodiscard]] Error* refused() { return refused_.get(); }
  [[nodiscard]] CallFrame& frame() { return frame_; }

  /// Runs a function of the scope's store, for the host or (a start function) for an instance.
  /// Arguments and results in slots.
  TrapWord run(VmFuncRef& func, std::uint64_t* slots, Vmctx* caller = nullptr);
  /// The error for what `run`, or a builtin called in this frame, returned.
  Error take_error(TrapWord word) { return wasmrt::rt::take_error(frame_, word); }

 private:
  void enter(const CallOptions& options);
  void make_resting_frame();
  void bound_native_stack(const CallOptions& options);
  [[nodiscard]] std::uintptr_t own_limit() const;
  void refuse(Error error) { refused_ = std::make_unique<Error>(std::move(error)); }

  CallFrame frame_;
  Activation* outer_activation_ = nullptr;  // of the root, put back at the end
  InterruptCell* outer_cell_ = nullptr;     // of another store, told to arm ours with it
  bool inside_ = false;
  bool innermost_ = false;  // others see the frame
  std::unique_ptr<Error> refused_;
};

/// Calls a function from outside. Arguments and results in slots, of which there are enough.
Result<void> call_func(Store& store, VmFuncRef& func, std::uint64_t* slots,
                       const CallOptions& options);

/// VmFuncRef::entry of host functions.
TrapWord host_entry(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots, VmTailCall*);
/// Calls a host function for the guest in `ctx` (null: for the host) within a frame.
TrapWord call_host_in(CallFrame& frame, Vmctx* ctx, VmFuncRef& callee, std::uint64_t* slots);
// For the stubs of compiled code that do the same with numbers in registers (NativeHandlers).
detail::WordResult call_words_by_slots(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                       std::uint64_t d, void* function, const Func& func);
WordCall call_host_by_slots(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d,
                            VmFuncRef* callee, Vmctx* ctx);
TrapWord host_has_ended(VmHostCall* call, Error* error);
/// What a poll does: nothing when the interrupt was not for this call or is over, else a trap.
TrapWord poll_interrupt(CallFrame& frame, Vmctx* ctx);

/// Copies bytes to memory `mem`, as memory.init does: all or a trap.
TrapWord init_memory(Vmctx* ctx, std::uint32_t mem, std::uint64_t dst,
                     std::span<const std::uint8_t> bytes);

/// The runtime's table of helpers, for Vmctx::builtins.
const Builtins& runtime_builtins();

}  // namespace wasmrt::rt
