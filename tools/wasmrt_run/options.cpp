// The command line of wasmrt-run, by CLI11.
#include "tools/wasmrt_run/options.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include <wasmrt/version.hpp>

#include "libwasmrt/base/dump.h"
#include "tools/wasmrt_run/units.h"
#include "tools/wasmrt_run/version_text.h"

namespace wasmrt::tools {

namespace {

constexpr const char* kFooter =
    "Everything after FILE belongs to the guest, also what looks like an option.\n"
    "The guest gets its arguments, this process's standard streams, clocks and random numbers; no\n"
    "file, no environment and no network unless an option grants it.\n\n"
    "Exit codes: the guest's own; 1 FILE is not a valid module or cannot be linked, 2 bad usage,\n"
    "3 --engine=compare found a difference, 126 FILE cannot be read, 127 FILE does not exist,\n"
    "134 the guest trapped or ran out of time.\n\n"
    "Examples:\n"
    "  wasmrt-run hello.wasm\n"
    "  wasmrt-run --dir=data::/data:ro --env LANG=C --timeout=2s count.wasm /data/words.txt\n"
    "  wasmrt-run --invoke=add math.wat 2 40";

/// HOST[::GUEST][:ro]
DirOption parse_dir(std::string text) {
  DirOption dir;
  if (text.ends_with(":ro")) {
    dir.read_only = true;
    text.resize(text.size() - 3);
  }
  const std::size_t at = text.find("::");
  dir.host = text.substr(0, at);
  dir.guest = at == std::string::npos ? dir.host : text.substr(at + 2);
  if (dir.host.empty() || dir.guest.empty()) {
    throw CLI::ValidationError("--dir", "expected HOST[::GUEST][:ro]");
  }
  return dir;
}

/// K=V, or K alone for the value it has in this process; nothing when it has none.
std::optional<EnvOption> parse_env(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == 0 || text.empty()) throw CLI::ValidationError("--env", "expected NAME[=VALUE]");
  if (at != std::string::npos) return EnvOption{text.substr(0, at), text.substr(at + 1)};
  const char* value = std::getenv(text.c_str());
  if (value == nullptr) return std::nullopt;
  return EnvOption{text, value};
}

PreloadOption parse_preload(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) {
    throw CLI::ValidationError("--preload", "expected NAME=FILE");
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

std::uint64_t size_option(const char* name, const std::string& text) {
  const auto size = parse_size(text);
  if (!size) throw CLI::ValidationError(name, "expected a size such as 64M, not '" + text + "'");
  return *size;
}

std::chrono::nanoseconds duration_option(const char* name, const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    throw CLI::ValidationError(
        name, "expected a duration with its unit, such as 100ms, not '" + text + "'");
  }
  return *duration;
}

/// Adds an option whose text is turned into something else at once.
template <class F>
CLI::Option* add(CLI::App& app, const char* name, const char* type, const char* group,
                 const std::string& help, F&& take) {
  return app.add_option_function<std::string>(name, std::forward<F>(take), help)
      ->type_name(type)
      ->group(group);
}

void declare_grants(CLI::App& app, Options& o) {
  const char* group = "What the guest may use";
  app.add_option_function<std::vector<std::string>>(
         "--dir",
         [&o](const std::vector<std::string>& all) {
           for (const std::string& text : all) o.dirs.push_back(parse_dir(text));
         },
         "Grant a directory, under the name GUEST if given; :ro forbids all changes")
      ->type_name("HOST[::GUEST][:ro]")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all()
      ->group(group);
  app.add_option_function<std::vector<std::string>>(
         "--env",
         [&o](const std::vector<std::string>& all) {
           for (const std::string& text : all) {
             auto env = parse_env(text);
             if (!env) continue;
             // The last one counts, as with repeated assignments.
             std::erase_if(o.env, [&](const EnvOption& e) { return e.name == env->name; });
             o.env.push_back(std::move(*env));
           }
         },
         "Set an environment variable; without a value, pass this process's on")
      ->type_name("NAME[=VALUE]")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all()
      ->group(group);
  app.add_option("--listen", o.listen, "Grant a listening socket that the guest may accept on")
      ->type_name("HOST:PORT")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all()
      ->group(group);
  app.add_flag("--allow-root-mount", o.allow_root_mount,
               "Let --dir grant the host's root directory")
      ->group(group);
  add(app, "--random-seed", "N", group, "Replace the random source by a seeded one",
      [&o](const std::string& text) {
        std::uint64_t seed = 0;
        if (!CLI::detail::lexical_cast(text, seed)) {
          throw CLI::ValidationError("--random-seed", "expected a number, not '" + text + "'");
        }
        o.random_seed = seed;
      });
  add(app, "--clock", "real|fixed:T", group,
      "The guest's clocks; fixed:T stops them T (such as 1700000000s) after 1970",
      [&o](const std::string& text) {
        if (text == "real") return;
        if (!text.starts_with("fixed:")) {
          throw CLI::ValidationError("--clock", "expected real or fixed:T, not '" + text + "'");
        }
        o.fixed_clock =
            static_cast<std::uint64_t>(duration_option("--clock", text.substr(6)).count());
      });
}

void declare_limits(CLI::App& app, Options& o) {
  const char* group = "Limits";
  add(app, "--timeout", "DURATION", group, "End the guest after this time (exit code 134)",
      [&o](const std::string& text) { o.timeout = duration_option("--timeout", text); });
  add(app, "--max-memory", "SIZE", group, "No memory grows beyond this",
      [&o](const std::string& text) { o.max_memory = size_option("--max-memory", text); });
  add(app, "--max-stack", "SIZE", group,
      "Stack for the guest's calls, at most; compiled code also needs it of the system",
      [&o](const std::string& text) { o.max_stack = size_option("--max-stack", text); });
  add(app, "--stdout-cap", "SIZE", group, "Standard output beyond this is refused",
      [&o](const std::string& text) { o.stdout_cap = size_option("--stdout-cap", text); });
}

void declare_run(CLI::App& app, Options& o) {
  const char* group = "What to run";
  app.add_option(
         "--invoke", o.invoke,
         "Call this export with the arguments after FILE, read by its type; print its results")
      ->type_name("FUNC")
      ->group(group);
  app.add_option("--start", o.start, "Call this export instead of _start")
      ->type_name("NAME")
      ->group(group);
  app.add_option_function<std::vector<std::string>>(
         "--preload",
         [&o](const std::vector<std::string>& all) {
           for (const std::string& text : all) o.preloads.push_back(parse_preload(text));
         },
         "Instantiate another module first; its exports can be imported from NAME")
      ->type_name("NAME=FILE")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all()
      ->group(group);
  app.add_flag("--compile-only", o.compile_only, "Decode, validate and translate all, run nothing")
      ->group(group);
}

void declare_engine(CLI::App& app, Options& o) {
  const char* group = "Engine";
  add(app, "--engine", "auto|interp|jit|compare", group,
      "What executes the guest (default auto); compare: interp and jit in step, until they differ",
      [&o](const std::string& text) {
        if (text == "auto") {
          o.engine = EngineKind::Auto;
        } else if (text == "interp") {
          o.engine = EngineKind::Interp;
        } else if (text == "jit") {
          o.engine = EngineKind::Jit;
        } else if (text == "compare") {
          o.compare = true;
        } else {
          throw CLI::ValidationError("--engine",
                                     "expected auto, interp, jit or compare, not '" + text + "'");
        }
      });
  add(app, "--features", "LIST", group,
      "Proposals: a preset (wasm1, wasm2, wasm3) and what to add or take away, as in "
      "wasm3,+threads,-simd",
      [&o](const std::string& text) {
        Result<Features> features = Features::parse(text);
        if (!features) throw CLI::ValidationError("--features", features.error().message);
        o.features = *features;
      });
  const auto on_off = [&app, group](const char* name, bool& value, const char* help) {
    add(app, name, "on|off", group, help, [name, &value](const std::string& text) {
      if (text != "on" && text != "off") {
        throw CLI::ValidationError(name, "expected on or off, not '" + text + "'");
      }
      value = text == "on";
    });
  };
  on_off("--signals", o.signals,
         "off: install no signal handler and check every access in software");
  on_off("--spectre-guards", o.spectre_guards,
         "off: do not keep indices inside where the processor guesses a check of bounds wrong");
  app.add_option(
         "--cpu", o.cpu,
         "What compiled code may use: native, min, x86-64-v2 to -v4, with features to add or "
         "take away, such as native,-avx512; or features alone, such as avx2: no other then")
      ->type_name("FEATURES")
      ->group(group);
  app.add_flag("--deterministic", o.deterministic,
               "The same bits for NaNs and relaxed SIMD on every machine")
      ->group(group);
}

std::string stage_names() {
  std::string all;
  for (std::size_t i = 0; i < kStageCount; ++i) {
    if (i != 0) all += ' ';
    all += stage_name(static_cast<Stage>(i));
  }
  return all;
}

void declare_cache(CLI::App& app, Options& o, std::string& directory) {
  const char* group = "Code cache";
  app.add_flag("--cache{*}", directory,
               "Where compiled code is kept (default $XDG_CACHE_HOME/wasmrt/code)")
      ->group(group);
  app.add_flag_callback(
         "--no-cache", [&o] { o.cache.mode = CacheMode::Off; }, "Neither use nor fill it")
      ->group(group);
  add(app, "--cache-mode", "read-write|read-only|must-hit", group,
      "must-hit: fail rather than compile (default read-write)", [&o](const std::string& text) {
        if (text == "read-write") {
          o.cache.mode = CacheMode::ReadWrite;
        } else if (text == "read-only") {
          o.cache.mode = CacheMode::ReadOnly;
        } else if (text == "must-hit") {
          o.cache.mode = CacheMode::MustHit;
        } else {
          throw CLI::ValidationError("--cache-mode",
                                     "expected read-write, read-only or must-hit, "
                                     "not '" +
                                         text + "'");
        }
      });
  add(app, "--cache-size", "SIZE", group,
      "What was used least recently goes when there is more than this (default 1G)",
      [&o](const std::string& text) { o.cache.max_bytes = size_option("--cache-size", text); });
  add(app, "--cache-verify", "full|header", group,
      "How much of an entry is authenticated before it is used (default full)",
      [&o](const std::string& text) {
        if (text != "full" && text != "header") {
          throw CLI::ValidationError("--cache-verify",
                                     "expected full or header, not '" + text + "'");
        }
        o.cache.verify = text == "full" ? CacheVerify::Full : CacheVerify::Header;
      });
}

void declare_watch(CLI::App& app, Options& o, std::string& stats) {
  const char* group = "What to report";
  app.add_flag("--perf-map", o.perf_map,
               "Write the names of compiled functions for perf, to /tmp/perf-PID.map")
      ->group(group);
  add(app, "--jitdump", "DIR", group,
      "Write compiled functions with their code to DIR/jit-PID.dump, for perf inject --jit",
      [&o](const std::string& text) {
        if (text.empty()) throw CLI::ValidationError("--jitdump", "expected a directory");
        o.jitdump = text;
      });
  app.add_flag(
         "--gdb", o.gdb,
         "Tell gdb of compiled functions, so that backtraces name them and go on behind them;\n"
         "without the code cache")
      ->group(group);
  app.add_flag("--source-lines", o.source_lines,
               "Name source files and lines in backtraces, where the module has DWARF")
      ->group(group);
  app.add_flag("--stats{text}", stats,
               "Print times of the stages, memory and counts to standard error")
      ->group(group);
  add(app, "--trace", "STAGES", group,
      "Print what stages make to standard error, as in bytecode,asm:func=12. Stages: " +
          stage_names(),
      [&o](const std::string& text) { o.trace = text; });
}

/// The help with a usage line that says where options end.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: wasmrt-run [options] FILE [arguments of the guest...]\n"
           "FILE is a .wasm binary, .wat text, or - for standard input.\n";
  }
  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    std::string name = CLI::Formatter::make_option_name(option, positional);
    const std::size_t brace = name.find('{');  // CLI11's mark of a flag with a default
    if (brace == std::string::npos) return name;
    return name.substr(0, brace) + (name.starts_with("--cache") ? "[=DIR]" : "[=text|json]");
  }
};

