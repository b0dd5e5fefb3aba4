// How calls are ended from outside: deadlines and cancellation tokens, and the options of a call.
#pragma once

#include <chrono>
#include <cstdint>

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/result.hpp>

namespace wasmrt {

/// A point in time after which a call ends with the trap "deadline exceeded". Start functions, bulk
/// operations and host functions that wait through WASI are covered. Converts from durations
/// (counted from now) and points of the steady clock.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  /// No deadline.
  constexpr Deadline() noexcept = default;
  /// A time from now. A negative or zero duration has passed already.
  template <class Rep, class Period>
  Deadline(std::chrono::duration<Rep, Period> from_now)
      : Deadline(Clock::now(), std::chrono::duration<double, std::nano>(from_now).count()) {}
  /// A point in time.
  Deadline(Clock::time_point at) noexcept : at_(at) {}

  [[nodiscard]] bool is_set() const noexcept { return at_ != Clock::time_point::max(); }
  /// The point in time; the clock's maximum when there is no deadline.
  [[nodiscard]] Clock::time_point at() const noexcept { return at_; }

 private:
  Deadline(Clock::time_point now, double ns) noexcept {
    const double room = static_cast<double>((Clock::time_point::max() - now).count());
    if (ns < room) at_ = now + std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
  }
  Clock::time_point at_ = Clock::time_point::max();
};

/// Ends the calls that were given it, now or later, from any thread; they trap with "cancelled".
/// A handle: cheap to copy, thread-safe. Once cancelled it stays so.
class WASMRT_API CancelToken {
 public:
  /// No token: cancelling it does nothing.
  CancelToken() noexcept = default;
  static CancelToken create();
  /// A token whose cancel() may be called in a signal handler. Starts a thread that hands the
  /// cancellation on, once per process. Errors: Internal when there is no thread or descriptor.
  static Result<CancelToken> create_signal_safe();

  /// Ends all calls that run with this token, and those that will. Not in a signal handler, except
  /// for tokens made by create_signal_safe.
  void cancel() const noexcept;
  [[nodiscard]] bool cancelled() const noexcept;
  [[nodiscard]] bool is_set() const noexcept { return impl_.get() != nullptr; }

 private:
  friend struct detail::Access;
  detail::Handle impl_;
};

/// Options of one call into the guest, and of instantiation.
struct CallOptions {
  /// When the call ends at the latest. Calls inside host functions of this call cannot outlive it.
  Deadline deadline = {};
  /// Ends the call when cancelled.
  CancelToken cancel = {};
  /// What Caller::user_data gives to the host functions of this call; null inherits from the outer
  /// call when this one is made inside a host function.
  void* user_data = nullptr;
  /// Whether an exception thrown by a host function is thrown again from this call instead of
  /// being returned as a trap. Has an effect only where the caller's code has exceptions.
  bool rethrow = false;
  /// The lowest usable address of the stack that the call is made on, for callers on a stack of
  /// their own (a fibre); EngineConfig::host_reserve bytes above it stay free. Null: the thread's
  /// own stack, whose bounds are known; a stack that is not, counts as having 32 KiB left. Calls
  /// that host functions of this call make on the same stack inherit it. Whatever the stacks, calls
  /// between host and guest end in the reverse order of their beginning and on the thread they
  /// began on: a host function that returns before a call that began after it has ended ends the
  /// process.
  const void* stack_low = nullptr;
};

}  // namespace wasmrt
