// Waiting for descriptors, a time, and an interruption, all at once.
//
// Guaranteed: returns at the latest at the deadline, and as soon as the interrupting descriptor
//      becomes readable, whatever else is waited for.
#pragma once

#include <cstdint>
#include <span>

namespace wasmrt::os {

/// What one descriptor is waited for, and what was found.
struct WaitItem {
  int descriptor = -1;
  bool want_read = false;
  bool want_write = false;
  bool ready_read = false;
  bool ready_write = false;
  bool hung_up = false;
  bool failed = false;   ///< an error is pending on it
  bool invalid = false;  ///< not an open descriptor
};

/// Why a wait ended.
enum class WaitResult : uint8_t { Ready, TimedOut, Interrupted, Failed };

/// No deadline.
inline constexpr uint64_t kNoDeadline = UINT64_MAX;

/// Waits until an item is ready, `deadline_ns` of the monotonic clock has come, or
/// `interrupt_descriptor` (-1: none) is readable.
WaitResult wait_for(std::span<WaitItem> items, uint64_t deadline_ns, int interrupt_descriptor);

}  // namespace wasmrt::os
