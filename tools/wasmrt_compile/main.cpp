// wasmrt-compile: compiles ahead of time, into the code cache or to a stand-alone image.
//
// In: module files and the options that decide which code is made; they are those of wasmrt-run,
// which finds the result when it is called with the same. Exit codes: 0, 1 when a file could not be
// compiled or written, 2 bad usage.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <wasmrt/wasmrt.hpp>

#include "libwasmrt/engine/cache.h"
#include "tools/wasmrt_run/problem_text.h"
#include "tools/wasmrt_run/units.h"

namespace {

using namespace wasmrt;

constexpr const char* kFooter =
    "Without -o the code goes into the cache, where wasmrt-run finds it. With -o it is written to "
    "a\n"
    "file that wasmrt-run takes in place of the module, with the same options. Its code counts "
    "where\n"
    "the key in the cache's directory is the one it was made with: on this host, for this user.\n"
    "Elsewhere the module in it is compiled.\n\n"
    "Examples:\n"
    "  wasmrt-compile program.wasm other.wasm\n"
    "  wasmrt-compile --threads=1 -o program.cwasm program.wasm\n"
    "  wasmrt-compile --prune";

struct Options {
  EngineConfig config;
  std::string output;
  std::string features;
  std::string signals = "on";
  std::string spectre_guards = "on";
  bool prune = false;
  std::vector<std::string> files;
};

int fail(const std::string& text, int code) {
  std::fprintf(stderr, "wasmrt-compile: %s\n", text.c_str());
  return code;
}

/// Compiles one file; empty, or what went wrong.
std::string compile(const Engine& engine, const Options& o, const std::string& file) {
  ModuleConfig config;
  config.eager = true;
  const Result<Module> module = Module::load(engine, file, config);
  if (!module) return tools::problem_text(file, module.error());
  if (!o.output.empty()) {
    const Result<std::uint64_t> written = module->write_image(o.output);
    return written ? std::string() : tools::problem_text(file, written.error());
  }
  const CacheResult result = module->stats().cache;
  const bool kept = result == CacheResult::Hit || result == CacheResult::Stored;
  if (kept) return {};
  return file + ": the code could not be put into the cache" +
         (o.config.cache.directory.empty() && engine::default_cache_directory().empty()
              ? ": set HOME or XDG_CACHE_HOME, or give --cache=DIR"
              : "");
}

int run(Options& o) {
  o.config.engine = EngineKind::Jit;
  o.config.cache.mode = CacheMode::ReadWrite;
  o.config.cache.least_bytes = 0;
  o.config.keep_custom_sections = false;
  o.config.signals = o.signals == "on";
  o.config.spectre_guards = o.spectre_guards == "on";
  if (!o.config.signals) o.config.reservation = MemoryReservation::None;
  if (!o.features.empty()) {
    const Result<Features> features = Features::parse(o.features);
    if (!features) return fail("--features: " + features.error().message, 2);
    o.config.features = *features;
  }
  if (o.prune) {
    CacheConfig config = o.config.cache;
    config.mode = CacheMode::ReadOnly;  // nothing is made where there is no cache
    engine::CodeCache cache(config, {});
    const std::string where = cache.config().directory;
    if (cache.host_key().empty()) return fail("there is no cache in '" + where + "'", 1);
    std::printf("%zu folders of other versions removed from %s\n", cache.prune(), where.c_str());
  }
  if (o.files.empty()) return 0;
  const Result<Engine> engine = Engine::create(o.config);
  if (!engine) return fail(engine.error().message, 2);
  int code = 0;
  for (const std::string& file : o.files) {
    const std::string problem = compile(*engine, o, file);
    if (!problem.empty()) code = fail(problem, 1);
  }
  return code;
}

int parse_and_run(int argc, char** argv) {
  Options o;
  CLI::App app{"Compiles WebAssembly modules ahead of time."};
  app.name("wasmrt-compile");
  app.footer(kFooter);
  app.set_help_flag("-h,--help", "Print this help");
  app.add_option("-o,--output", o.output, "Write an image for this host instead")
      ->type_name("FILE");
  app.add_option("--cache", o.config.cache.directory, "The cache's directory")->type_name("DIR");
  app.add_option_function<std::string>(
         "--cache-size",
         [&o](const std::string& text) {
           const auto size = tools::parse_size(text);
           if (!size) throw CLI::ValidationError("--cache-size", "not a size: '" + text + "'");
           o.config.cache.max_bytes = *size;
         },
         "What was used least recently goes above this (default 1G)")
      ->type_name("SIZE");
  app.add_option("--threads", o.config.threads, "How many threads compile (default: one per CPU)")
      ->type_name("N");
  app.add_option("--features", o.features, "As of wasmrt-run")->type_name("LIST");
  app.add_option("--cpu", o.config.cpu, "As of wasmrt-run")->type_name("FEATURES");
  for (const auto& [name, value] :
       {std::pair("--signals", &o.signals), std::pair("--spectre-guards", &o.spectre_guards)}) {
    app.add_option(name, *value, "As of wasmrt-run")
        ->type_name("on|off")
        ->check(CLI::IsMember({"on", "off"}));
  }
  app.add_flag("--deterministic", o.config.deterministic, "As of wasmrt-run");
  app.add_flag("--prune", o.prune,
               "Remove the code of other versions that nobody uses, and litter");
  app.add_option("files", o.files, "Modules")->type_name("FILE...");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& e) {
    return fail(e.what(), 2);
  }
  if (o.files.empty() && !o.prune) return fail("no FILE given; try --help", 2);
  if (!o.output.empty() && o.files.size() != 1) return fail("-o takes one FILE", 2);
  return run(o);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& e) {
    return fail(e.what(), 1);
  }
}
