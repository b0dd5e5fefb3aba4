// What the runtime knows of the calling thread: a few words in the static block of thread-local
// storage, so that looking at them is one instruction.
#pragma once

#include <cstdint>

namespace wasmrt::rt {

struct CallFrame;

struct ThreadState {
  std::uint64_t id = 0;  ///< Never used again by another thread; 0 until asked for.
  /// The innermost call into a guest, of any store. A quick call (quick_call.h) is one from its
  /// first host function on.
  CallFrame* innermost = nullptr;
  std::uint64_t idle_id = 0;  ///< `id` while there is no such call, else 0.

  void set_innermost(CallFrame* frame) {
    innermost = frame;
    idle_id = frame == nullptr ? id : 0;
  }
};

inline constinit thread_local ThreadState t_thread{};

/// The calling thread's id.
std::uint64_t new_thread_id() noexcept;
inline std::uint64_t thread_id() noexcept {
  return t_thread.id != 0 ? t_thread.id : new_thread_id();
}

}  // namespace wasmrt::rt
