// Calls from the host into guests, and from guests into host functions.
#include "libwasmrt/runtime/call.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "libwasmrt/base/assert.h"
#include "libwasmrt/base/dump.h"
#include "libwasmrt/frontend/report.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/quick_call.h"
#include "libwasmrt/wasm/trap.h"
#include "sys/os/fault.h"
#include "sys/os/stack.h"

namespace wasmrt::rt {

namespace {

// On a stack whose bounds nobody knows (a coroutine) this much below the caller is taken as usable.
constexpr std::uintptr_t kUnknownStack = 32 * 1024;
// Of what a guest may use, the library's own frames between where that is counted from and where
// the guest begins: a call of the quick way is counted from a little higher up (quick_call.h).
constexpr std::uintptr_t kEntryBytes = 2048;

TrapWord word(TrapKind kind) { return static_cast<TrapWord>(kind); }

std::uint64_t to_ns(const Deadline& deadline) {
  if (!deadline.is_set()) return CallFrame::kNever;
  const auto since =
      std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.at().time_since_epoch());
  return since.count() < 0 ? 0 : static_cast<std::uint64_t>(since.count());
}

void dump_call(const char* direction, const VmFuncRef& func) {
  std::string text = std::string("call ") + direction + ": ";
  const void* const owner = func.vmctx != nullptr ? func.vmctx->instance : nullptr;
  if (const auto* instance = static_cast<const Instance*>(owner); instance != nullptr) {
    if (!instance->name().empty()) text += instance->name() + ": ";
    text += function_text(instance->module().decoded(), FuncIdx{func.func_idx}) + ' ';
  }
  dump_write(Stage::Call, text + to_string(func_type(func).composite.func) + '\n');
}

[[noreturn]] void die_of_disorder() {
  std::fputs(
      "wasmrt: a call between host and guest ended before one that had begun after it on the same "
      "thread: host functions that change stacks must change back before they return\n",
      stderr);
  std::abort();
}

void fire(void* cell) { static_cast<InterruptCell*>(cell)->arm(); }

}  // namespace

CallScope::CallScope(Store& store, Instance* root, const CallOptions& options)
    : frame_(store, root) {
  enter(options);
}

void CallScope::bound_native_stack(const CallOptions& options) {
  const std::uintptr_t here = os::approximate_stack_pointer();
  const EngineConfig& config = frame_.store.engine().config();
  const CallFrame* outer = frame_.enclosing;
  // A call around this one is on the same stack when it lies between us and that stack's end.
  const bool below_outer = outer != nullptr && here <= outer->at;
  frame_.at = here;
  frame_.stack_low = reinterpret_cast<std::uintptr_t>(options.stack_low);
  if (frame_.stack_low == 0 && below_outer && outer->stack_low <= here) {
    frame_.stack_low = outer->stack_low;
  }
  frame_.low = frame_.stack_low;
  if (frame_.low == 0) {
    const os::StackBounds bounds = os::current_stack_bounds();
    if (!bounds.known()) {
      // What the outer call may use is all there is: every call its own share would have no end.
      const bool shared = below_outer && here + kUnknownStack >= outer->native_limit;
      frame_.native_limit = shared                 ? outer->native_limit
                            : here > kUnknownStack ? here - kUnknownStack
                                                   : 0;
      return;
    }
    frame_.low = bounds.low;
  }
  frame_.native_limit =
      std::max(frame_.low + static_cast<std::uintptr_t>(config.host_reserve), own_limit());
}

/// The guest's frames of one store take EngineConfig::stack_bytes at the most, also those of calls
/// inside its host functions as long as they stay on one stack.
std::uintptr_t CallScope::own_limit() const {
  const std::uintptr_t here = frame_.at;
  for (const CallFrame* f = frame_.enclosing_here; f != nullptr; f = f->enclosing_here) {
    if (f->low != 0 && f->low <= here && here <= f->at) return f->native_limit;
  }
  const VmClaim& claim = frame_.store.occupancy().claim();
  if (frame_.enclosing == nullptr && claim.ready.load(std::memory_order_relaxed) == t_thread.id &&
      claim.reaches(here)) {
    return claim.native_limit;  // the same, so that quick calls go on
  }
  const auto most = static_cast<std::uintptr_t>(frame_.store.engine().config().stack_bytes);
  return here + kEntryBytes > most ? here + kEntryBytes - most : 0;
}

