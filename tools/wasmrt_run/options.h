// The command line of wasmrt-run.
//
// In: argv. Out: an Options, or the exit code with which to leave (after --help, --version or a
// message about bad usage has been printed). Options end at FILE; everything behind it is the
// guest's, whatever it looks like.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <wasmrt/engine.hpp>

namespace wasmrt::tools {

/// Exit codes that are not the guest's.
enum ExitCode : int {
  kBadModule = 1,
  kBadUsage = 2,
  kUnreadable = 126,
  kAbsent = 127,
  kTrapped = 134,
};

struct DirOption {
  std::string host;
  std::string guest;
  bool read_only = false;
};

struct EnvOption {
  std::string name;
  std::string value;
};

struct PreloadOption {
  std::string name;
  std::string file;
};

enum class StatsFormat { None, Text, Json };

struct Options {
  std::string file;
  std::vector<std::string> args;  ///< What follows FILE.

  std::vector<DirOption> dirs;
  std::vector<EnvOption> env;
  std::vector<PreloadOption> preloads;
  std::vector<std::string> listen;  ///< HOST:PORT of sockets that the guest may accept on.
  std::optional<std::string> invoke;
  std::optional<std::string> start;
  EngineKind engine = EngineKind::Auto;
  bool compare = false;  ///< Two engines in step.
  Features features;
  bool signals = true;
  std::string cpu;
  bool deterministic = false;
  bool spectre_guards = true;
  bool source_lines = false;
  bool perf_map = false;
  std::string jitdump;
  bool gdb = false;
  std::optional<std::uint64_t> max_memory;  ///< Bytes.
  std::optional<std::uint64_t> max_stack;   ///< Bytes.
  std::optional<std::chrono::nanoseconds> timeout;
  std::optional<std::uint64_t> stdout_cap;  ///< Bytes.
  std::optional<std::uint64_t> random_seed;
  std::optional<std::uint64_t> fixed_clock;  ///< Nanoseconds since 1970.
  bool allow_root_mount = false;
  bool compile_only = false;
  CacheConfig cache{.mode = CacheMode::ReadWrite};
  StatsFormat stats = StatsFormat::None;
  std::string trace;
};

/// Parses the command line.
std::variant<Options, int> parse_options(int argc, char** argv);

}  // namespace wasmrt::tools
