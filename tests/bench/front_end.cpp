// Times the front end and the translator on one thread: `front_end FILE REPEATS` prints the
// processor time, in nanoseconds, of decoding and validating the module, and of compiling all of it
// for the interpreter; the minimum of each.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <vector>
#include <wasmrt/wasmrt.hpp>

namespace {

std::uint64_t processor_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto nanoseconds = [](const timeval& t) {
    return static_cast<std::uint64_t>(t.tv_sec) * 1000000000u +
           static_cast<std::uint64_t>(t.tv_usec) * 1000u;
  };
  return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
}

template <class Work>
std::uint64_t fastest(int repeats, Work work) {
  std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
  for (; repeats > 0; --repeats) {
    const std::uint64_t begin = processor_time();
    if (const auto done = work(); !done) {
      std::fprintf(stderr, "front_end: %s\n", done.error().message.c_str());
      std::exit(1);
    }
    best = std::min(best, processor_time() - begin);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: front_end FILE REPEATS\n", stderr);
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), {});
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  const int repeats = std::atoi(argv[2]);
  wasmrt::EngineConfig config;
  config.engine = wasmrt::EngineKind::Interp;
  config.threads = 1;
  const auto engine = wasmrt::Engine::create(config);
  if (!engine) {
    std::fprintf(stderr, "front_end: %s\n", engine.error().message.c_str());
    return 1;
  }
  const std::uint64_t validate =
      fastest(repeats, [&] { return wasmrt::Module::validate(*engine, bytes); });
  wasmrt::ModuleConfig eager;
  eager.eager = true;
  const std::uint64_t compile =
      fastest(repeats, [&] { return wasmrt::Module::compile(*engine, bytes, eager); });
  std::printf("%llu %llu\n", static_cast<unsigned long long>(validate),
              static_cast<unsigned long long>(compile));
  return 0;
}