int complain(const std::string& text) {
  std::fprintf(stderr, "wasmrt-run: %s\nTry 'wasmrt-run --help'.\n", text.c_str());
  return kBadUsage;
}

}  // namespace

std::variant<Options, int> parse_options(int argc, char** argv) {
  Options o;
  CLI::App app{"Runs a WebAssembly module: a command (its _start), or one function (--invoke)."};
  app.name("wasmrt-run");
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(kFooter);
  app.prefix_command();
  app.set_help_flag("-h,--help", "Print this help")->group("What to report");
  bool version = false;
  app.add_flag("-V,--version", version, "Print the version")->group("What to report");
  declare_run(app, o);
  declare_grants(app, o);
  declare_limits(app, o);
  declare_engine(app, o);
  std::string cache_directory;
  declare_cache(app, o, cache_directory);
  std::string stats;
  declare_watch(app, o, stats);

  // Last word first, as CLI11 wants them.
  std::vector<std::string> words;
  for (int i = argc - 1; i > 0; --i) words.emplace_back(argv[i]);
  try {
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    std::string help = app.help();
    for (std::size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;)
      help.erase(at, 1);
    std::fputs(help.c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& e) {
    return complain(e.what());
  }
  if (stats == "json") {
    o.stats = StatsFormat::Json;
  } else if (stats == "text") {
    o.stats = StatsFormat::Text;
  } else if (!stats.empty()) {
    return complain("--stats: expected text or json, not '" + stats + "'");
  }
  if (!cache_directory.empty() && cache_directory != "*") o.cache.directory = cache_directory;
  // Whoever wants to see the stages, or to judge them, wants them to happen.
  if (!o.trace.empty() || o.compare) {
    if (o.cache.mode == CacheMode::MustHit) {
      return complain("--cache-mode=must-hit never compiles, and with " +
                      std::string(o.compare ? "--engine=compare" : "--trace") +
                      " everything is compiled");
    }
    o.cache.mode = CacheMode::Off;
  }
  if (version) {
    std::fputs(version_text().c_str(), stdout);
    return 0;
  }
  std::vector<std::string> rest = app.remaining();
  if (rest.empty()) return complain("no FILE given");
  if (rest[0].size() > 1 && rest[0][0] == '-') return complain("unknown option " + rest[0]);
  o.file = std::move(rest[0]);
  o.args.assign(std::make_move_iterator(rest.begin() + 1), std::make_move_iterator(rest.end()));
  return o;
}

}  // namespace wasmrt::tools
