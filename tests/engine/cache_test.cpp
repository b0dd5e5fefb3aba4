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
#include "tests/engine/cache_support.h"

using namespace wasmrt;
using namespace wasmrt::test;
namespace fs = std::filesystem;

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

TEST_CASE("must-hit and what wants the compiler to run exclude each other", "[engine][cache]") {
  const TemporaryDirectory folder;
  EngineConfig config = cached(folder, CacheMode::MustHit);
  config.gdb = true;
  CHECK(must_fail(Engine::create(config)).message ==
        "invalid engine configuration: cache: must-hit never compiles, and with gdb everything is "
        "compiled");
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

TEST_CASE("records that do not fit their module are a miss, whatever vouches for them",
          "[engine][cache]") {
  const Quiet quiet;
  const TemporaryDirectory folder;
  const CacheVerify verify = GENERATE(CacheVerify::Header, CacheVerify::Full);
  EngineConfig config = cached(folder);
  config.cache.verify = verify;
  use(config);
  CHECK(use(config) == CacheResult::Hit);

  const Module text = compile(make_engine(cached(folder, CacheMode::Off)), guest(0));
  const Engine engine = make_engine(config);
  auto& cache = *static_cast<engine::CodeCache*>(detail::Access::get(engine)->cache());
  const engine::CodeKey key = cache.key_of(sha256(text.bytes()));
  os::WorkerPool workers(0);
  const auto keep_changed = [&](const std::function<void(FuncBody&, DataSegment&)>& change) {
    const auto image = cache.find(key, workers);
    REQUIRE(image != nullptr);
    engine::ImageView view = image->content.image;
    REQUIRE(view.records.bodies.size() == 3);
    REQUIRE(view.records.datas.size() == 2);
    std::vector<FuncBody> bodies(view.records.bodies.begin(), view.records.bodies.end());
    std::vector<DataSegment> datas(view.records.datas.begin(), view.records.datas.end());
    change(bodies[2], datas[0]);
    view.records = {bodies, datas};
    REQUIRE(cache.store(key, view));
  };
  keep_changed([](FuncBody&, DataSegment&) {});
  CHECK(use(config) == CacheResult::Hit);
  keep_changed([](FuncBody& body, DataSegment&) { body.size += 1000; });
  CHECK(use(config) == CacheResult::Stored);
  CHECK(use(config) == CacheResult::Hit);
  keep_changed([](FuncBody&, DataSegment& data) { data.begin = 0x7FFFFFFF; });
  CHECK(use(config) == CacheResult::Stored);
  keep_changed([](FuncBody&, DataSegment& data) { data.memory = 1; });
  CHECK(use(config) == CacheResult::Stored);
  CHECK(use(config) == CacheResult::Hit);
  keep_changed([](FuncBody&, DataSegment& data) { data.kind = DataSegment::Kind{9}; });
  const Engine strict = make_engine([&] {
    EngineConfig c = config;
    c.cache.mode = CacheMode::MustHit;
    return c;
  }());
  CHECK(must_fail(Module::compile(strict, guest(0))).code == ErrorCode::CacheMiss);
}

TEST_CASE("segments whose places are computed come from the module", "[engine][cache]") {
  const TemporaryDirectory folder;
  for (const CacheResult expected : {CacheResult::Stored, CacheResult::Hit}) {
    const Engine engine = make_engine(cached(folder));
    const Module module = compile(engine, R"((module (memory 1) (global $at i32 (i32.const 64))
      (data (global.get $at) "\05") (data (i32.const 65) "\06")
      (func (export "f") (result i32) (i32.load (i32.const 64)))))");
    const Instance instance = must(Instance::create(Store(engine), module));
    CHECK(must(instance.get_func("f")->call({}))[0].i32() == 0x605);
    CHECK(module.stats().cache == expected);
  }
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

TEST_CASE("a lock is given back although a forked child has its file",
          "[engine][cache][no-tsan][no-emulation]") {
  const TemporaryDirectory folder;
  const Engine engine = make_engine(cached(folder));
  auto& cache = *static_cast<engine::CodeCache*>(detail::Access::get(engine)->cache());
  const engine::CodeKey key = cache.key_of(sha256({}));
  std::atomic<bool> stop{false};
  engine::EntryLock lock = cache.lock(key, stop);
  REQUIRE(lock.valid());
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  lock.release();
  stop = true;  // does not wait
  CHECK(cache.lock(key, stop).valid());
  kill(child, SIGKILL);
  REQUIRE(waitpid(child, nullptr, 0) == child);
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
  engine::EntryLock lock;
  const auto compile_in_child = [&] {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child != 0) return child;
    lock.release();
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
  lock.release();
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
    const engine::EntryLock mine = cache.lock(key, go_on);
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
    // On a busy machine no writer gets anything done in that time: then it has more.
    const int patience = served == 0 ? 1 + round / 20 : 1;
    usleep(static_cast<useconds_t>(round * 37 % 6000 * patience));
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
