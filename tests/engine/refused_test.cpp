// The system refuses executable memory after the engine was made.
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "libwasmrt/base/log.h"
#include "tests/support/api.h"
#include "tests/support/no_exec.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr int kSkipped = 77;

/// Runs the body in a child without executable memory; its exit code.
template <class F>
int without_exec(NoExec way, F&& body) {
  const pid_t child = fork();
  if (child == 0) _exit(refuse_executable_memory(way) ? body() : kSkipped);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

constexpr const char* kAdd = R"((module
  (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))))";

int call(const Engine& engine, const Module& module) {
  const Result<Instance> instance = Instance::create(Store(engine), module);
  if (!instance) return -1;
  const auto result = instance->get_func("f")->call({Value(40)});
  return result ? (*result)[0].i32() : -1;
}

}  // namespace

TEST_CASE("auto interprets when code cannot be published, and says so once",
          "[engine][refused][no-tsan][no-emulation][no-asan]") {
  for (const NoExec way : {NoExec::Seccomp, NoExec::Prctl}) {
    for (const std::uint32_t at_once : {0u, 1024u}) {
      EngineConfig config;
      config.compile_at_once = at_once;
      const Engine engine = make_engine(config);
      if (engine.config().engine != EngineKind::Auto) return;  // no compiler here
      const int code = without_exec(way, [&] {
        static int said = 0;
        log_set_sink(
            [](void*, LogLevel, std::string_view text) {
              if (contains(text, "refuses executable memory")) ++said;
            },
            nullptr);
        for (int i = 0; i < 2; ++i) {
          const Result<Module> module = Module::compile(engine, kAdd);
          if (!module) return 1;
          module->wait_compiled();
          if (call(engine, *module) != 42) return 2;
          if (module->stats().native_functions != 0) return 3;
        }
        if (said != 1) return 4;
        return contains(engine.not_compiling_because(), "refuses executable memory") ? 0 : 5;
      });
      CHECK((code == 0 || (code == kSkipped && way == NoExec::Prctl)));
    }
  }
}

TEST_CASE("jit fails when code cannot be published", "[engine][refused][no-tsan][no-emulation]") {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  const Result<Engine> engine = Engine::create(config);
  if (!engine) return;
  const int code = without_exec(NoExec::Seccomp, [&] {
    const Result<Module> module = Module::compile(*engine, kAdd);
    return !module && contains(module.error().message, "refuses executable memory") ? 0 : 1;
  });
  CHECK(code == 0);
}
