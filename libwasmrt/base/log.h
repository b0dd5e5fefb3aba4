// Log: what the runtime tells its operator (not the guest's output, not dumps).
//
// One door in front of spdlog: no user of this header sees it. A message below the level costs one
// relaxed load. Nothing is constructed before the first message is written, and no thread is ever
// started. Messages go to stderr unless a sink is set.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace wasmrt {

enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warn, Error, Off };

namespace log_detail {
extern constinit std::atomic<LogLevel> level;
}

/// The level: messages below it are dropped. Warn at first.
void log_set_level(LogLevel level);
/// Reads a level by name ("debug"); false when there is none of that name.
bool log_level_from_name(std::string_view name, LogLevel& out);

/// Gets each message instead of stderr. Called by any thread, one at a time.
using LogSink = void (*)(void* user, LogLevel level, std::string_view message);
/// Replaces the sink; null restores stderr.
void log_set_sink(LogSink sink, void* user);

/// True when messages of this level are kept.
inline bool log_enabled(LogLevel at) {
  return at >= log_detail::level.load(std::memory_order_relaxed);
}

/// Writes a message whatever the level; WASMRT_LOG asks first.
void log_write(LogLevel level, std::string_view message);

}  // namespace wasmrt

/// Logs `message` (anything that converts to string_view), evaluated only when it is kept:
/// WASMRT_LOG(Debug, "cache miss: " + path).
#define WASMRT_LOG(level, message)                             \
  do {                                                         \
    if (::wasmrt::log_enabled(::wasmrt::LogLevel::level)) {    \
      ::wasmrt::log_write(::wasmrt::LogLevel::level, message); \
    }                                                          \
  } while (false)
