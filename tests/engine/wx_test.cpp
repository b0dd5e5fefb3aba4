// No mapping is ever writable and executable, no file is mapped in both ways, and what surrounds
// code is inaccessible: read from the process's map while modules are compiled, cached and dropped.
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/api.h"
#include "tests/support/temporary_directory.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

struct Mapping {
  std::uint64_t begin = 0, end = 0, offset = 0;
  bool readable = false, writable = false, executable = false, shared = false;
  std::string file;  // device and inode; empty: no file
  std::string path;
};

std::vector<Mapping> mappings() {
  std::vector<Mapping> out;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long long begin = 0, end = 0, offset = 0, inode = 0;
    char rights[8] = {}, device[16] = {};
    int path = 0;
    REQUIRE(std::sscanf(line.c_str(), "%llx-%llx %7s %llx %15s %llu %n", &begin, &end, rights,
                        &offset, device, &inode, &path) == 6);
    Mapping m;
    m.begin = begin, m.end = end, m.offset = offset;
    m.readable = rights[0] == 'r';
    m.writable = rights[1] == 'w';
    m.executable = rights[2] == 'x';
    m.shared = rights[3] == 's';
    if (inode != 0) m.file = std::string(device) + " " + std::to_string(inode);
    m.path = line.c_str() + path;
    out.push_back(m);
  }
  return out;
}

/// What is wrong with one look at the map; empty when all is well.
std::string violation(const std::vector<Mapping>& all) {
  for (const Mapping& m : all) {
    if (m.writable && m.executable) return "writable and executable: " + m.path;
    if (!m.executable || m.file.empty()) continue;
    // The same page of a file, once to run and once to change what is run.
    for (const Mapping& other : all) {
      if (other.writable && other.shared && other.file == m.file &&
          other.offset < m.offset + (m.end - m.begin) &&
          m.offset < other.offset + (other.end - other.begin)) {
        return "two mappings: " + m.path;
      }
    }
  }
  return {};
}

/// About 4 KiB of bodies, different for each seed.
std::string guest(int seed) {
  std::string text = "(module (memory 1)";
  for (int n = 0; n < 40; ++n) {
    const std::string c = std::to_string(seed * 1000 + n);
    text += "(func (export \"f" + std::to_string(n) +
            "\") (param i32 f64) (result i32) (i32.add (i32.load (local.get 0))"
            " (i32.mul (local.get 0) (i32.const " +
            c + "))) (i32.trunc_sat_f64_s (f64.add (local.get 1) (f64.const " + c +
            "))) (i32.xor))";
  }
  return text + ")";
}

EngineConfig jit(const TemporaryDirectory* cache) {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  config.threads = 4;
  if (cache != nullptr) {
    config.cache.mode = CacheMode::ReadWrite;
    config.cache.directory = *cache / "cache";
    config.cache.least_bytes = 0;
  }
  return config;
}

}  // namespace

TEST_CASE("the reader of the map finds what it looks for", "[engine][wx]") {
  Mapping code{0x1000, 0x3000, 0x1000, true, false, true, false, "08:01 7", "a"};
  Mapping data{0x8000, 0x9000, 0x2000, true, true, false, true, "08:01 7", "a"};
  CHECK(violation({code, data}) == "two mappings: a");
  data.offset = 0x3000;
  CHECK(violation({code, data}).empty());
  code.writable = true;
  CHECK(violation({code}) == "writable and executable: a");
  CHECK(mappings().size() > 5);
}

TEST_CASE("code memory is never writable and executable while modules are compiled",
          "[engine][wx][no-asan][no-tsan][no-emulation]") {
  if (!Engine::create(jit(nullptr)).ok()) SKIP("no compiler here");
  const TemporaryDirectory folder;
  std::atomic<bool> done{false};
  std::atomic<int> busy{0};
  std::string wrong;
  std::uint64_t looks = 0;
  std::atomic<std::uint64_t> looks_at_compiling{0};
  std::set<std::uint64_t> seen;  // where code was
  std::thread sampler([&] {
    while (!done.load()) {
      const bool compiling = busy.load() != 0;
      const std::vector<Mapping> all = mappings();
      if (const std::string what = violation(all); !what.empty() && wrong.empty()) wrong = what;
      for (const Mapping& m : all) {
        if (m.executable) seen.insert(m.begin);
      }
      ++looks;
      looks_at_compiling += compiling ? 1 : 0;
    }
  });
  std::atomic<int> failures{0};
  std::vector<std::thread> compilers;
  for (int t = 0; t < 3; ++t) {
    compilers.emplace_back([&, t] {
      ++busy;
      for (int round = 0; round < 25 || (looks_at_compiling < 50 && round < 2000); ++round) {
        const auto engine = Engine::create(jit(round % 2 == 0 ? &folder : nullptr));
        if (!engine.ok()) {
          ++failures;
          continue;
        }
        // Compiled, stored; then from the cache; then dropped.
        for (const int seed : {3 * round + t, 3 * (round / 2 * 2) + t}) {
          const auto module = Module::compile(*engine, guest(seed));
          if (!module.ok()) {
            ++failures;
            continue;
          }
          const Store store(*engine);
          const auto instance = Instance::create(store, *module);
          const auto result = instance->get_func("f7")->call({Value(8), Value(2.0)});
          failures += result.ok() ? 0 : 1;
        }
      }
      --busy;
    });
  }
  for (std::thread& t : compilers) t.join();
  done = true;
  sampler.join();
  INFO("looks " << looks << ", of which while compiling " << looks_at_compiling
                << ", places of code " << seen.size());
  CHECK(wrong.empty());
  CHECK(failures == 0);
  CHECK(looks_at_compiling >= 50);
  CHECK(seen.size() >= 5);
}

TEST_CASE("the pages around code are inaccessible",
          "[engine][wx][no-asan][no-tsan][no-emulation]") {
  if (!Engine::create(jit(nullptr)).ok()) SKIP("no compiler here");
  const TemporaryDirectory folder;
  std::set<std::uint64_t> before;
  for (const Mapping& m : mappings()) {
    if (m.executable) before.insert(m.begin);
  }
  // Compiled into memory, and mapped from the cache.
  const Engine compiler = make_engine(jit(&folder));
  const Module compiled = compile(compiler, guest(1));
  const Module from_file = compile(make_engine(jit(&folder)), guest(1));
  REQUIRE(compiled.stats().cache == CacheResult::Stored);
  REQUIRE(from_file.stats().cache == CacheResult::Hit);
  const Instance instance = must(Instance::create(Store(compiler), compiled));
  must(instance.get_func("f0")->call({Value(8), Value(2.0)}));

  const std::vector<Mapping> all = mappings();
  int files = 0;
  int anonymous = 0;
  for (std::size_t n = 0; n < all.size(); ++n) {
    const Mapping& m = all[n];
    if (!m.executable || before.count(m.begin) != 0) continue;
    ++(m.file.empty() ? anonymous : files);
    REQUIRE(n > 0);
    REQUIRE(n + 1 < all.size());
    for (const Mapping* beside : {&all[n - 1], &all[n + 1]}) {
      INFO(std::hex << m.begin << " beside " << beside->begin << " " << beside->path);
      CHECK((beside->end == m.begin || beside->begin == m.end));
      CHECK_FALSE(beside->readable);
      CHECK_FALSE(beside->writable);
      CHECK_FALSE(beside->executable);
    }
  }
  CHECK(files == 1);
  CHECK(anonymous >= 1);  // the module; the way into it, unless it was there already
}
