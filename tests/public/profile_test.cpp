// What profilers are given: names by the perf map, and names with code by the jitdump, as its
// specification describes it.
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <wasmrt/wasmrt.hpp>

#include "libwasmrt/base/log.h"
#include "tests/support/api.h"
#include "tests/support/temporary_directory.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

struct Reader {
  std::string bytes;
  std::size_t at = 0;

  template <class T>
  T read() {
    T value{};
    REQUIRE(bytes.size() - at >= sizeof value);
    std::memcpy(&value, bytes.data() + at, sizeof value);
    at += sizeof value;
    return value;
  }
};

struct Load {
  std::string name;
  std::uint64_t address = 0;
  std::string code;
};

std::vector<Load> parse(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Reader r{{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}};
  CHECK(r.read<std::uint32_t>() == 0x4A695444);
  CHECK(r.read<std::uint32_t>() == 1);
  CHECK(r.read<std::uint32_t>() == 40);
  const auto machine = r.read<std::uint32_t>();
  CHECK((machine == 62 || machine == 183));
  CHECK(r.read<std::uint32_t>() == 0);
  CHECK(r.read<std::uint32_t>() == static_cast<std::uint32_t>(getpid()));
  std::uint64_t time = r.read<std::uint64_t>();
  CHECK(time != 0);
  CHECK(r.read<std::uint64_t>() == 0);
  std::vector<Load> loads;
  while (r.at < r.bytes.size()) {
    const std::size_t begin = r.at;
    CHECK(r.read<std::uint32_t>() == 0);  // JIT_CODE_LOAD
    const auto total = r.read<std::uint32_t>();
    REQUIRE(total <= r.bytes.size() - begin);
    const auto now = r.read<std::uint64_t>();
    CHECK(now >= time);
    time = now;
    CHECK(r.read<std::uint32_t>() == static_cast<std::uint32_t>(getpid()));
    CHECK(r.read<std::uint32_t>() != 0);  // thread
    const auto vma = r.read<std::uint64_t>();
    Load load;
    load.address = r.read<std::uint64_t>();
    CHECK(vma == load.address);
    const auto size = r.read<std::uint64_t>();
    CHECK(r.read<std::uint64_t>() == loads.size());  // index
    load.name = r.bytes.c_str() + r.at;
    r.at += load.name.size() + 1;
    REQUIRE(begin + total == r.at + size);
    load.code = r.bytes.substr(r.at, static_cast<std::size_t>(size));
    r.at += load.code.size();
    loads.push_back(std::move(load));
  }
  return loads;
}

/// The names in the perf map, which goes.
std::vector<std::string> take_perf_map() {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  std::ifstream file(path);
  std::vector<std::string> names;
  std::uint64_t last_end = 0;
  for (std::string line; std::getline(file, line);) {
    unsigned long long start = 0, size = 0;
    char name[64];
    REQUIRE(std::sscanf(line.c_str(), "%llx %llx %63[^\n]", &start, &size, name) == 3);
    CHECK(start >= last_end);
    CHECK(size > 0);
    last_end = start + size;
    names.emplace_back(name);
  }
  std::remove(path.c_str());
  return names;
}

}  // namespace

TEST_CASE("perf is given compiled functions with their code", "[public][compiled]") {
  const TemporaryDirectory folder;
  EngineConfig config;
  config.engine = EngineKind::Jit;
  config.jitdump = folder.path();
  if (!Engine::create(config).ok()) return;
  const Instance instance = instantiate(R"((module
    (func $first (export "f") (param i32) (result i32) (local.get 0))
    (func $"two\0alines" (result i32) (i32.const 2))
    (func (result i32) (i32.const 3))))",
                                        config);
  // Of another module, in the same file.
  const Instance other = instantiate("(module (func $third))", config);
  const std::vector<Load> loads = parse(folder / ("jit-" + std::to_string(getpid()) + ".dump"));
  REQUIRE(loads.size() == 4);
  CHECK(loads[0].name == "wasm:first");
  CHECK(loads[1].name == "wasm:two?lines");
  CHECK(loads[2].name == "wasm:func[2]");
  CHECK(loads[3].name == "wasm:third");
  for (const Load& load : loads) {
    REQUIRE(!load.code.empty());
    CHECK(std::memcmp(reinterpret_cast<const void*>(load.address), load.code.data(),
                      load.code.size()) == 0);
  }
}

TEST_CASE("perf is told the names of compiled functions", "[public][compiled]") {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  config.perf_map = true;
  if (!Engine::create(config).ok()) return;
  const Instance instance = instantiate(R"((module
    (func $first (export "f") (param i32) (result i32) (local.get 0))
    (func $"two\0alines" (result i32) (i32.const 2))
    (func (result i32) (i32.const 3))
    (func (export "fourth") (export "also"))))",
                                        config);
  CHECK(take_perf_map() ==
        std::vector<std::string>{"wasm:first", "wasm:two?lines", "wasm:func[2]", "wasm:fourth"});
}

TEST_CASE("perf and backtraces call functions by the same names", "[public][compiled]") {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  config.perf_map = true;
  if (!Engine::create(config).ok()) return;
  const Instance instance = instantiate(R"((module
    (func (export "inner") (unreachable))
    (func (export "") (export "outer") (call 0))
    (@custom "name" "\01\05\02\00\00\01\00")))",
                                        config);
  const Trap trap = must_trap(instance.get_func("outer")->call({}));
  REQUIRE(trap.frames().size() == 2);
  CHECK(trap.frames()[0].function == "inner");
  CHECK(trap.frames()[1].function == "outer");
  CHECK(take_perf_map() == std::vector<std::string>{"wasm:inner", "wasm:outer"});
}

TEST_CASE("names for perf go into no file of others and through no link", "[public][compiled]") {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  config.perf_map = true;
  if (!Engine::create(config).ok()) return;
  std::string said;
  log_set_sink(
      [](void* user, LogLevel, std::string_view text) { *static_cast<std::string*>(user) += text; },
      &said);
  const TemporaryDirectory folder;
  folder.write("victim", "mine");
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  std::remove(path.c_str());
  REQUIRE(symlink((folder / "victim").c_str(), path.c_str()) == 0);
  instantiate("(module (func $linked))", config);
  CHECK(folder.read("victim") == "mine");
  CHECK(said.find("no perf map: " + path) != std::string::npos);
  std::remove(path.c_str());
  // A hard link is a regular file of ours.
  const std::string other = path + ".other";
  std::ofstream(other) << "mine";
  REQUIRE(link(other.c_str(), path.c_str()) == 0);
  instantiate("(module (func $hard (nop) (nop) (nop)))", config);
  std::remove(path.c_str());
  std::string kept;
  std::getline(std::ifstream(other), kept);
  CHECK(kept == "mine");
  std::remove(other.c_str());
  // A pipe would hold the process up.
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  instantiate("(module (func $piped (nop)))", config);
  std::remove(path.c_str());
  instantiate("(module (func $ours (nop) (nop)))", config);
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  std::remove(path.c_str());
  log_set_sink(nullptr, nullptr);
}
