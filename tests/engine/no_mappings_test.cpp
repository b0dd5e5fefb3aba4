// A process whose map is full: compiling, instantiating and calling give errors or results, and
// work again when there is room.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// As many mappings as the system gives, in pairs that can be given back.
class FullMap {
 public:
  /// False when the system gives more than anybody would wait for.
  bool fill() {
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* all = mmap(nullptr, 2 * kMost * page_, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) return false;
    base_ = static_cast<char*>(all);
    while (count_ < kMost && mprotect(at(count_), page_, PROT_READ) == 0) ++count_;
    return count_ < kMost;
  }
  /// Room for two more mappings.
  void give_back() { mprotect(at(--count_), page_, PROT_NONE); }

 private:
  static constexpr std::size_t kMost = 200'000;
  [[nodiscard]] char* at(std::size_t n) const { return base_ + (2 * n + 1) * page_; }
  char* base_ = nullptr;
  std::size_t page_ = 0;
  std::size_t count_ = 0;
};

constexpr const char* kText = R"((module
  (import "m" "h" (func $h (param i64 f32) (result i64)))
  (memory (export "memory") 1 10)
  (func (export "f") (param i64 f32) (result i64)
    (drop (memory.grow (i32.const 1)))
    (i64.add (i64.load (i32.const 0)) (call $h (local.get 0) (local.get 1))))))";

/// The result, or nothing when some step gave an error.
std::optional<std::int64_t> attempt(EngineKind kind) {
  EngineConfig config;
  config.engine = kind;
  const Result<Engine> engine = Engine::create(config);
  if (!engine) return std::nullopt;
  Linker linker(*engine);
  if (!linker.func("m", "h", [](std::int64_t n, float) { return n + 1; })) return std::nullopt;
  const Result<Module> module = Module::compile(*engine, kText);
  if (!module) return std::nullopt;
  const Result<Instance> instance = linker.instantiate(Store(*engine), *module);
  if (!instance) return std::nullopt;
  const auto result = instance->get_func("f")->call({Value(std::int64_t{41}), Value(1.0f)});
  if (!result) return std::nullopt;
  return (*result)[0].i64();
}

}  // namespace

TEST_CASE("a process that has no mappings left gets errors, not crashes",
          "[engine][no-mappings][no-asan][no-tsan][no-emulation]") {
  constexpr int kSkipped = 77;
  for (const EngineKind kind : {EngineKind::Interp, EngineKind::Jit, EngineKind::Auto}) {
    EngineConfig config;
    config.engine = kind;
    if (!Engine::create(config).ok()) continue;
    const pid_t child = fork();
    if (child == 0) {
      FullMap map;
      if (!map.fill()) _exit(kSkipped);
      bool refused = false;
      for (int room = 0; room < 40; ++room) {
        const std::optional<std::int64_t> result = attempt(kind);
        if (result.has_value() && *result != 42) _exit(1);
        refused = refused || !result.has_value();
        map.give_back();
      }
      if (!refused) _exit(2);
      _exit(attempt(kind) == 42 ? 0 : 3);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    INFO("engine " << static_cast<int>(kind) << ", status " << status);
    REQUIRE(WIFEXITED(status));
    CHECK((WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kSkipped));
  }
}
