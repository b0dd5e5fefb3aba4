// wasmrt-spectest [options] PATH...: runs scripts of the official test suite. Prints each failure
// with file and line; the last line counts commands: `N passed, N failed, N skipped`. Exit code 0
// when nothing failed, 1 when something did, 2 for bad usage.
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "spectest/script_runner.h"
#include "spectest/suite.h"

namespace {

using namespace wasmrt;

constexpr const char* kUsage =
    "usage: wasmrt-spectest [options] PATH...\n"
    "Runs WebAssembly test scripts (.wast files, or folders of them).\n"
    "  --engine=auto|interp|jit       what executes (default auto)\n"
    "  --compile-at-once=BYTES        with auto: modules with larger functions, per thread, begin\n"
    "                                 in the interpreter, compiled meanwhile (default 16384)\n"
    "  --compile-after-us=N           with auto: that begins so long after a module's first call;\n"
    "                                 0: when the module is made (default 1000)\n"
    "  --wait-at-call=N               with auto: this call of a function of a module waits for it\n"
    "                                 (default 0, none). With --compile-at-once=0 a line before "
    "the\n"
    "                                 last counts what was called as machine code after that\n"
    "  --features=LIST                preset and differences, e.g. wasm2,+simd; +threads alone is\n"
    "                                 added to the version that the script's folder is for\n"
    "  --cpu=FEATURES                 what compiled code may use, e.g. min or native,-avx512\n"
    "  --signals=on|off               off: every access is checked, no signal handler\n"
    "  --spectre-guards=on|off        off: nothing keeps indices inside where a branch is guessed\n"
    "                                 wrong\n"
    "  --cache=DIR                    keeps compiled code there and takes it from there; the line\n"
    "                                 before the last counts both\n"
    "  --expected-failures=FILE       list of file:line that may fail, and must (default\n"
    "                                 spectest/expected_failures.txt beside the build folder)\n"
    "  --help                         this text\n";

struct Options {
  EngineConfig config;
  std::string features;
  spectest::ExpectedFailures expected;
  std::vector<std::string> paths;
};

// The project's list, found from where the program was built.
std::string default_list(std::string_view program) {
  const std::size_t slash = program.rfind('/');
  const std::string folder(slash == std::string_view::npos ? "." : program.substr(0, slash));
  return folder + "/../spectest/expected_failures.txt";
}

int usage_error(const std::string& message) {
  std::fprintf(stderr, "wasmrt-spectest: %s\n%s", message.c_str(), kUsage);
  return 2;
}

std::string set_number(std::uint32_t& number, const std::string& value) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool ok = error == std::errc() && end == value.data() + value.size();
  return ok ? std::string() : "not a number: " + value;
}

// Empty when the option was understood, else what is wrong.
std::string set_option(Options& options, std::string_view name, const std::string& value) {
  if (name == "--engine") {
    if (value == "auto") {
      options.config.engine = EngineKind::Auto;
    } else if (value == "interp") {
      options.config.engine = EngineKind::Interp;
    } else if (value == "jit") {
      options.config.engine = EngineKind::Jit;
    } else {
      return "unknown engine " + value;
    }
    return {};
  }
  if (name == "--compile-at-once") return set_number(options.config.compile_at_once, value);
  if (name == "--compile-after-us") return set_number(options.config.compile_after_us, value);
  if (name == "--wait-at-call") return set_number(options.config.wait_at_call, value);
  if (name == "--cpu") {
    options.config.cpu = value;
    return {};
  }
  if (name == "--signals") {
    if (value != "on" && value != "off") return "--signals is on or off";
    options.config.signals = value == "on";
    if (!options.config.signals) options.config.reservation = MemoryReservation::None;
    return {};
  }
  if (name == "--spectre-guards") {
    if (value != "on" && value != "off") return "--spectre-guards is on or off";
    options.config.spectre_guards = value == "on";
    return {};
  }
  if (name == "--cache") {
    options.config.cache.mode = CacheMode::ReadWrite;
    options.config.cache.directory = value;
    options.config.cache.least_bytes = 0;
    return {};
  }
  if (name == "--features") {
    options.features = value;
    const auto features = spectest::features_for("", value);
    return features.ok() ? std::string() : features.error().message;
  }
  if (name == "--expected-failures") {
    auto expected = spectest::ExpectedFailures::read(value);
    if (!expected.ok()) return expected.error().message;
    options.expected = *expected;
    return {};
  }
  return "unknown option " + std::string(name);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.config.threads = 1;
  if (auto known = spectest::ExpectedFailures::read(default_list(argv[0])); known.ok()) {
    options.expected = *known;
  }
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (argument.substr(0, 2) != "--") {
      options.paths.push_back(argument);
      continue;
    }
    const std::size_t equals = argument.find('=');
    std::string value;
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (i + 1 < argc) {
      value = argv[++i];
    } else {
      return usage_error("no value for " + argument);
    }
    const std::string problem = set_option(options, argument.substr(0, equals), value);
    if (!problem.empty()) return usage_error(problem);
  }
  if (options.paths.empty()) return usage_error("no script given");
  if (auto engine = Engine::create(options.config); !engine.ok()) {
    return usage_error(engine.error().message);
  }

  auto files = spectest::find_scripts(options.paths);
  if (!files.ok()) return usage_error(files.error().message);
  spectest::Totals all;
  for (const std::string& file : *files) {
    options.config.features = *spectest::features_for(file, options.features);
    const spectest::Totals one = spectest::run_file(options.config, file, options.expected);
    std::fflush(stdout);
    all.passed += one.passed;
    all.failed += one.failed;
    all.skipped += one.skipped;
    all.cached += one.cached;
    all.compiled += one.compiled;
    all.late_modules += one.late_modules;
    all.switched += one.switched;
  }
  if (options.config.cache.mode != CacheMode::Off) {
    std::printf("code cache: %llu hits, %llu compiled\n",
                static_cast<unsigned long long>(all.cached),
                static_cast<unsigned long long>(all.compiled));
  }
  if (spectest::begins_interpreted(options.config)) {
    std::printf("late: %llu modules compiled, %llu functions changed over\n",
                static_cast<unsigned long long>(all.late_modules),
                static_cast<unsigned long long>(all.switched));
  }
  std::printf(
      "%llu passed, %llu failed, %llu skipped\n", static_cast<unsigned long long>(all.passed),
      static_cast<unsigned long long>(all.failed), static_cast<unsigned long long>(all.skipped));
  return all.failed == 0 ? 0 : 1;
}
