// clock.h on Linux: clock_gettime, and a thread sleeping on a monotonic condition variable.
//
// Waiting deadlines form a binary heap that knows each entry's place, so that cancelling is a
// removal and not a search. The thread sleeps until the time it was last told; only an earlier
// deadline wakes it, and one that was cancelled costs it one look at the heap.
#include "sys/os/clock.h"

#include <pthread.h>
#include <time.h>

#include <cassert>
#include <new>
#include <utility>
#include <vector>

#include "sys/os/thread.h"

namespace wasmrt::os {
namespace {

constexpr size_t kTimerStackBytes = 256 * 1024;
constexpr uint64_t kForever = UINT64_MAX;

clockid_t native_clock(Clock clock) {
  switch (clock) {
    case Clock::Realtime: return CLOCK_REALTIME;
    case Clock::Monotonic: return CLOCK_MONOTONIC;
    case Clock::ProcessCpu: return CLOCK_PROCESS_CPUTIME_ID;
    case Clock::ThreadCpu: return CLOCK_THREAD_CPUTIME_ID;
  }
  return CLOCK_MONOTONIC;
}

uint64_t to_ns(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

uint64_t clock_ns(Clock clock) {
  timespec time{};
  return clock_gettime(native_clock(clock), &time) == 0 ? to_ns(time) : 0;
}

uint64_t clock_resolution_ns(Clock clock) {
  timespec time{};
  return clock_getres(native_clock(clock), &time) == 0 ? to_ns(time) : 0;
}

struct TimerThread::State {
  pthread_mutex_t mutex;
  pthread_cond_t changed;   // an earlier deadline, or the end
  pthread_cond_t finished;  // a callback has returned
  std::vector<Deadline*> heap;
  Deadline* firing = nullptr;
  uint64_t sleeping_until = kForever;
  uint64_t generation;
  uintptr_t thread = 0;
  bool running = false;
  bool stop = false;

  State() { initialise(); }

  void initialise() {
    pthread_mutex_init(&mutex, nullptr);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    pthread_cond_init(&finished, &attributes);
    pthread_condattr_destroy(&attributes);
    generation = fork_generation();
    sleeping_until = kForever;
    firing = nullptr;
    running = false;
  }

  // In the child of a fork there is one thread and the old locks mean nothing.
  void adopt_after_fork() {
    if (generation != fork_generation()) initialise();
  }

  void place(size_t index, Deadline* deadline) {
    heap[index] = deadline;
    deadline->heap_index = index;
  }

  void sift_up(size_t index) {
    Deadline* const moving = heap[index];
    while (index > 0) {
      const size_t parent = (index - 1) / 2;
      if (heap[parent]->at_ns <= moving->at_ns) break;
      place(index, heap[parent]);
      index = parent;
    }
    place(index, moving);
  }

  void sift_down(size_t index) {
    Deadline* const moving = heap[index];
    for (;;) {
      size_t child = 2 * index + 1;
      if (child >= heap.size()) break;
      if (child + 1 < heap.size() && heap[child + 1]->at_ns < heap[child]->at_ns) ++child;
      if (moving->at_ns <= heap[child]->at_ns) break;
      place(index, heap[child]);
      index = child;
    }
    place(index, moving);
  }

  void insert(Deadline& deadline) {
    heap.push_back(&deadline);
    sift_up(heap.size() - 1);
  }

  void remove(Deadline& deadline) {
    const size_t index = deadline.heap_index;
    assert(index < heap.size() && heap[index] == &deadline);
    Deadline* const last = heap.back();
    heap.pop_back();
    deadline.heap_index = SIZE_MAX;
    if (last == &deadline) return;
    place(index, last);
    sift_up(index);
    sift_down(last->heap_index);
  }

  static void* work(void* self) {
    State& state = *static_cast<State*>(self);
    pthread_mutex_lock(&state.mutex);
    while (!state.stop) {
      if (state.heap.empty()) {
        state.sleeping_until = kForever;
        pthread_cond_wait(&state.changed, &state.mutex);
        continue;
      }
      Deadline* const first = state.heap.front();
      if (first->at_ns > monotonic_ns()) {
        state.sleeping_until = first->at_ns;
        timespec until{};
        until.tv_sec = static_cast<time_t>(first->at_ns / 1'000'000'000u);
        until.tv_nsec = static_cast<long>(first->at_ns % 1'000'000'000u);
        pthread_cond_timedwait(&state.changed, &state.mutex, &until);
        continue;
      }
      state.remove(*first);
      state.firing = first;
      // Copied: the owner may arm it again, or free it in the callback.
      const auto fire = first->fire;
      void* const user = first->user;
      pthread_mutex_unlock(&state.mutex);
      fire(user);
      pthread_mutex_lock(&state.mutex);
      state.firing = nullptr;
      pthread_cond_broadcast(&state.finished);
    }
    pthread_mutex_unlock(&state.mutex);
    return nullptr;
  }

  bool on_timer_thread() const {
    return running && pthread_equal(pthread_self(), static_cast<pthread_t>(thread)) != 0;
  }
};

TimerThread::TimerThread() : state_(std::make_unique<State>()) {}

TimerThread::~TimerThread() {
  State& state = *state_;
  state.adopt_after_fork();
  pthread_mutex_lock(&state.mutex);
  state.stop = true;
  const bool running = state.running;
  pthread_mutex_unlock(&state.mutex);
  if (running) {
    pthread_cond_broadcast(&state.changed);
    join_thread(state.thread);
  }
  for (Deadline* deadline : state.heap) deadline->heap_index = SIZE_MAX;
  pthread_cond_destroy(&state.changed);
  pthread_cond_destroy(&state.finished);
  pthread_mutex_destroy(&state.mutex);
}

bool TimerThread::arm(Deadline& deadline, uint64_t at_ns) {
  State& state = *state_;
  state.adopt_after_fork();
  pthread_mutex_lock(&state.mutex);
  if (!state.running) {
    state.running =
        start_thread(kTimerStackBytes, "wasmrt-timer", State::work, &state, state.thread);
    if (!state.running) {
      pthread_mutex_unlock(&state.mutex);
      return false;
    }
  }
  if (deadline.heap_index != SIZE_MAX) state.remove(deadline);
  deadline.at_ns = at_ns;
  state.insert(deadline);
  const bool earlier = at_ns < state.sleeping_until;
  if (earlier) state.sleeping_until = at_ns;
  pthread_mutex_unlock(&state.mutex);
  if (earlier) pthread_cond_signal(&state.changed);
  return true;
}

bool TimerThread::cancel(Deadline& deadline) {
  State& state = *state_;
  state.adopt_after_fork();
  pthread_mutex_lock(&state.mutex);
  const bool waiting = deadline.heap_index != SIZE_MAX;
  if (waiting) state.remove(deadline);
  if (!state.on_timer_thread()) {
    while (state.firing == &deadline) pthread_cond_wait(&state.finished, &state.mutex);
  }
  pthread_mutex_unlock(&state.mutex);
  return waiting;
}

bool TimerThread::started() const {
  state_->adopt_after_fork();
  pthread_mutex_lock(&state_->mutex);
  const bool running = state_->running;
  pthread_mutex_unlock(&state_->mutex);
  return running;
}

}  // namespace wasmrt::os
