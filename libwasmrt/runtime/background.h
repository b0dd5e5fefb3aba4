// Turns for long work that nobody waits for, such as compiling while the guest runs.
//
// In: threads that each have a module to compile. Out: one of them at a time, with helpers that are
// not those of loops that somebody waits for, so that any number of modules that become busy
// together take the processors and the memory of one. Guaranteed: who is stopped does not wait;
// after fork the child begins anew.
#pragma once

#include <atomic>

#include "sys/os/thread.h"

namespace wasmrt::rt {

class Background {
 public:
  explicit Background(unsigned helpers);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  /// Waits for a turn, which leave() ends. False, without one, when `stop` was set.
  bool enter(const std::atomic<bool>& stop);
  void leave();
  /// To be called after a `stop` was set.
  void wake();

  [[nodiscard]] os::WorkerPool& workers() { return workers_; }

 private:
  struct State;
  State& state();

  os::WorkerPool workers_;
  std::atomic<State*> state_;
};

}  // namespace wasmrt::rt
