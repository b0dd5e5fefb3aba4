// One run of wasmrt-run: reads, compiles, links, instantiates, calls, reports.
#include "tools/wasmrt_run/run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <wasmrt/wasmrt.hpp>

#include "libwasmrt/base/dump.h"
#include "libwasmrt/engine/cache_format.h"
#include "sys/os/file.h"
#include "sys/os/private_files.h"
#include "sys/os/socket.h"
#include "tools/wasmrt_run/compare.h"
#include "tools/wasmrt_run/invoke.h"
#include "tools/wasmrt_run/problem_text.h"
#include "tools/wasmrt_run/stats.h"
#include "tools/wasmrt_run/units.h"

namespace wasmrt::tools {

namespace {

/// Largest file that is read; the format's own limits are far below.
constexpr std::uint64_t kMaxFile = std::uint64_t{4} << 30;
/// Modules from this size on are announced on a terminal while they compile.
constexpr std::size_t kAnnounceBytes = 4 << 20;

/// The text without what a terminal would obey: names in modules are the guest's.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out += c;
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, c == '\n' ? "\n" : "\\%02x", c & 0xff);
      out += escaped;
    }
  }
  return out;
}

void print_error(const std::string& text) {
  const bool colour = isatty(STDERR_FILENO) != 0;
  std::fprintf(stderr, "%swasmrt-run:%s %s\n", colour ? "\033[1;31m" : "", colour ? "\033[0m" : "",
               printable(text).c_str());
}

int exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::Exit: return static_cast<int>(error.exit_code);
    case ErrorCode::Trap: return kTrapped;
    default: return kBadModule;
  }
}

/// Prints an error, a trap with its backtrace, and gives the exit code. proc_exit is no error.
int report(const Error& error, const std::string& file) {
  if (error.code == ErrorCode::Trap && error.trap() != nullptr) {
    print_error("trap: " + error.trap()->to_string());
  } else if (error.code != ErrorCode::Exit) {
    print_error(file + ": " + error.message);
  }
  return exit_code_of(error);
}

int read_input(const std::string& file, std::vector<std::uint8_t>& bytes) {
  const int error = file == "-" ? os::read_descriptor(STDIN_FILENO, kMaxFile, bytes)
                                : os::read_file(file, os::Links::Follow, kMaxFile, bytes);
  if (error == 0) return 0;
  print_error(file + ": " + std::strerror(error));
  return error == ENOENT || error == ENOTDIR ? kAbsent : kUnreadable;
}

bool is_image(const std::string& file) {
  os::OwnedDescriptor descriptor;
  return os::open_for_reading(file, descriptor) == 0 && engine::begins_image(descriptor.get());
}

EngineConfig engine_config(const Options& o) {
  EngineConfig config;
  config.engine = o.engine;
  config.features = o.features;
  config.signals = o.signals;
  config.cpu = o.cpu;
  config.cache = o.cache;
  config.deterministic = o.deterministic;
  config.spectre_guards = o.spectre_guards;
  config.keep_custom_sections = false;
  config.source_lines = o.source_lines;
  config.perf_map = o.perf_map;
  config.jitdump = o.jitdump;
  config.gdb = o.gdb;
  if (!o.signals) config.reservation = MemoryReservation::None;
  if (o.max_memory) config.limits.memory_pages = *o.max_memory / 65536;
  if (o.max_stack) config.stack_bytes = *o.max_stack;
  return config;
}

WasiConfig wasi_config(const Options& o, std::shared_ptr<WasiOutputCounts> counts) {
  WasiConfig config;
  config.args.push_back(o.file);
  if (!o.invoke) config.args.insert(config.args.end(), o.args.begin(), o.args.end());
  for (const EnvOption& env : o.env) config.env.emplace_back(env.name, env.value);
  for (const DirOption& dir : o.dirs) {
    config.mounts.push_back(
        {.host_path = dir.host, .guest_path = dir.guest, .read_only = dir.read_only});
  }
  // Standard input that carried the module has been read to its end.
  if (o.file != "-") config.stdin_from = WasiInput::inherit();
  config.stdout_to = WasiOutput::inherit();
  config.stderr_to = WasiOutput::inherit();
  if (o.stdout_cap) config.stdout_to.cap = *o.stdout_cap;
  config.stdout_to.counts = std::move(counts);
  config.clocks = o.fixed_clock ? WasiClocks::fixed(*o.fixed_clock) : WasiClocks::real();
  config.random = o.random_seed ? WasiRandom::seeded(*o.random_seed) : WasiRandom::real();
  config.allow_root_mount = o.allow_root_mount;
  if (dump_enabled(Stage::Wasi)) {
    config.trace = [](const WasiTraceEvent& e) {
      std::string line = "wasi: " + std::string(e.function);
      if (!e.guest_path.empty()) {
        line += " '" + std::string(e.guest_path) + "' -> " + std::string(e.host_path);
      }
      if (!e.arguments.empty()) line += " (" + std::string(e.arguments) + ")";
      line += ": " + std::string(e.decision);
      std::fprintf(stderr, "%s\n", printable(line).c_str());
    };
  }
  return config;
}

