// wasmrt-fuzz: random modules on all engines, without instrumentation; tools/fuzz calls it.
//   wasmrt-fuzz [--seconds=N] [--first=SEED] [--keep=FOLDER]    runs seeds; a finding is made
//                                                               small and kept, and ends the run
//   wasmrt-fuzz FILE...                                         runs kept findings
//   wasmrt-fuzz --modules FILE...                               runs modules that others made
//   wasmrt-fuzz --print FILE|SEED                               prints the module as text
// --torn-stores: for emulators whose stores across the end of a memory write what fits.
// Exit code 0 when all engines agreed on everything, 1 when not, 2 for bad usage. While a seed
// runs, FOLDER/running names it, so that a crash can be repeated with --first.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "libwasmrt/frontend/validate_body.h"
#include "libwasmrt/text/print_wat.h"
#include "tests/fuzz/modules/compare.h"
#include "tests/fuzz/modules/random_module.h"

namespace {

using namespace wasmrt;
using namespace wasmrt::fuzz;
using Bytes = std::vector<std::uint8_t>;

/// The bytes of a seed: short ones and long ones, small values more often than large ones.
Bytes bytes_of(std::uint64_t seed) {
  std::uint64_t state = (seed + 1) * 0x9E3779B97F4A7C15;
  const auto next = [&state] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state >> 24;
  };
  for (int i = 0; i < 4; ++i) next();
  Bytes bytes(40 + next() % (seed % 4 == 0 ? 6000 : 1200));
  for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(next());
  return bytes;
}

bool failed(const Comparison& c) {
  return c.verdict == Comparison::Different || c.verdict == Comparison::Invalid;
}

/// The verdict of a process of its own, since a module may crash.
bool fails_alone(const Bytes& bytes) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(failed(compare_engines(random_module(bytes), Origin::Ours, Share::All)) ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/// Takes bytes away, then makes them 0, as long as the engines go on to differ.
Bytes shrink(Bytes bytes) {
  const auto still = fails_alone;
  for (std::size_t chunk = bytes.size() / 2; chunk != 0; chunk /= 2) {
    for (std::size_t at = 0; at < bytes.size();) {
      Bytes fewer = bytes;
      const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.erase(from, from + static_cast<std::ptrdiff_t>(std::min(chunk, fewer.size() - at)));
      if (still(fewer)) {
        bytes = std::move(fewer);
      } else {
        at += chunk;
      }
    }
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
      Bytes plain = bytes;
      const std::size_t end = std::min(at + chunk, plain.size());
      std::fill(plain.begin() + static_cast<std::ptrdiff_t>(at),
                plain.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{0});
      if (plain != bytes && still(plain)) bytes = std::move(plain);
    }
  }
  return bytes;
}

std::optional<Bytes> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

void write_file(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

int print(const std::string& what) {
  std::optional<Bytes> bytes = read_file(what);
  if (!bytes) bytes = bytes_of(std::strtoull(what.c_str(), nullptr, 10));
  TypeInterner interner;
  DecodeOptions options;
  options.features = Features::all();
  options.interner = &interner;
  const auto module = decode_module(random_module(*bytes), options);
  if (!module.ok()) {
    std::fprintf(stderr, "%s\n", module.error().message.c_str());
    return 1;
  }
  std::puts(text::print_wat(**module).c_str());
  return 0;
}

void add(Comparison& sum, const Comparison& c) {
  sum.calls += c.calls;
  sum.traps += c.traps;
  sum.host_calls += c.host_calls;
  sum.functions += c.functions;
  sum.declined += c.declined;
}

void print_sum(std::uint64_t modules, std::uint64_t slow, const Comparison& sum) {
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%llu modules, %llu slow; %llu calls, %llu traps, %llu host calls, %llu functions, "
      "%llu declined\n",
      n(modules), n(slow), n(sum.calls), n(sum.traps), n(sum.host_calls), n(sum.functions),
      n(sum.declined));
}

/// Findings of ours are choices; what others made are modules.
Comparison compare_file(const std::string& path, Origin origin) {
  const std::optional<Bytes> bytes = read_file(path);
  if (!bytes) return {Comparison::Invalid, "cannot be read"};
  if (origin == Origin::Other) return compare_engines(*bytes, origin);
  return compare_engines(random_module(*bytes), origin, Share::All);
}