void CallScope::enter(const CallOptions& options) {
  Store& store = frame_.store;
  Instance* const root = frame_.root();
  if (root != nullptr && root->closed()) {
    return refuse({ErrorCode::Closed, root->name().empty() ? std::string("instance closed")
                                                           : "instance closed: " + root->name()});
  }
  if (!store.try_enter()) return refuse(store_busy());
  inside_ = true;
  frame_.enclosing = t_thread.innermost;
  frame_.enclosing_here = t_thread.innermost;
  while (frame_.enclosing_here != nullptr && &frame_.enclosing_here->store != &store) {
    frame_.enclosing_here = frame_.enclosing_here->enclosing;
  }
  frame_.previous = frame_.enclosing;
  bound_native_stack(options);
  if (frame_.enclosing_here != nullptr) {
    frame_.top = frame_.enclosing_here->top;
    frame_.limit = frame_.enclosing_here->limit;
  } else {
    ValueStack& stack = store.value_stack();
    if (!stack.valid()) {
      return refuse({ErrorCode::Internal, "no address space for the guest's stack"});
    }
    frame_.top = stack.base();
    frame_.limit = stack.limit();
    if (store.engine().config().signals && !os::prepare_thread_for_faults()) {
      return refuse({ErrorCode::Internal, "no memory for a signal stack"});
    }
  }
  frame_.user_data = options.user_data;
  if (options.user_data == nullptr && frame_.enclosing != nullptr) {
    frame_.user_data = frame_.enclosing->user_data;
  }
  t_thread.set_innermost(&frame_);
  innermost_ = true;

  InterruptCell& cell = store.interrupts();
  if (root != nullptr) {
    outer_activation_ = root->vmctx().activation;
    root->vmctx().activation = &frame_;
    cell.entered(&root->vmctx(), frame_.native_limit);
  }

  // What ends a call around this one in another store ends this one too.
  if (frame_.enclosing != frame_.enclosing_here) {
    outer_cell_ = &frame_.enclosing->store.interrupts();
    outer_cell_->add_nested(cell);
  }
  // The nearest bound of all calls around; a timer of our own only for an earlier one.
  frame_.deadline_ns = to_ns(options.deadline);
  const std::uint64_t around =
      frame_.enclosing != nullptr ? frame_.enclosing->deadline_ns : CallFrame::kNever;
  if (frame_.deadline_ns < around) {
    frame_.timer.fire = &fire;
    frame_.timer.user = &cell;
    if (frame_.deadline_ns <= os::monotonic_ns()) {
      cell.arm();
    } else if (timer_thread().arm(frame_.timer, frame_.deadline_ns)) {
      frame_.timer_armed = true;
    } else {
      return refuse({ErrorCode::Internal, "no thread for deadlines"});
    }
  } else {
    frame_.deadline_ns = around;
  }
  frame_.token = detail::Access::get(options.cancel);
  if (frame_.token != nullptr) frame_.token->add(cell);
  if (frame_.enclosing == nullptr && options.stack_low == nullptr) make_resting_frame();
}

/// For the next calls like this one, if they have no options.
void CallScope::make_resting_frame() {
  Occupancy::Claim& claim = frame_.store.occupancy().claim();
  const os::StackBounds bounds = os::current_stack_bounds();
  const bool made = claim.ready.load(std::memory_order_relaxed) == claim.thread;
  if (claim.thread != t_thread.id || (made && claim.native_limit == frame_.native_limit) ||
      !bounds.known() || dump_enabled(Stage::Call)) {
    return;
  }
  CallFrame& frame = frame_.store.resting_frame();
  frame.top = frame_.top;
  frame.limit = frame_.limit;
  frame.native_limit = frame_.native_limit;
  frame.low = frame_.low;
  frame.at = bounds.high;  // wherever its calls begin, those inside them do so on the same stack
  if (const NativeStubs* stubs = frame.store.engine().native(); stubs != nullptr) {
    frame.native_back = stubs->quick_back;
  }
  claim.frame = &frame;
  claim.native_limit = frame.native_limit;
  // Calls that begin elsewhere may use as much, or nearly so.
  const EngineConfig& config = frame.store.engine().config();
  const auto most = static_cast<std::uintptr_t>(config.stack_bytes);
  const bool all = frame.native_limit == frame.low + config.host_reserve;
  const std::uintptr_t skipped = all ? 0 : most - most / 8;
  claim.native_from = frame.native_limit + skipped;
  claim.native_room = std::min(bounds.high - frame.native_limit, most) - skipped;
  claim.ready.store(claim.thread, std::memory_order_relaxed);
}

