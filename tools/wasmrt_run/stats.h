// What --stats prints: times of the stages, sizes and counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <wasmrt/module.hpp>
#include <wasmrt/store.hpp>

#include "tools/wasmrt_run/options.h"

namespace wasmrt::tools {

/// Figures of one run; times in nanoseconds of wall-clock time.
struct RunStats {
  std::uint64_t read_ns = 0;
  std::uint64_t compile_ns = 0;      ///< All of Module::compile; ModuleStats has its parts.
  std::uint64_t instantiate_ns = 0;  ///< With start functions, but not _start.
  std::uint64_t run_ns = 0;
  ModuleStats module;
  StoreStats store;
  std::uint64_t stdout_bytes = 0;           ///< Written by the guest.
  std::uint64_t stdout_refused_writes = 0;  ///< Refused by --stdout-cap.
  std::uint64_t stdout_refused_bytes = 0;
  std::string engine;  ///< What ran the guest, and why not something faster.
};

/// The figures as a table or as one line of JSON; ends with a line end.
std::string format_stats(const RunStats& stats, StatsFormat format);

/// Measures consecutive stages.
class StopWatch {
 public:
  /// Nanoseconds since the last lap or the start.
  std::uint64_t lap() {
    const auto now = std::chrono::steady_clock::now();
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now - last_).count();
    last_ = now;
    return static_cast<std::uint64_t>(ns);
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace wasmrt::tools