int run_files(const std::vector<std::string>& files, Origin origin) {
  int failures = 0;
  Comparison sum;
  std::uint64_t slow = 0;
  for (const std::string& path : files) {
    const Comparison c = compare_file(path, origin);
    slow += c.verdict == Comparison::Slow;
    add(sum, c);
    if (!failed(c)) continue;
    std::printf("%s: %s\n", path.c_str(), c.report.c_str());
    ++failures;
  }
  if (origin == Origin::Other) print_sum(files.size(), slow, sum);
  std::printf("%zu passed, %d failed, 0 skipped\n",
              files.size() - static_cast<std::size_t>(failures), failures);
  return failures == 0 ? 0 : 1;
}

/// Runs seeds for a time; `running` is told each one first. Exit code of the process.
int run_seeds(std::uint64_t first, double seconds, std::atomic<std::uint64_t>& running) {
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::uint64_t seed = first, slow = 0;
  Comparison sum;
  for (; elapsed() < seconds; ++seed) {
    running = seed;
    const Bytes bytes = bytes_of(seed);
    const Comparison c = compare_engines(random_module(bytes));
    slow += c.verdict == Comparison::Slow;
    add(sum, c);
    if (!failed(c)) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), c.report.c_str());
    return 1;
  }
  std::printf("seeds %llu to %llu: ", static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(seed - 1));
  print_sum(seed - first, slow, sum);
  return 0;
}

/// Runs seeds in a process of their own; what fails there is made small and kept.
int run(std::uint64_t first, double seconds, const std::string& keep) {
  void* shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& running = *new (shared) std::atomic<std::uint64_t>(first);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const int code = run_seeds(first, seconds, running);
    std::fflush(stdout);
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  const std::uint64_t seed = running;
  if (WIFSIGNALED(status)) {
    std::printf("seed %llu: signal %d\n", static_cast<unsigned long long>(seed), WTERMSIG(status));
  }
  const Bytes small = shrink(bytes_of(seed));
  const std::string path = keep + "/finding-" + std::to_string(seed);
  write_file(path, small);
  write_file(path + ".wasm", random_module(small));
  std::printf("smaller: %s, and as a module %s.wasm\n", path.c_str(), path.c_str());
  return 1;
}

/// In memory where there is such a file system, because entries are flushed to disk.
struct CacheFolder {
  CacheFolder() {
    for (const char* pattern : {"/dev/shm/wasmrt-fuzz-XXXXXX", "/tmp/wasmrt-fuzz-XXXXXX"}) {
      path = pattern;
      if (mkdtemp(path.data()) != nullptr) return;
    }
    path.clear();
  }
  ~CacheFolder() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
  CacheFolder(const CacheFolder&) = delete;
  CacheFolder& operator=(const CacheFolder&) = delete;

  std::string path;
};

}  // namespace

int main(int argc, char** argv) {
  // Calls by stubs of every kind: a signature's first by those for all signatures, the others by
  // its own until there are enough of them.
  setenv("WASMRT_COMPILE", "stubs=1-1024", 0);
  double seconds = 60;
  std::uint64_t first = 0;
  std::string keep = ".";
  std::vector<std::string> files;
  Origin origin = Origin::Ours;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&word](std::string_view name) -> const char* {
      return word.starts_with(name) ? word.data() + name.size() : nullptr;
    };
    if (word == "--print" && i + 1 < argc) return print(argv[i + 1]);
    if (const char* v = value("--seconds="); v != nullptr) {
      seconds = std::strtod(v, nullptr);
    } else if (const char* s = value("--first="); s != nullptr) {
      first = std::strtoull(s, nullptr, 10);
    } else if (const char* k = value("--keep="); k != nullptr) {
      keep = k;
    } else if (word == "--torn-stores") {
      wasmrt::fuzz::expect_torn_stores();
    } else if (word == "--modules") {
      origin = Origin::Other;
    } else if (word.starts_with("-")) {
      std::fprintf(stderr, "wasmrt-fuzz: unknown option %s\n", argv[i]);
      return 2;
    } else {
      files.emplace_back(word);
    }
  }
  const CacheFolder cache;
  wasmrt::fuzz::use_cache(cache.path);
  return files.empty() ? run(first, seconds, keep) : run_files(files, origin);
}
