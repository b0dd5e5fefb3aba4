// What tests of the code cache share: engines with a cache in a folder, and a guest for them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "libwasmrt/base/log.h"
#include "tests/support/api.h"
#include "tests/support/temporary_directory.h"

namespace wasmrt::test {

inline EngineConfig cached(const TemporaryDirectory& folder,
                           CacheMode mode = CacheMode::ReadWrite) {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  config.cache.mode = mode;
  config.cache.directory = folder / "cache";
  config.cache.least_bytes = 0;
  return config;
}

/// A module with data segments, a table, and functions that call and trap.
inline std::string guest(int number) {
  return R"((module (memory (export "memory") 1) (data (i32.const 8) "\29\00\00\00")
    (data $one "\01\00\00\00")
    (type $op (func (result i32))) (table 2 funcref) (elem (i32.const 0) $load)
    (func $load (result i32)
      (memory.init $one (i32.const 100) (i32.const 0) (i32.const 4))
      (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 100))))
    (func (export "f") (result i32)
      (i32.add (call_indirect (type $op) (i32.const 0)) (i32.const )" +
         std::to_string(number) + R"()))
    (func $bad (export "bad") (result i32) (i32.load (i32.const -1)))))";
}

inline CacheResult use(const EngineConfig& config, int number = 0) {
  const Engine engine = make_engine(config);
  const Module module = compile(engine, guest(number));
  const Instance instance = must(Instance::create(Store(engine), module));
  CHECK(must(instance.get_func("f")->call({}))[0].i32() == 42 + number);
  const Trap trap = must_trap(instance.get_func("bad")->call({}));
  CHECK(trap.kind() == TrapKind::OutOfBoundsMemoryAccess);
  CHECK(trap.frames().size() == 1);
  return module.stats().cache;
}

inline std::vector<std::filesystem::path> entries(const TemporaryDirectory& folder,
                                                  const char* kind = ".code") {
  std::vector<std::filesystem::path> found;
  for (const auto& e : std::filesystem::recursive_directory_iterator(folder / "cache")) {
    if (e.path().extension() == kind) found.push_back(e.path());
  }
  return found;
}

inline void flip(const std::filesystem::path& path, std::uint64_t at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get());
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ 0x10));
}

/// Warnings about damaged entries are what these tests are about.
struct Quiet {
  Quiet() { log_set_level(LogLevel::Error); }
  ~Quiet() { log_set_level(LogLevel::Warn); }
};

}  // namespace wasmrt::test
