// Engine state: pools and their sizes.
#include "libwasmrt/runtime/engine_state.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "sys/os/fault.h"

namespace wasmrt::rt {

namespace {

// A stack that was used deeply gives its memory back down to this much; shallow calls, the usual
// ones, then find their pages present.
constexpr std::size_t kStackBytesKept = 64 * 1024;
// Stacks kept for reuse. More stores than this at once map and unmap theirs (some 5 us each).
constexpr std::size_t kIdleStacks = 16;

unsigned helper_threads(const EngineConfig& config) {
  const unsigned wanted =
      config.threads != 0 ? config.threads : std::thread::hardware_concurrency();
  return wanted > 1 ? wanted - 1 : 0;
}

}  // namespace

Engine::Engine(const EngineConfig& config)
    : config_(config), workers_(helper_threads(config)), background_(helper_threads(config)) {}

void Engine::enable_guard(bool on) {
  pool_.reset();
  guard_bytes_ = 0;
  if (!on || config_.reservation == MemoryReservation::None) return;
  guard_bytes_ = config_.reservation == MemoryReservation::Guarded8GiB ? kGuard8GiB : kGuard4GiB;
  pool_ = std::make_unique<os::ReservationPool>(k4GiB + guard_bytes_, 0, config_.idle_reservations,
                                                os::kFaultTagGuarded);
}

ValueStack Engine::take_stack() {
  {
    std::lock_guard lock(stacks_mutex_);
    if (!stacks_.empty()) {
      ValueStack stack = std::move(stacks_.back());
      stacks_.pop_back();
      return stack;
    }
  }
  return ValueStack::create(static_cast<std::size_t>(config_.stack_bytes));
}

void Engine::give_stack(ValueStack stack) {
  stack.trim(kStackBytesKept);
  std::lock_guard lock(stacks_mutex_);
  if (stacks_.size() < kIdleStacks) stacks_.push_back(std::move(stack));
}

os::TimerThread& timer_thread() {
  // Never destroyed: calls with deadlines may still run on other threads while the process exits.
  static os::TimerThread* const thread = new os::TimerThread;
  return *thread;
}

}  // namespace wasmrt::rt
