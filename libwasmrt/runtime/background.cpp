// A flag under a mutex.
#include "libwasmrt/runtime/background.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace wasmrt::rt {

struct Background::State {
  const std::uint64_t generation = os::fork_generation();
  std::mutex mutex;
  std::condition_variable changed;
  bool taken = false;
};

Background::Background(unsigned helpers) : workers_(helpers), state_(new State) {}

// In the child of a fork a thread that does not exist may hold the mutex: it is left alone.
Background::~Background() {
  State* const s = state_.load(std::memory_order_relaxed);
  if (s->generation == os::fork_generation()) delete s;
}

Background::State& Background::state() {
  State* s = state_.load(std::memory_order_acquire);
  if (s->generation == os::fork_generation()) return *s;
  auto* const fresh = new State;
  if (state_.compare_exchange_strong(s, fresh)) return *fresh;
  delete fresh;
  return *s;
}

bool Background::enter(const std::atomic<bool>& stop) {
  State& s = state();
  std::unique_lock lock(s.mutex);
  s.changed.wait(lock, [&] { return !s.taken || stop.load(std::memory_order_relaxed); });
  if (stop.load(std::memory_order_relaxed)) return false;
  s.taken = true;
  return true;
}

void Background::leave() {
  State& s = state();
  {
    const std::lock_guard lock(s.mutex);
    s.taken = false;
  }
  s.changed.notify_all();
}

void Background::wake() {
  State& s = state();
  {
    const std::lock_guard lock(s.mutex);  // who looks at its flag now will be waiting
  }
  s.changed.notify_all();
}

}  // namespace wasmrt::rt
