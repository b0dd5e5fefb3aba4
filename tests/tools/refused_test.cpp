// wasmrt-run in a process that the system refuses executable memory from the start.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/no_exec.h"
#include "tests/support/temporary_directory.h"

using namespace wasmrt::test;

namespace {

struct Ran {
  int code = -1;
  std::string output;  // both streams
};

Ran run(NoExec way, const std::string& folder, std::vector<std::string> words) {
  words.insert(words.begin(), WASMRT_RUN);
  const std::string log = folder + "/out";
  const pid_t child = fork();
  if (child == 0) {
    if (freopen(log.c_str(), "w", stdout) == nullptr || dup2(1, 2) != 2) _exit(125);
    if (!refuse_executable_memory(way)) _exit(77);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(WASMRT_RUN, arguments.data());
    _exit(124);
  }
  int status = 0;
  Ran ran;
  if (waitpid(child, &status, 0) == child && WIFEXITED(status)) ran.code = WEXITSTATUS(status);
  std::ifstream file(log);
  ran.output.assign(std::istreambuf_iterator<char>(file), {});
  return ran;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// A sanitizer's own start-up maps executable memory.
TEST_CASE("without executable memory auto interprets and jit says why not",
          "[tools][refused][no-asan][no-tsan][no-emulation]") {
  const TemporaryDirectory folder;
  folder.write("f.wat", "(module (func (export \"f\") (result i32) (i32.const 42)))");
  const std::string guest = folder / "f.wat";
  for (const NoExec way : {NoExec::Seccomp, NoExec::Prctl}) {
    const Ran plain = run(way, folder.path(), {"--stats", "--invoke=f", guest});
    if (plain.code == 77) continue;
    CHECK(plain.code == 0);
    CHECK(contains(plain.output, "42\n"));
#if WASMRT_HAS_JIT
    const std::string kWhy = "the system refuses executable memory";
    CHECK(contains(plain.output, ("engine           interp (" + kWhy + ")").c_str()));
    CHECK(plain.output.find(kWhy) != plain.output.rfind(kWhy));  // the log says it, too
    const Ran jit = run(way, folder.path(), {"--engine=jit", "--invoke=f", guest});
    CHECK(jit.code == 2);
    CHECK(contains(jit.output, (kWhy + "; use auto or interp").c_str()));
#endif
    CHECK(run(way, folder.path(), {"--engine=interp", "--invoke=f", guest}).code == 0);
  }
}
