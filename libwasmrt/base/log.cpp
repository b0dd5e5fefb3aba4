// The door to spdlog. It is used header-only and without its global registry: the logger is made
// by the first message that goes to stderr.
#include "libwasmrt/base/log.h"

#define FMT_HEADER_ONLY 1
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
#include <mutex>

namespace wasmrt {

namespace log_detail {
constinit std::atomic<LogLevel> level{LogLevel::Warn};
}

namespace {

constinit std::mutex mutex;
LogSink sink = nullptr;
void* sink_user = nullptr;

constexpr std::string_view kNames[] = {"trace", "debug", "info", "warn", "error", "off"};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Trace: return spdlog::level::trace;
    case LogLevel::Debug: return spdlog::level::debug;
    case LogLevel::Info: return spdlog::level::info;
    case LogLevel::Warn: return spdlog::level::warn;
    case LogLevel::Error: return spdlog::level::err;
    case LogLevel::Off: break;
  }
  return spdlog::level::off;
}

// Never destroyed: messages may come from threads that outlive main's statics.
spdlog::logger& stderr_logger() {
  static spdlog::logger* const logger = [] {
    auto* made = new spdlog::logger("wasmrt", std::make_shared<spdlog::sinks::stderr_sink_st>());
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    made->set_pattern("%H:%M:%S.%e %n %l: %v");
    return made;
  }();
  return *logger;
}

}  // namespace

void log_set_level(LogLevel level) { log_detail::level.store(level, std::memory_order_relaxed); }

bool log_level_from_name(std::string_view name, LogLevel& out) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) {
      out = static_cast<LogLevel>(i);
      return true;
    }
  }
  return false;
}

void log_set_sink(LogSink new_sink, void* user) {
  const std::lock_guard lock(mutex);
  sink = new_sink;
  sink_user = user;
}

void log_write(LogLevel level, std::string_view message) {
  const std::lock_guard lock(mutex);
  if (sink != nullptr) return sink(sink_user, level, message);
  stderr_logger().log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace wasmrt