CallScope::~CallScope() {
  if (!inside_) return;
  Store& store = frame_.store;
  InterruptCell& cell = store.interrupts();
  if (frame_.token != nullptr) frame_.token->remove(cell);
  if (frame_.timer_armed) timer_thread().cancel(frame_.timer);
  if (innermost_) {
    if (t_thread.innermost != &frame_) die_of_disorder();
    t_thread.set_innermost(frame_.enclosing);
    if (frame_.entered != nullptr) frame_.entered->activation = outer_activation_;
    if (frame_.enclosing_here != nullptr) cell.left(&frame_, frame_.enclosing_here);
  }
  if (outer_cell_ != nullptr) outer_cell_->remove_nested(cell);
  // What armed the cell may have been this call's; a call around us finds out at its next poll.
  if (frame_.enclosing_here == nullptr && cell.armed()) cell.disarm();
  store.leave();
}

TrapWord CallScope::run(VmFuncRef& func, std::uint64_t* slots, Vmctx* caller) {
  if (func.host != nullptr) return call_host_in(frame_, caller, func, slots);
  // A start function may belong to another instance than the one that is made.
  Activation* const before = std::exchange(func.vmctx->activation, &frame_);
  const TrapWord trap = func.entry(&func, nullptr, slots, nullptr);
  func.vmctx->activation = before;
  return trap;
}

TrapKind CallFrame::reason_to_end(const Instance* running) const {
  if (running != nullptr && running->closed()) return TrapKind::Cancelled;
  for (const CallFrame* f = this; f != nullptr; f = f->enclosing) {
    if (f->token != nullptr && f->token->cancelled()) return TrapKind::Cancelled;
    if (f->root() != nullptr && f->root()->closed()) return TrapKind::Cancelled;
  }
  if (deadline_ns != kNever && os::monotonic_ns() >= deadline_ns) {
    return TrapKind::DeadlineExceeded;
  }
  return TrapKind::None;
}

TrapWord poll_interrupt(CallFrame& frame, Vmctx* ctx) {
  InterruptCell& cell = frame.store.interrupts();
  // First down, then look: what is armed after this look is armed again.
  cell.disarm();
  const TrapKind reason =
      frame.reason_to_end(ctx != nullptr ? static_cast<Instance*>(ctx->instance) : nullptr);
  // Calls around this one have to end too; each finds out for itself.
  if (reason != TrapKind::None) cell.arm();
  return word(reason);
}

/// The same as calling the host function, past the store's observer.
static Result<void> observed_call(Store& store, HostFunc& host, Caller& caller,
                                  std::uint64_t* slots) {
  const std::size_t count = std::max(host.ref().param_slots, host.ref().result_slots);
  return store.observer()->host_call(
      caller, host.name, host.type().composite.func, {slots, count},
      [&] { return host.function().invoke(host.function().state, caller, slots); });
}

/// Notes what a host function failed with. Gives the trap.
static TrapWord host_failed(CallFrame& frame, Error error) {
  TrapKind kind = TrapKind::HostError;
  if (error.code == ErrorCode::Exit) {
    kind = TrapKind::Exit;
  } else if (error.trap() != nullptr && error.trap()->kind() != TrapKind::None) {
    kind = error.trap()->kind();
  } else {
    Trap trap = Trap::host(error.message);
    error = std::move(trap);
  }
  frame.pending = std::make_unique<Error>(std::move(error));
  return word(kind);
}

