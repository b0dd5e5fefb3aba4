// The code cache: what is served, what is not, and what is left behind.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "libwasmrt/base/log.h"
#include "libwasmrt/engine/cache.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/engine_state.h"
#include "tests/support/api.h"
#include "tests/support/temporary_directory.h"

using namespace wasmrt;
using namespace wasmrt::test;
namespace fs = std::filesystem;

namespace {

EngineConfig cached(const TemporaryDirectory& folder, CacheMode mode = CacheMode::ReadWrite) {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  config.cache.mode = mode;
  config.cache.directory = folder / "cache";
  config.cache.least_bytes = 0;
  return config;
}

/// A module with a data segment, a table, and functions that call and trap.
std::string guest(int number) {
  return R"((module (memory (export "memory") 1) (data (i32.const 8) "\2a\00\00\00")
    (type $op (func (result i32))) (table 2 funcref) (elem (i32.const 0) $load)
    (func $load (result i32) (i32.load (i32.const 8)))
    (func (export "f") (result i32)
      (i32.add (call_indirect (type $op) (i32.const 0)) (i32.const )" +
         std::to_string(number) + R"()))
    (func $bad (export "bad") (result i32) (i32.load (i32.const -1)))))";
}

CacheResult use(const EngineConfig& config, int number = 0) {
  const Engine engine = make_engine(config);
  const Module module = compile(engine, guest(number));
  const Instance instance = must(Instance::create(Store(engine), module));
  CHECK(must(instance.get_func("f")->call({}))[0].i32() == 42 + number);
  const Trap trap = must_trap(instance.get_func("bad")->call({}));
  CHECK(trap.kind() == TrapKind::OutOfBoundsMemoryAccess);
  CHECK(trap.frames().size() == 1);
  return module.stats().cache;
}

std::vector<fs::path> entries(const TemporaryDirectory& folder, const char* kind = ".code") {
  std::vector<fs::path> found;
  for (const auto& e : fs::recursive_directory_iterator(folder / "cache")) {
    if (e.path().extension() == kind) found.push_back(e.path());
  }
  return found;
}

void flip(const fs::path& path, std::uint64_t at) {
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

}  // namespace

TEST_CASE("what was compiled once comes from the cache", "[engine][cache]") {
  const TemporaryDirectory folder;
  CHECK(use(cached(folder)) == CacheResult::Stored);
  CHECK(use(cached(folder)) == CacheResult::Hit);
  CHECK(use(cached(folder), 1) == CacheResult::Stored);
  CHECK(use(cached(folder, CacheMode::ReadOnly)) == CacheResult::Hit);
  CHECK(use(cached(folder, CacheMode::MustHit)) == CacheResult::Hit);
  CHECK(use(cached(folder, CacheMode::Off)) == CacheResult::None);
  EngineConfig header = cached(folder);
  header.cache.verify = CacheVerify::Header;
  CHECK(use(header) == CacheResult::Hit);
  EngineConfig automatic = cached(folder);
  automatic.engine = EngineKind::Auto;
  automatic.compile_at_once = 0;
  CHECK(use(automatic) == CacheResult::Hit);
  // The owner's alone.
  for (const fs::path& path : entries(folder)) {
    CHECK((fs::status(path).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
  }
}

TEST_CASE("must-hit fails instead of compiling", "[engine][cache]") {
  const TemporaryDirectory folder;
  const Engine before = make_engine(cached(folder, CacheMode::MustHit));
  CHECK(must_fail(Module::compile(before, guest(0))).code == ErrorCode::CacheMiss);
  CHECK_FALSE(fs::exists(folder / "cache"));
  use(cached(folder));
  const Engine engine = make_engine(cached(folder, CacheMode::MustHit));
  CHECK(must_fail(Module::compile(engine, guest(5))).code == ErrorCode::CacheMiss);
}

TEST_CASE("other options, other entries", "[engine][cache]") {
  const TemporaryDirectory folder;
  CHECK(use(cached(folder)) == CacheResult::Stored);
  EngineConfig config = cached(folder);
  config.deterministic = true;
  CHECK(use(config) == CacheResult::Stored);
  config = cached(folder);
  config.features = Features::wasm2();
  CHECK(use(config) == CacheResult::Stored);
  config = cached(folder);
  config.signals = false;
  CHECK(use(config) == CacheResult::Stored);
  config = cached(folder);
  config.spectre_guards = false;
  CHECK(use(config) == CacheResult::Stored);
  CHECK(entries(folder).size() == 5);
}

TEST_CASE("a damaged entry is a miss and is replaced", "[engine][cache]") {
  const Quiet quiet;
  const TemporaryDirectory folder;
  EngineConfig config = cached(folder);
  // Hundreds of engines follow; an emulator pays for every page of a large reservation.
  config.reservation = MemoryReservation::None;
  use(config);
  const fs::path path = entries(folder).at(0);
  const auto size = static_cast<std::uint64_t>(fs::file_size(path));
  // A flipped bit anywhere.
  for (std::uint64_t at = 0; at < size; at += at < 400 ? 7 : 211) {
    flip(path, at);
    CHECK(use(config) == CacheResult::Stored);
    CHECK(use(config) == CacheResult::Hit);
  }
  for (const std::uint64_t torn :
       {std::uint64_t{0}, std::uint64_t{100}, std::uint64_t{4096}, size - 1}) {
    fs::resize_file(path, torn);
    CHECK(use(config) == CacheResult::Stored);
  }
  // Another module's entry under this name.
  use(config, 3);
  const std::vector<fs::path> two = entries(folder);
  REQUIRE(two.size() == 2);
  const fs::path other = two[0] == path ? two[1] : two[0];
  fs::copy_file(other, path, fs::copy_options::overwrite_existing);
  CHECK(use(config) == CacheResult::Stored);
  // Open to others; a link; another key.
  chmod(path.c_str(), 0644);
  CHECK(use(config) == CacheResult::Stored);
  fs::rename(path, folder / "moved");
  fs::create_symlink(folder / "moved", path);
  CHECK(use(config) == CacheResult::Stored);
  CHECK(fs::is_regular_file(fs::symlink_status(path)));
  flip(folder / "cache/key", 3);
  CHECK(use(config) == CacheResult::Stored);
  CHECK(use(config) == CacheResult::Hit);
}

TEST_CASE("read-only changes nothing, not even what is damaged", "[engine][cache]") {
  const Quiet quiet;
  const TemporaryDirectory folder;
  use(cached(folder));
  const fs::path path = entries(folder).at(0);
  flip(path, 5000);
  CHECK(use(cached(folder, CacheMode::ReadOnly)) == CacheResult::Miss);
  CHECK(fs::exists(path));
  CHECK(use(cached(folder, CacheMode::ReadOnly), 9) == CacheResult::Miss);
  CHECK(entries(folder).size() == 1);
}

TEST_CASE("a directory that others can write is not used", "[engine][cache]") {
  const Quiet quiet;
  const TemporaryDirectory folder;
  folder.make_directory("cache");
  chmod((folder / "cache").c_str(), 0777);
  CHECK(use(cached(folder)) == CacheResult::Miss);
  CHECK(entries(folder).empty());
}

TEST_CASE("what was used least recently goes first", "[engine][cache]") {
  const TemporaryDirectory folder;
  EngineConfig config = cached(folder);
  for (int i = 0; i < 4; ++i) use(config, i);
  const auto all = entries(folder);
  REQUIRE(all.size() == 4);
  const auto size = static_cast<std::uint64_t>(fs::file_size(all[0]));
  // All were used long ago, number 0 not so long.
  const auto now = fs::file_time_type::clock::now();
  for (const fs::path& path : all) fs::last_write_time(path, now - std::chrono::hours(5));
  CHECK(use(config, 0) == CacheResult::Hit);
  config.cache.max_bytes = 2 * size + size / 2;
  CHECK(use(config, 7) == CacheResult::Stored);
  CHECK(entries(folder).size() == 2);
  CHECK(use(cached(folder, CacheMode::ReadOnly), 0) == CacheResult::Hit);
  CHECK(use(cached(folder, CacheMode::ReadOnly), 7) == CacheResult::Hit);
}

TEST_CASE("folders of other versions go, unless they are in use", "[engine][cache]") {
  const TemporaryDirectory folder;
  folder.make_directory("cache/0.0-old");
  folder.write("cache/0.0-old/x.code", "x");
  folder.make_directory("cache/0.0-used");
  os::OwnedDescriptor directory;
  os::OwnedDescriptor lock;
  REQUIRE(os::open_private_directory(folder / "cache/0.0-used", false, directory) == 0);
  REQUIRE(os::lock_private_file(directory.get(), "in-use", os::FileLock::Shared, false, lock) == 0);
  use(cached(folder));
  CHECK_FALSE(fs::exists(folder / "cache/0.0-old"));
  CHECK(fs::exists(folder / "cache/0.0-used"));
  lock.reset();
  engine::CodeCache cache(cached(folder).cache, {});
  REQUIRE_FALSE(cache.host_key().empty());
  CHECK(cache.prune_versions() == 1);
}

TEST_CASE("many engines that want the same module compile it once", "[engine][cache]") {
  const TemporaryDirectory folder;
  std::atomic<int> stored{0};
  std::atomic<int> hit{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      const Result<Engine> engine = Engine::create(cached(folder));
      const Result<Module> module = Module::compile(*engine, guest(1));
      if (!module) return;
      stored += module->stats().cache == CacheResult::Stored ? 1 : 0;
      hit += module->stats().cache == CacheResult::Hit ? 1 : 0;
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(stored == 1);
  CHECK(hit == 5);
}

TEST_CASE("processes that want the same module compile it once",
          "[engine][cache][no-tsan][no-emulation]") {
  const TemporaryDirectory folder;
  const Module text = compile(make_engine(cached(folder, CacheMode::Off)), guest(1));
  const Engine engine = make_engine(cached(folder));
  auto& cache = *static_cast<engine::CodeCache*>(detail::Access::get(engine)->cache());
  const engine::CodeKey key = cache.key_of(sha256(text.bytes()));
  const std::atomic<bool> go_on{false};
  // Locks are of open files, which a child shares: it lets go of its copy first.
  os::OwnedDescriptor lock;
  const auto compile_in_child = [&] {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child != 0) return child;
    lock.reset();
    const Result<Engine> mine = Engine::create(cached(folder));
    const Result<Module> module = Module::compile(*mine, text.bytes());
    _exit(module.ok() ? static_cast<int>(module->stats().cache) : 99);
  };
  const auto result_of = [](pid_t child) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? static_cast<CacheResult>(WEXITSTATUS(status)) : CacheResult::None;
  };
  const auto still_waits = [](pid_t child) { return waitpid(child, nullptr, WNOHANG) == 0; };

  // As if this process compiled it: the others wait, then one of them does.
  lock = cache.lock(key, go_on);
  REQUIRE(lock.valid());
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) children.push_back(compile_in_child());
  usleep(150'000);
  for (const pid_t child : children) REQUIRE(still_waits(child));
  CHECK(entries(folder).empty());
  lock.reset();
  int stored = 0;
  int hits = 0;
  for (const pid_t child : children) {
    const CacheResult result = result_of(child);
    stored += result == CacheResult::Stored ? 1 : 0;
    hits += result == CacheResult::Hit ? 1 : 0;
  }
  CHECK(stored == 1);
  CHECK(hits == 3);

  // Who dies while compiling keeps nobody waiting.
  fs::remove(entries(folder).at(0));
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t dying = fork();
  REQUIRE(dying >= 0);
  if (dying == 0) {
    const os::OwnedDescriptor mine = cache.lock(key, go_on);
    const ssize_t told = write(ready[1], mine.valid() ? "y" : "n", 1);
    if (told == 1) pause();
    _exit(1);
  }
  char held = 0;
  REQUIRE(read(ready[0], &held, 1) == 1);
  CHECK(held == 'y');
  const pid_t waiting = compile_in_child();
  usleep(100'000);
  CHECK(still_waits(waiting));
  kill(dying, SIGKILL);
  REQUIRE(waitpid(dying, nullptr, 0) == dying);
  CHECK(result_of(waiting) == CacheResult::Stored);
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("a writer that dies at any point leaves nothing that is served",
          "[engine][cache][no-tsan][no-emulation]") {
  const Quiet quiet;
  const TemporaryDirectory folder;
  CacheConfig config = cached(folder).cache;
  // A megabyte of content that can be told apart.
  const std::vector<std::uint8_t> code(700'000, 0xCC);
  std::vector<std::uint8_t> module(400'000);
  for (std::size_t i = 0; i < module.size(); ++i) module[i] = static_cast<std::uint8_t>(i * i >> 3);
  engine::ImageView view;
  view.code = code;
  view.module = module;
  const engine::CodeKey key = engine::CodeCache(config, {}).key_of(sha256(module));
  os::WorkerPool workers(0);
  int served = 0;
  for (int round = 0; round < 200; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      engine::CodeCache cache(config, {});
      for (;;) cache.store(key, view);
    }
    usleep(static_cast<useconds_t>(round * 37 % 6000));
    kill(child, SIGKILL);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    engine::CodeCache cache(config, {});
    // Present means complete: damage would be a warning and the file gone.
    const bool present = fs::exists(folder / "cache") && !entries(folder).empty();
    const auto image = cache.find(key, workers);
    REQUIRE((image != nullptr) == present);
    if (image == nullptr) continue;
    ++served;
    REQUIRE(std::ranges::equal(image->content.image.module, module));
    if (round % 3 == 0) fs::remove(entries(folder).at(0));
  }
  CHECK(served > 0);
}

TEST_CASE("files are remembered, and noticed when they change", "[engine][cache]") {
  const TemporaryDirectory folder;
  const Module text = compile(make_engine(cached(folder, CacheMode::Off)), guest(2));
  const std::string file = folder / "guest.wasm";
  folder.write("guest.wasm", std::string(text.bytes().begin(), text.bytes().end()));
  const auto load = [&] {
    const Module module = must(Module::load(make_engine(cached(folder)), file));
    return module.stats().cache;
  };
  CHECK(load() == CacheResult::Stored);
  CHECK(entries(folder, ".known").empty());  // too fresh to be sure of its times
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  CHECK(load() == CacheResult::Hit);
  REQUIRE(entries(folder, ".known").size() == 1);
  CHECK(load() == CacheResult::Hit);
  // Who waits until the entry is there leaves a record, too.
  const TemporaryDirectory other;
  must(Module::load(make_engine(cached(other)), file, {.eager = true}));
  CHECK(entries(other, ".known").size() == 1);
  // A record that is not ours counts for nothing.
  flip(entries(folder, ".known").at(0), 50);
  CHECK(load() == CacheResult::Hit);
  folder.write("guest.wasm", guest(11));
  const Module changed = must(Module::load(make_engine(cached(folder)), file));
  CHECK(changed.stats().cache == CacheResult::Stored);
  CHECK(must_fail(Module::load(make_engine(), folder / "absent.wasm")).code == ErrorCode::Io);
}

TEST_CASE("a stand-alone image runs, is refused elsewhere, and compiled there", "[engine][cache]") {
  const TemporaryDirectory here;
  const std::string file = here / "guest.cwasm";
  const Module module = compile(make_engine(cached(here)), guest(4));
  const std::uint64_t written = must(module.write_image(file));
  CHECK(written == fs::file_size(file));
  const auto run = [&](const EngineConfig& config) {
    const Engine engine = make_engine(config);
    const Module loaded = must(Module::load(engine, file));
    const Instance instance = must(Instance::create(Store(engine), loaded));
    CHECK(must(instance.get_func("f")->call({}))[0].i32() == 46);
    return loaded.stats().cache;
  };
  CHECK(run(cached(here, CacheMode::Off)) == CacheResult::Hit);
  CHECK(run(cached(here)) == CacheResult::Hit);
  EngineConfig other = cached(here, CacheMode::Off);
  other.deterministic = true;
  CHECK(run(other) == CacheResult::None);
  const TemporaryDirectory elsewhere;
  CHECK(run(cached(elsewhere, CacheMode::Off)) == CacheResult::None);
  EngineConfig interpreted;
  interpreted.engine = EngineKind::Interp;
  CHECK(run(interpreted) == CacheResult::None);
  // Damaged code is not run; a damaged header cannot even name the module.
  flip(file, 4100);
  CHECK(run(cached(here, CacheMode::Off)) == CacheResult::None);
  fs::resize_file(file, 300);
  CHECK(must_fail(Module::load(make_engine(cached(here)), file)).code == ErrorCode::InvalidBinary);
}
