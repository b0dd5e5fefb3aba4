// The log: level gate, lazy evaluation, sink, and the default way to stderr.
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <string>

#include "libwasmrt/base/log.h"

using namespace wasmrt;

namespace {

struct Captured {
  std::string text;
  Captured() {
    log_set_sink(
        [](void* user, LogLevel level, std::string_view message) {
          auto& out = static_cast<Captured*>(user)->text;
          out += std::to_string(static_cast<int>(level));
          out.append(message);
        },
        this);
  }
  ~Captured() {
    log_set_sink(nullptr, nullptr);
    log_set_level(LogLevel::Warn);
  }
};

int evaluated = 0;

std::string counted() {
  ++evaluated;
  return "m";
}

}  // namespace

TEST_CASE("a message below the level is not even built", "[base][log]") {
  Captured out;
  evaluated = 0;
  WASMRT_LOG(Info, counted());
  CHECK(evaluated == 0);
  WASMRT_LOG(Warn, counted());
  log_set_level(LogLevel::Trace);
  WASMRT_LOG(Trace, counted());
  log_set_level(LogLevel::Off);
  WASMRT_LOG(Error, counted());
  CHECK(evaluated == 2);
  CHECK(out.text == "3m0m");
}

TEST_CASE("levels by name", "[base][log]") {
  LogLevel level = LogLevel::Off;
  CHECK(log_level_from_name("debug", level));
  CHECK(level == LogLevel::Debug);
  CHECK_FALSE(log_level_from_name("verbose", level));
}

TEST_CASE("without a sink a message is one line on stderr", "[base][log]") {
  std::fflush(stderr);
  const int saved = dup(2);
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  dup2(fileno(file), 2);
  log_write(LogLevel::Error, "disk {} full");  // braces are text, not a format
  std::fflush(stderr);
  dup2(saved, 2);
  close(saved);
  char line[200] = {};
  std::rewind(file);
  const std::size_t size = std::fread(line, 1, sizeof line - 1, file);
  std::fclose(file);
  const std::string text(line, size);
  CHECK(text.find("wasmrt error: disk {} full\n") != std::string::npos);
  CHECK(text.find('\n') == text.size() - 1);
}
