// The bounds of the calling thread's stack.
//
// Out: the lowest address the stack may grow down to and its upper end.
// Guaranteed: valid for the main thread (its limit counts, not what is mapped at the moment) and
//      for any other thread; zero/zero when the caller does not run on the thread's own stack as
//      the system knows it (a coroutine), so that the caller can choose a fallback.
#pragma once

#include <cstdint>

namespace wasmrt::os {

/// Where a stack lies: it grows from `high` down to `low`.
struct StackBounds {
  uintptr_t low = 0;   ///< lowest usable address; 0 when unknown
  uintptr_t high = 0;  ///< one past the highest address; 0 when unknown

  /// Whether the bounds are known.
  bool known() const { return high != 0; }
  /// Whether `address` lies inside.
  bool contains(uintptr_t address) const { return address >= low && address < high; }
};

/// The bounds of the stack the caller runs on; found once per thread, then cached.
StackBounds current_stack_bounds();

/// An address in the caller's frame: close to the stack pointer.
uintptr_t approximate_stack_pointer();

}  // namespace wasmrt::os
