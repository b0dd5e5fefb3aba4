// A queue by time under a mutex, and the thread that takes from it.
#include "libwasmrt/runtime/background.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace wasmrt::rt {

namespace {

using Clock = std::chrono::steady_clock;

// Deepest seen: 90 KiB, in the recursive parts of selection.
constexpr std::size_t kStack = std::size_t{1} << 20;

}  // namespace

struct Background::State {
  const std::uint64_t generation = os::fork_generation();
  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::condition_variable ended;
  std::multimap<Clock::time_point, Job*> queue;  // among equals as they came
  Job* running = nullptr;
  std::uintptr_t thread = 0;
  bool stop = false;

  [[nodiscard]] bool is_idle() const {
    return running == nullptr && (queue.empty() || queue.begin()->first > Clock::now());
  }

  void put(Job& job, Duration after) {
    job.place_ = queue.emplace(Clock::now() + after, &job);
    job.queued_ = true;
  }
  void take(Job& job) {
    queue.erase(job.place_);
    job.queued_ = false;
  }

  void run(std::unique_lock<std::mutex>& lock, Job& job) {
    take(job);
    running = &job;
    lock.unlock();
    const std::optional<Duration> again = job.run_(job.user_);
    lock.lock();
    running = nullptr;
    if (again && !job.removed_) put(job, *again);
    ended.notify_all();
  }

  static void* work(void* self) {
    State& s = *static_cast<State*>(self);
    std::unique_lock lock(s.mutex);
    while (!s.stop) {
      if (s.queue.empty()) {
        s.changed.wait(lock);
      } else if (const auto [due, job] = *s.queue.begin(); due > Clock::now()) {
        s.changed.wait_until(lock, due);
      } else {
        s.run(lock, *job);
      }
    }
    return nullptr;
  }
};

Background::Background(unsigned helpers) : workers_(helpers), state_(new State) {}

// In the child of a fork a thread that does not exist may hold the mutex: it is left alone.
Background::~Background() {
  State* const s = state_.load(std::memory_order_relaxed);
  if (s->generation != os::fork_generation()) return;
  {
    const std::lock_guard lock(s->mutex);
    s->stop = true;
  }
  s->changed.notify_all();
  if (s->thread != 0) os::join_thread(s->thread);
  delete s;
}

Background::State& Background::state() {
  State* s = state_.load(std::memory_order_acquire);
  if (s->generation == os::fork_generation()) return *s;
  auto* const fresh = new State;
  if (state_.compare_exchange_strong(s, fresh)) return *fresh;
  delete fresh;
  return *s;
}

Background::Added Background::add(Job& job, Duration after) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (s.thread == 0 && !os::start_thread(kStack, "wasmrt-tier", State::work, &s, s.thread)) {
    return Added::No;
  }
  const bool at_once = after == Duration{} && s.is_idle();
  job.removed_ = false;
  s.put(job, after);
  s.changed.notify_all();
  return at_once ? Added::AtOnce : Added::Behind;
}

void Background::remove(Job& job) {
  State& s = state();
  std::unique_lock lock(s.mutex);
  job.removed_ = true;
  if (job.queued_) s.take(job);
  s.ended.wait(lock, [&] { return s.running != &job; });
}

bool Background::is_idle() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  return s.is_idle();
}

}  // namespace wasmrt::rt