/// Says on a terminal that a large module is being compiled, for as long as it is.
class ProgressLine {
 public:
  ProgressLine(const std::string& file, std::size_t bytes)
      : shown_(bytes >= kAnnounceBytes && isatty(STDERR_FILENO) != 0) {
    if (shown_) {
      std::fprintf(stderr, "compiling %s (%s) ...", file.c_str(), format_size(bytes).c_str());
    }
  }
  ~ProgressLine() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  bool shown_;
};

/// The state of a run; each step returns an exit code when the run ends there.
class Session {
 public:
  /// With a side: one of two sessions in step, of which the leader reports.
  explicit Session(const Options& options, Lockstep::Side* side = nullptr)
      : o_(options), side_(side) {}
  ~Session() {
    for (int fd : listeners_) close(fd);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  int run() {
    const int code = run_alone();
    if (side_ != nullptr) {
      if (how_.empty()) how_ = "with exit code " + std::to_string(code);
      side_->end(how_, trap_, instances_);
    }
    return code;
  }

 private:
  using Ended = std::optional<int>;

  int run_alone() {
    if (const auto code = open_engine()) return *code;
    std::optional<Module> module;
    if (const auto code = compile(o_.file, module, &stats_)) return *code;
    if (o_.compile_only) return finish(0);
    return finish(execute(*module));
  }

  [[nodiscard]] bool quiet() const { return side_ != nullptr && !side_->leads(); }

  /// An error of the guest: how this side ends, and a message.
  int failed(const Error& error, const std::string& file) {
    how_ = error_text(error);
    trap_ = error.trap() == nullptr ? TrapKind::None : error.trap()->kind();
    return quiet() ? exit_code_of(error) : report(error, file);
  }

  Ended open_engine() {
    EngineConfig config = engine_config(o_);
    if (side_ != nullptr) config.engine = side_->leads() ? EngineKind::Interp : EngineKind::Jit;
    Result<Engine> engine = Engine::create(config);
    if (!engine) {
      print_error(engine.error().message);
      return kBadUsage;
    }
    engine_ = *engine;
    return std::nullopt;
  }

  /// For --stats.
  [[nodiscard]] std::string engine_name() const {
    if (const std::string_view why = engine_->not_compiling_because(); !why.empty()) {
      return "interp (" + std::string(why) + ")";
    }
    switch (engine_->config().engine) {
      case EngineKind::Auto: return "auto";
      case EngineKind::Interp: return "interp";
      case EngineKind::Jit: break;
    }
    return "jit";
  }

  /// Whether the library reads the file itself: the code cache may spare that, and images are
  /// mapped.
  bool is_loaded(const std::string& file, std::size_t& bytes) const {
    struct stat status {};
    if (file == "-" || stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size == 0 || access(file.c_str(), R_OK) != 0) {
      return false;
    }
    bytes = static_cast<std::size_t>(status.st_size);
    return o_.cache.mode != CacheMode::Off || is_image(file);
  }

  Ended compile(const std::string& file, std::optional<Module>& module, RunStats* stats) {
    StopWatch watch;
    ModuleConfig config;
    config.eager = o_.compile_only;
    if (std::size_t size = 0; is_loaded(file, size)) {
      const ProgressLine progress(file, quiet() ? 0 : size);
      return compiled(file, Module::load(*engine_, file, config), watch, 0, module, stats);
    }
    std::vector<std::uint8_t> bytes;
    if (const int code = read_input(file, bytes); code != 0) return code;
    const std::uint64_t read_ns = watch.lap();
    if (bytes.empty()) {
      print_error(file + ": invalid Wasm binary: the file is empty");
      return kBadModule;
    }
    const ProgressLine progress(file, quiet() ? 0 : bytes.size());
    return compiled(file, Module::compile(*engine_, bytes, config), watch, read_ns, module, stats);
  }

  Ended compiled(const std::string& file, Result<Module> made, StopWatch& watch,
                 std::uint64_t read_ns, std::optional<Module>& module, RunStats* stats) {
    if (!made) {
      if (!quiet()) print_error(problem_text(file, made.error()));
      return kBadModule;
    }
    module = *made;
    if (stats != nullptr) {
      stats->read_ns = read_ns;
      stats->compile_ns = watch.lap();
      stats->module = module->stats();
    }
    return std::nullopt;
  }

  int execute(const Module& module) {
    if (o_.timeout) call_.deadline = Deadline(*o_.timeout);
    StopWatch watch;
    StoreConfig store_config;
    store_config.observer = side_;
    Store store(*engine_, store_config);
    Linker linker(*engine_);
    if (const auto code = add_system(linker)) return *code;
    if (const auto code = add_preloads(store, linker)) return *code;
    InstanceConfig config;
    config.start = StartPolicy::Initialize;
    config.call = call_;
    Result<Instance> instance = linker.instantiate(store, module, config);
    stats_.instantiate_ns = watch.lap();
    if (!instance) return failed(instance.error(), o_.file);
    if (side_ != nullptr) instances_.push_back(*instance);
    const int code = o_.invoke ? invoke(*instance) : start(*instance);
    stats_.run_ns = watch.lap();
    stats_.module = module.stats();
    stats_.store = store.stats();
    return code;
  }

  Ended add_system(Linker& linker) {
    WasiConfig config = wasi_config(o_, stdout_counts_);
    for (const std::string& address : o_.listen) {
      int fd = -1;
      if (const int error = os::listen_tcp(address, fd); error != 0) {
        print_error("--listen " + address + ": " + std::strerror(error));
        return kBadUsage;
      }
      listeners_.push_back(fd);
    }
    config.listeners = listeners_;
    const Result<void> added = add_wasi(linker, std::move(config));
    if (added) return std::nullopt;
    print_error(added.error().message);
    return kBadUsage;
  }

  Ended add_preloads(Store& store, Linker& linker) {
    for (const PreloadOption& preload : o_.preloads) {
      std::optional<Module> module;
      if (const auto code = compile(preload.file, module, nullptr)) return code;
      InstanceConfig config;
      config.name = preload.name;
      config.start = StartPolicy::Initialize;
      config.call = call_;
      Result<Instance> instance = linker.instantiate(store, *module, config);
      if (!instance) return failed(instance.error(), preload.file);
      if (side_ != nullptr) instances_.push_back(*instance);
      const Result<void> defined = linker.instance(preload.name, *instance);
      if (!defined) return report(defined.error(), preload.file);
    }
    return std::nullopt;
  }

  /// Calls _start, or the function of --start; a module without _start has done its work.
  int start(const Instance& instance) {
    const std::optional<Func> func = instance.get_func(o_.start.value_or("_start"));
    if (!func) {
      if (!o_.start) return 0;
      print_error(o_.file + ": there is no exported function '" + *o_.start + "'");
      return kBadModule;
    }
    const auto result = func->call({}, call_);
    return result ? 0 : failed(result.error(), o_.file);
  }

  int invoke(const Instance& instance) {
    const std::optional<Func> func = instance.get_func(*o_.invoke);
    if (!func) {
      print_error(o_.file + ": there is no exported function '" + *o_.invoke + "'");
      return kBadModule;
    }
    const Result<std::vector<Value>> args = parse_arguments(func->type(), o_.args);
    if (!args) {
      print_error("--invoke=" + *o_.invoke + ": " + args.error().message);
      return kBadUsage;
    }
    const auto results = func->call(*args, call_);
    if (!results) return failed(results.error(), o_.file);
    std::string text;
    for (const Value& value : *results) text += print_result(value) + "\n";
    how_ = "with the results " + text;
    if (!quiet()) std::fputs(text.c_str(), stdout);
    return 0;
  }

  int finish(int code) {
    std::fflush(stdout);
    stats_.stdout_bytes = stdout_counts_->written_bytes;
    stats_.stdout_refused_writes = stdout_counts_->refused_writes;
    stats_.stdout_refused_bytes = stdout_counts_->refused_bytes;
    if (stats_.stdout_refused_bytes > 0) {
      print_error("output cap exceeded: " + std::to_string(stats_.stdout_refused_writes) +
                  " writes refused, " + std::to_string(stats_.stdout_refused_bytes) +
                  " bytes in all");
    }
    if (o_.stats != StatsFormat::None && !quiet()) {
      stats_.engine = engine_name();
      std::fputs(format_stats(stats_, o_.stats).c_str(), stderr);
    }
    return code;
  }

  const Options& o_;
  Lockstep::Side* const side_;
  // For the comparison: how the run ended, and what is left then.
  std::string how_;
  TrapKind trap_ = TrapKind::None;
  std::vector<Instance> instances_;
  std::optional<Engine> engine_;
  CallOptions call_;
  std::vector<int> listeners_;
  RunStats stats_;
  std::shared_ptr<WasiOutputCounts> stdout_counts_ = std::make_shared<WasiOutputCounts>();
};

/// Interp leads, jit follows.
int run_compared(const Options& options) {
  Lockstep lockstep;
  std::thread follower([&] { (void)Session(options, &lockstep.follower()).run(); });
  const int code = Session(options, &lockstep.leader()).run();
  follower.join();
  return code;
}

}  // namespace

int run(const Options& options) {
  if (!options.trace.empty()) {
    if (const Result<void> configured = dump_configure(options.trace); !configured) {
      print_error("--trace: " + configured.error().message);
      return kBadUsage;
    }
  }
  const int code = options.compare ? run_compared(options) : Session(options).run();
  // The end of the process frees everything at once; a compiler at work in the background would be
  // waited for.
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace wasmrt::tools
