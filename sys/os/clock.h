// Clocks, and one thread that fires callbacks at deadlines.
//
// Out: nanoseconds of the usual clocks; a callback on the timer's thread soon after its deadline.
// Guaranteed: the thread exists only from the first `arm` on; arming a deadline later than the one
//      already waited for wakes nobody; when `cancel` returns, the callback has run to its end or
//      never will (except when called from that callback itself).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace wasmrt::os {

/// Clocks of the system.
enum class Clock : uint8_t { Realtime, Monotonic, ProcessCpu, ThreadCpu };

/// The time in nanoseconds; 0 when the clock is not available.
uint64_t clock_ns(Clock clock);

/// The resolution in nanoseconds; 0 when the clock is not available.
uint64_t clock_resolution_ns(Clock clock);

/// The monotonic clock, for measuring and deadlines.
inline uint64_t monotonic_ns() { return clock_ns(Clock::Monotonic); }

/// One deadline. The owner keeps it alive, and at the same address, until it has fired or was
/// cancelled; it may then be armed again.
struct Deadline {
  void (*fire)(void* user) = nullptr;  ///< called on the timer's thread; must not block
  void* user = nullptr;                ///< its argument

  uint64_t at_ns = 0;            ///< set by TimerThread
  size_t heap_index = SIZE_MAX;  ///< set by TimerThread; SIZE_MAX: not waiting
};

/// Fires deadlines, earliest first. Thread-safe. Deadlines still waiting when it is destroyed
/// never fire. In the child of a fork waiting deadlines are kept and a thread is started when the
/// next one is armed.
class TimerThread {
 public:
  TimerThread();
  ~TimerThread();
  TimerThread(const TimerThread&) = delete;
  TimerThread& operator=(const TimerThread&) = delete;

  /// Fires `deadline` at `at_ns` of the monotonic clock; a time in the past means at once. Moves a
  /// deadline that is waiting already. False when no thread could be started.
  bool arm(Deadline& deadline, uint64_t at_ns);

  /// Takes a deadline back. True when it was waiting; false when it had fired or was never armed.
  bool cancel(Deadline& deadline);

  /// Whether the thread was started.
  bool started() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wasmrt::os
