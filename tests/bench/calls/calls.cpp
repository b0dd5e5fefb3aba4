// What a call costs: `calls GUEST CALLS` prints nanoseconds per call, for a native call through a
// pointer, from the host into the guest, and from the guest to a typed host function.
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <type_traits>
#include <vector>
#include <wasmrt/wasmrt.hpp>

namespace {

__attribute__((noinline)) std::int32_t native_add(std::int32_t a, std::int32_t b) { return a + b; }
std::int32_t (*volatile native)(std::int32_t, std::int32_t) = native_add;

template <class T>
T get(wasmrt::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "calls: %s\n", result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double processor_time() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

template <class Work>
void print_cost(const char* what, std::int32_t calls, Work work) {
  const double begin = processor_time();
  work();
  std::printf("%s %.3f\n", what, (processor_time() - begin) / calls);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: calls GUEST CALLS\n", stderr);
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), {});
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  const std::int32_t calls = std::atoi(argv[2]);
  wasmrt::EngineConfig config;
  config.engine = wasmrt::EngineKind::Jit;
  const wasmrt::Engine engine = get(wasmrt::Engine::create(config));
  const wasmrt::Module module = get(wasmrt::Module::compile(engine, bytes));
  wasmrt::Linker linker(engine);
  get(linker.func("env", "host", [](std::int32_t a, std::int32_t b) { return a + b; }));
  const wasmrt::Instance instance = get(linker.instantiate(wasmrt::Store(engine), module));
  const auto add = get(instance.get_typed<std::int32_t(std::int32_t, std::int32_t)>("add"));
  const auto loop = get(instance.get_typed<std::int32_t(std::int32_t)>("loop"));
  std::int32_t sum = 0;
  print_cost("native", calls, [&] {
    for (std::int32_t i = 0; i < calls; ++i) sum = native(sum, i);
  });
  print_cost("in", calls, [&] {
    for (std::int32_t i = 0; i < calls; ++i) sum = get(add(sum, i));
  });
  print_cost("out", calls, [&] { sum += get(loop(calls)); });
  return sum == 1 ? 1 : 0;
}
