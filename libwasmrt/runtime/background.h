// The one thread of an engine for work that nobody waits for: compiling while the guest runs, and
// writing to disk.
//
// In: jobs, each with the time when it is due. Out: one of them at a time runs, the longest due
// first, on a thread with helpers that are not those of loops that somebody waits for; so any
// number of modules that become busy together take the processors and the memory of one.
// Guaranteed: there is no thread before the first job, and none behind the object; a job that
// cannot go on (another process has the lock it needs) is put back behind those that are due, and
// holds up nobody; once remove() has returned, a job neither runs nor is known here; no lock of
// this class is held while a job runs, so jobs may take any. After fork the child begins anew, with
// no jobs, and what belongs to its parent's is left alone: remove() is not for those.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "sys/os/thread.h"

namespace wasmrt::rt {

class Background {
 public:
  using Duration = std::chrono::microseconds;

  /// Lives until it has come to its end or was removed.
  class Job {
   public:
    /// Gives nothing at its end, else after how long it is to be run again.
    using Run = std::optional<Duration> (*)(void* user);
    Job(Run run, void* user) : run_(run), user_(user) {}
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

   private:
    friend class Background;
    const Run run_;
    void* const user_;
    // Guarded by the queue's mutex.
    std::multimap<std::chrono::steady_clock::time_point, Job*>::iterator place_;
    bool queued_ = false;
    bool removed_ = false;
  };

  explicit Background(unsigned helpers);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  enum class Added : std::uint8_t {
    AtOnce,  ///< Nothing runs or is due before it.
    Behind,
    No,  ///< The system has no thread for it.
  };
  /// For a job that is not known here.
  Added add(Job& job, Duration after);
  /// Takes a job out, whether it is known or not, and waits for its end when it is running.
  void remove(Job& job);
  /// Whether nothing runs or is due.
  [[nodiscard]] bool is_idle();

  /// For the job that runs.
  [[nodiscard]] os::WorkerPool& workers() { return workers_; }

 private:
  struct State;
  State& state();

  os::WorkerPool workers_;
  std::atomic<State*> state_;
};

}  // namespace wasmrt::rt
