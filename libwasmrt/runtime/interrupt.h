// Ending calls from outside: the armed state of a store, and cancellation tokens.
//
// In: an InterruptCell is armed by the timer thread, a token or Instance::close, from any thread.
// Out: every instance of the store sees it at its next poll (Vmctx::interrupt, stack_limit),
// whatever is instantiated or dropped meanwhile. Guaranteed: nothing armed is lost and nothing is
// left armed by a disarm that won: both happen under the cell's lock; an entry that raced with an
// arm sees it (see `entered`). A cell may outlive its store; arming it then has no effect.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/runtime/object.h"
#include "sys/os/event.h"

namespace wasmrt::rt {

class InterruptCell final : public detail::Object {
 public:
  /// Adds an instance; it is armed at once when the cell is.
  void add(Vmctx* ctx);
  void remove(Vmctx* ctx);

  /// Makes every instance poll. Any thread, but not in a signal handler.
  void arm() noexcept;
  /// Takes that back, except for instances that are closed. The caller
  /// then looks whether there is a reason left to arm again.
  void disarm() noexcept;
  [[nodiscard]] bool armed() const noexcept { return armed_.load(std::memory_order_seq_cst); }

  /// The thread inside the store is about to enter an instance: sets its stack limit, unless the
  /// cell is armed.
  void entered(Vmctx* ctx, std::uint64_t stack_limit) noexcept {
    if (stack_limit_ != stack_limit) change_limit(stack_limit);  // written by this thread only
    // Written before: a later arm overwrites it, an earlier one has. Nothing to do.
    if (ctx->stack_limit.load(std::memory_order_relaxed) != stack_limit) set_limit(ctx);
  }
  /// A call that was made inside a call into the same store has ended: what instances know of it is
  /// again what they knew of the outer one, which may be in the middle of any of them.
  void left(const Activation* inner, Activation* outer) noexcept;
  /// Marks an instance closed: it stays armed for good.
  void close(Vmctx* ctx) noexcept;

  /// A call into another store, made inside a call into this one: arming this arms `inner` too.
  void add_nested(InterruptCell& inner);
  void remove_nested(InterruptCell& inner);

  /// A descriptor that is readable while the cell is armed; -1 when there is none to be had.
  int event_fd();

 private:
  void change_limit(std::uint64_t limit) noexcept;
  void set_limit(Vmctx* ctx) noexcept;
  static void raise(Vmctx* ctx) noexcept;
  void lower(Vmctx* ctx) const noexcept;
  void limit_stack(std::uint64_t limit) noexcept;  ///< Under the lock.

  std::atomic<bool> armed_{false};
  std::mutex mutex_;
  std::vector<Vmctx*> instances_;
  std::vector<Vmctx*> closed_;
  std::vector<InterruptCell*> nested_;
  std::uint64_t stack_limit_ = 0;
  std::unique_ptr<os::Event> event_;
};

/// What a CancelToken refers to.
class Token final : public detail::Object {
 public:
  explicit Token(bool signal_safe);
  ~Token() override;

  void cancel() noexcept;
  [[nodiscard]] bool cancelled() const noexcept {
    return cancelled_.load(std::memory_order_acquire);
  }
  /// While a call runs with this token its store's cell is listed here.
  void add(InterruptCell& cell);
  void remove(InterruptCell& cell);
  /// Arms the listed cells.
  void fan_out() noexcept;

  /// Starts what signal-safe tokens need; false when the system refuses.
  static bool start_relay();

 private:
  const bool signal_safe_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::vector<InterruptCell*> cells_;
};

}  // namespace wasmrt::rt