TrapWord call_host_in(CallFrame& frame, Vmctx* ctx, VmFuncRef& callee, std::uint64_t* slots) {
  HostFunc& host = *static_cast<HostFunc*>(callee.host);
  // A guest's instance keeps what it imports; the host may drop the function it calls.
  const Ref<HostFunc> keep(ctx == nullptr ? &host : nullptr);
  const FuncType& type = host.type().composite.func;
  if (callee.has_refs && ctx != nullptr) {
    const std::uint64_t* at = slots;
    for (const ValType t : type.params) {
      if (t.is_ref()) pin_value(frame.store, t, *at);
      at += t.slots();
    }
  }
  if (!frame.holds) {
    frame.held_store = Ref<Store>(&frame.store);
    frame.held_root = Ref<Instance>(frame.root());
    frame.holds = true;
    frame.hosts_at_once = frame.store.observer() == nullptr && !dump_enabled(Stage::Call);
    if (t_thread.innermost == nullptr) t_thread.set_innermost(&frame);
  }
  if (dump_enabled(Stage::Call)) dump_call("into the host", callee);
  detail::CallFrame host_frame{&frame, ctx};
  Caller caller = detail::Access::make_caller(host_frame);
  Result<void> done = frame.store.observer() == nullptr
                          ? host.function().invoke(host.function().state, caller, slots)
                          : observed_call(frame.store, host, caller, slots);
  if (t_thread.innermost != &frame) die_of_disorder();
  if (!done) return host_failed(frame, std::move(done).error());
  if (callee.has_refs) {
    const std::uint64_t* at = slots;
    for (const ValType t : type.results) {
      if (t.is_ref() && !admit(frame.store, t, *at)) {
        return host_failed(
            frame, Trap(TrapKind::HostResultMismatch,
                        "host function returned the wrong results: a function of another store"));
      }
      at += t.slots();
    }
  }
  // The host may have waited for longer than the call was allowed to take.
  if (frame.store.interrupts().armed()) return poll_interrupt(frame, ctx);
  return 0;
}

TrapWord host_entry(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots, VmTailCall*) {
  return call_host_in(*static_cast<CallFrame*>(caller->activation), caller, *callee, slots);
}

WordCall call_host_by_slots(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d,
                            VmFuncRef* callee, Vmctx* ctx) {
  WASMRT_ASSERT(!callee->has_refs, "words hold numbers");
  std::uint64_t slots[kCallWords] = {a, b, c, d};
  const TrapWord trap = host_entry(callee, ctx, slots, nullptr);
  return {slots[0], trap};
}

static_assert(sizeof(detail::CallFrame) == sizeof(VmHostCall) &&
              offsetof(detail::CallFrame, ctx) == offsetof(VmHostCall, ctx));

TrapWord host_has_ended(VmHostCall* call, Error* error) {
  CallFrame& frame = *static_cast<CallFrame*>(call->activation);
  if (t_thread.innermost != &frame) die_of_disorder();
  if (const std::unique_ptr<Error> owned(error); owned != nullptr) {
    return host_failed(frame, std::move(*owned));
  }
  return poll_interrupt(frame, call->ctx);
}

Error* finish_quick_call(Occupancy::Claim& claim, TrapWord trap) {
  CallFrame& frame = *static_cast<CallFrame*>(claim.frame);
  Store& store = frame.store;
  // These may be the last references, and the frame is the store's.
  const Ref<Store> held_store = std::move(frame.held_store);
  const Ref<Instance> held_root = std::move(frame.held_root);
  frame.holds = frame.hosts_at_once = false;
  Error* const error = trap == 0 ? nullptr : new Error(take_error(frame, trap));
  if (store.interrupts().armed()) store.interrupts().disarm();
  t_thread.set_innermost(nullptr);
  Occupancy::leave_by(claim);
  return error;
}

Result<void> call_func(Store& store, VmFuncRef& func, std::uint64_t* slots,
                       const CallOptions& options) {
  Instance* root = func.host != nullptr ? nullptr : static_cast<Instance*>(func.vmctx->instance);
  const FuncType& type = func_type(func).composite.func;
  const bool has_refs = func.has_refs;
  if (has_refs) {
    const std::uint64_t* at = slots;
    for (const ValType t : type.params) {
      if (t.is_ref() && !admit(store, t, *at)) {
        return Error(ErrorCode::InvalidArgument,
                     "invalid parameter type for call: a function of another store");
      }
      at += t.slots();
    }
  }
  Occupancy::Claim* const claim =
      root != nullptr && !has_refs && !has_options(options) ? begin_quick_call(func) : nullptr;
  if (claim != nullptr) {
    func.vmctx->activation = claim->frame;
    const TrapWord trap = func.entry(&func, nullptr, slots, nullptr);
    const std::unique_ptr<Error> error(end_quick_call(*claim, trap));
    if (error != nullptr) return std::move(*error);
  } else {
    CallScope scope(store, root, options);
    if (Error* refused = scope.refused(); refused != nullptr) return std::move(*refused);
    if (dump_enabled(Stage::Call)) dump_call("into the guest", func);
    if (const TrapWord trap = scope.run(func, slots); trap != 0) return scope.take_error(trap);
  }
  if (has_refs) {
    const std::uint64_t* at = slots;
    for (const ValType t : type.results) {
      if (t.is_ref()) pin_value(store, t, *at);
      at += t.slots();
    }
  }
  return {};
}

}  // namespace wasmrt::rt
