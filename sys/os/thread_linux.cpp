// thread.h on Linux: pthreads with chosen stack sizes and all asynchronous signals blocked.
//
// One loop runs at a time per pool. Ranges are taken from an atomic cursor, so a slow range does
// not hold up the others; the caller takes ranges like a worker and then waits for stragglers.
#include "sys/os/thread.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <vector>

#include "sys/os/vm.h"

namespace wasmrt::os {
namespace {

std::atomic<uint64_t> g_fork_generation{0};

thread_local bool t_inside_loop = false;

// Blocks what a process is sent from outside; faults of the thread itself stay deliverable.
void block_asynchronous_signals(sigset_t& saved) {
  sigset_t set;
  sigfillset(&set);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) sigdelset(&set, fault);
  pthread_sigmask(SIG_BLOCK, &set, &saved);
}

}  // namespace

uint64_t fork_generation() {
  static const bool hooked =
      pthread_atfork(nullptr, nullptr, [] { g_fork_generation.fetch_add(1); }) == 0;
  (void)hooked;
  return g_fork_generation.load(std::memory_order_relaxed);
}

int32_t offset_in_thread(const void* variable) {
  uintptr_t thread = 0;
#if defined(__x86_64__)
  asm("mov %%fs:0, %0" : "=r"(thread));
#elif defined(__aarch64__)
  asm("mrs %0, tpidr_el0" : "=r"(thread));
#endif
  return static_cast<int32_t>(reinterpret_cast<uintptr_t>(variable) - thread);
}

bool start_thread(size_t stack_bytes, const char* name, void* (*body)(void*), void* user,
                  uintptr_t& handle) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  const size_t least = static_cast<size_t>(PTHREAD_STACK_MIN) + 64 * 1024;
  pthread_attr_setstacksize(&attributes,
                            round_up_to_pages(stack_bytes < least ? least : stack_bytes));
  sigset_t saved;
  block_asynchronous_signals(saved);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, body, user);
  pthread_sigmask(SIG_SETMASK, &saved, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) return false;
  pthread_setname_np(thread, name);
  handle = static_cast<uintptr_t>(thread);
  return true;
}

void join_thread(uintptr_t handle) { pthread_join(static_cast<pthread_t>(handle), nullptr); }

struct WorkerPool::State {
  uint64_t generation = fork_generation();
  std::mutex loop_mutex;  // held by the thread whose loop is running

  std::mutex mutex;  // guards what follows
  std::condition_variable work_arrived;
  std::condition_variable worker_done;
  std::vector<uintptr_t> threads;
  uint64_t loop_serial = 0;
  unsigned wanted = 0;   // workers that may still join the current loop
  unsigned running = 0;  // workers inside the current loop
  bool stop = false;

  // The current loop; written before `loop_serial` moves.
  RangeBody body = nullptr;
  void* user = nullptr;
  size_t count = 0;
  size_t grain = 0;
  std::atomic<size_t> cursor{0};

  void take_ranges() {
    t_inside_loop = true;
    for (;;) {
      const size_t begin = cursor.fetch_add(grain, std::memory_order_relaxed);
      if (begin >= count) break;
      body(user, begin, count - begin < grain ? count : begin + grain);
    }
    t_inside_loop = false;
  }

  static void* work(void* self) {
    State& state = *static_cast<State*>(self);
    uint64_t seen = 0;
    std::unique_lock lock(state.mutex);
    for (;;) {
      state.work_arrived.wait(
          lock, [&] { return state.stop || (state.loop_serial != seen && state.wanted > 0); });
      if (state.stop) return nullptr;
      seen = state.loop_serial;
      --state.wanted;
      ++state.running;
      lock.unlock();
      state.take_ranges();
      lock.lock();
      if (--state.running == 0) state.worker_done.notify_all();
    }
  }
};

WorkerPool::WorkerPool(unsigned max_workers, size_t stack_bytes)
    : state_(new State), max_workers_(max_workers), stack_bytes_(stack_bytes) {}

WorkerPool::~WorkerPool() {
  State* const s = state_.load(std::memory_order_relaxed);
  // In the child of a fork the threads are gone and the mutex may be held by nobody: leave it all.
  if (s->generation != fork_generation()) return;
  {
    const std::lock_guard lock(s->mutex);
    s->stop = true;
  }
  s->work_arrived.notify_all();
  for (const uintptr_t thread : s->threads) join_thread(thread);
  delete s;
}

WorkerPool::State& WorkerPool::state() {
  State* s = state_.load(std::memory_order_acquire);
  if (s->generation == fork_generation()) return *s;
  auto* const fresh = new State;
  if (state_.compare_exchange_strong(s, fresh)) return *fresh;
  delete fresh;
  return *s;
}

unsigned WorkerPool::started() const {
  State* const s = state_.load(std::memory_order_acquire);
  if (s->generation != fork_generation()) return 0;
  const std::lock_guard lock(s->mutex);
  return static_cast<unsigned>(s->threads.size());
}

void WorkerPool::run(size_t count, size_t grain, RangeBody body, void* user) {
  if (count == 0) return;
  const size_t ranges = count / grain + (count % grain != 0 ? 1 : 0);
  const auto alone = [&] {
    for (size_t begin = 0; begin < count; begin += grain) {
      body(user, begin, count - begin < grain ? count : begin + grain);
      if (count - begin <= grain) break;
    }
  };
  if (ranges < 2 || max_workers_ == 0 || t_inside_loop) return alone();
  State& s = state();
  std::unique_lock loop(s.loop_mutex, std::try_to_lock);
  if (!loop.owns_lock()) return alone();

  const size_t helpers = ranges - 1 < max_workers_ ? ranges - 1 : max_workers_;
  {
    const std::lock_guard lock(s.mutex);
    s.body = body;
    s.user = user;
    s.count = count;
    s.grain = grain;
    s.cursor.store(0, std::memory_order_relaxed);
    while (s.threads.size() < helpers) {
      uintptr_t handle = 0;
      if (!start_thread(stack_bytes_, "wasmrt-worker", State::work, &s, handle)) break;
      s.threads.push_back(handle);
    }
    s.wanted = static_cast<unsigned>(helpers);
    ++s.loop_serial;
  }
  s.work_arrived.notify_all();
  s.take_ranges();
  std::unique_lock lock(s.mutex);
  s.wanted = 0;  // who has not joined by now finds nothing left
  s.worker_done.wait(lock, [&] { return s.running == 0; });
}

std::uint32_t process_id() { return static_cast<std::uint32_t>(getpid()); }

}  // namespace wasmrt::os
