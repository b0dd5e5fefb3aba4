// A small pool of worker threads for data-parallel loops.
//
// In:  a count of items and a body called with disjoint index ranges that cover all of them.
// Out: nothing until every item is done; the caller works too.
// Guaranteed: no thread exists before a loop is worth one; a loop started from inside a body, or
//      while another thread's loop is running, runs on its caller alone instead of waiting; after
//      fork the child starts its own workers. Workers receive no asynchronous signals.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace wasmrt::os {

/// How often this process is the child of a fork since it was loaded: state that depends on
/// threads compares this with the value it was made under.
uint64_t fork_generation();

/// Starts a thread that receives no asynchronous signals, with a stack of about `stack_bytes`.
/// `name`: at most 15 bytes, for debuggers. False when the system refused.
bool start_thread(size_t stack_bytes, const char* name, void* (*body)(void*), void* user,
                  uintptr_t& handle);

/// Waits for the end of a thread of `start_thread` and frees it.
void join_thread(uintptr_t handle);

/// Where a variable in the static block of thread-local storage lies, from the thread pointer: at
/// the same distance on every thread.
int32_t offset_in_thread(const void* variable);

/// Threads that help with loops. Destroying the pool ends and joins them.
class WorkerPool {
 public:
  /// At most `max_workers` helpers beside the caller, each with a stack of `stack_bytes`.
  explicit WorkerPool(unsigned max_workers, size_t stack_bytes = 1024 * 1024);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Calls `body(begin, end)` for ranges of at most `grain` items that cover [0, count).
  template <typename Body>
  void parallel_for(size_t count, size_t grain, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    run(
        count, grain == 0 ? 1 : grain,
        [](void* user, size_t begin, size_t end) { (*static_cast<Plain*>(user))(begin, end); },
        const_cast<void*>(static_cast<const void*>(&body)));
  }

  /// How many helpers have been started so far.
  unsigned started() const;

 private:
  using RangeBody = void (*)(void* user, size_t begin, size_t end);
  void run(size_t count, size_t grain, RangeBody body, void* user);

  struct State;
  /// Of this process: the child of a fork begins with its own.
  State& state();
  std::atomic<State*> state_;
  unsigned max_workers_;
  size_t stack_bytes_;
};

/// The number of this process.
std::uint32_t process_id();

}  // namespace wasmrt::os
