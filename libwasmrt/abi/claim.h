// A thread's right to enter a store without a lock (runtime/occupancy.h), as the stubs of compiled
// code see it: with it, a call from the host that needs nothing else is a few loads, comparisons
// and stores (runtime/quick_call.h says which, and why these are enough).
#pragma once

#include <atomic>
#include <cstdint>

namespace wasmrt {

struct Activation;

/// Given once, never given back; lives as long as the store, for a thread may look at one that it
/// has lost.
struct alignas(64) VmClaim {
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  enum State : std::uint32_t { Standing, Asked, Taken };

  std::uint64_t thread = kNobody;        ///< Does not change.
  std::atomic<std::uint32_t> inside{0};  ///< How often the thread is inside; only it writes here.
  std::atomic<std::uint32_t> state{Standing};  ///< Only others write here, one at a time.
  // For the thread alone, of the resting frame: `ready` is `thread` when it is made.
  std::atomic<std::uint64_t> ready{kNobody};
  Activation* frame = nullptr;
  std::uintptr_t native_limit = 0;
  // Calls that begin in these bytes of the thread's own stack may go down to that limit.
  std::uintptr_t native_from = 0;
  std::uintptr_t native_room = 0;

  [[nodiscard]] bool reaches(std::uintptr_t here) const { return here - native_from < native_room; }
};

}  // namespace wasmrt
