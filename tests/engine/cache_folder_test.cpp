// Folders of the code cache: what belongs to it and goes, and what is somebody else's and stays.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "libwasmrt/engine/cache.h"
#include "libwasmrt/engine/cache_folder.h"
#include "tests/engine/cache_support.h"

using namespace wasmrt;
using namespace wasmrt::test;
using engine::CacheFile;
namespace fs = std::filesystem;

namespace {

constexpr const char* kOld = "cache/0.0.9-0123456789abcdef";
constexpr const char* kEntry = "0123456789abcdef-0123456789abcdef0123456789abcdef.code";

/// A folder of another version with an entry in it, as the cache leaves it.
void make_old(const TemporaryDirectory& folder, const std::string& name = kOld) {
  folder.make_directory(name);
  os::OwnedDescriptor directory;
  os::OwnedDescriptor in_use;
  REQUIRE(os::open_private_directory(folder / name, false, directory) == 0);
  REQUIRE(engine::use_folder(directory.get(), true, in_use) == 0);
  folder.write(name + "/" + kEntry, "x");
}

/// In a folder that has a key, another version starts for the first time.
void start(const TemporaryDirectory& folder) {
  for (const auto& e : fs::directory_iterator(folder / "cache")) {
    if (e.path().filename() == engine::version_folder()) fs::remove_all(e.path());
  }
  use(cached(folder));
}

std::set<std::string> names_in(const fs::path& path) {
  std::set<std::string> names;
  for (const auto& e : fs::directory_iterator(path)) names.insert(e.path().filename());
  return names;
}

std::size_t count(const TemporaryDirectory& folder, const char* kind) {
  return entries(folder, kind).size();
}

}  // namespace

TEST_CASE("names of the cache's files", "[engine][cache]") {
  using engine::cache_file_kind;
  CHECK(cache_file_kind(kEntry) == CacheFile::Entry);
  CHECK(cache_file_kind("0123456789abcdef-0123456789abcdef0123456789abcdef.lock") ==
        CacheFile::Lock);
  CHECK(cache_file_kind("2049-77.known") == CacheFile::Record);
  CHECK(cache_file_kind("tmp.12.0") == CacheFile::Temporary);
  CHECK(cache_file_kind("in-use") == CacheFile::Marker);
  for (const char* foreign :
       {"a.txt", "id_rsa", "x.code", "tmp.12", "tmp.a.b", "tmp.1.2.3", "2049-77.known.txt",
        "-.known", "2049-7x.known", "0123456789abcdef-0123456789abcdef0123456789abcdeg.code",
        "0123456789abcdef-0123456789abcdef0123456789abcdef.code~", ".lock", "key", ""}) {
    CAPTURE(foreign);
    CHECK(cache_file_kind(foreign) == CacheFile::Foreign);
  }
  CHECK(engine::names_version_folder(engine::version_folder()));
  for (const char* foreign :
       {"docs", ".ssh", "0.1.0", "0.1.0-old", "-0123456789abcdef", "1-0123456789abcdef",
        "x1.0-0123456789abcdef", "1.0-0123456789abcdeF", "1.0-0123456789abcdef0"}) {
    CAPTURE(foreign);
    CHECK_FALSE(engine::names_version_folder(foreign));
  }
  // What the cache writes is what it knows.
  const engine::CodeKey key{sha256({}), sha256({})};
  CHECK(cache_file_kind(engine::entry_name(key) + ".code") == CacheFile::Entry);
  CHECK(cache_file_kind(engine::record_name({1, 2, 3, 4, 5})) == CacheFile::Record);
}

TEST_CASE("a cache in a folder of the user's leaves his files alone", "[engine][cache]") {
  const TemporaryDirectory folder;
  const auto fill = [&](const std::string& name) {
    folder.make_directory("cache/" + name);
    folder.write("cache/" + name + "/id_rsa", "mine");
  };
  fill(".ssh");
  fill("docs");
  fill("0.0.9-fedcba9876543210");  // so called by chance
  folder.write("cache/notes", "mine");
  use(cached(folder));
  start(folder);
  engine::CodeCache cache(cached(folder).cache, {});
  CHECK(cache.prune() == 0);
  CHECK(folder.read("cache/notes") == "mine");
  for (const char* name : {".ssh", "docs", "0.0.9-fedcba9876543210"}) {
    CHECK(names_in(folder / ("cache/" + std::string(name))) == std::set<std::string>{"id_rsa"});
  }
}

TEST_CASE("folders of other versions go, unless they are in use", "[engine][cache]") {
  const TemporaryDirectory folder;
  use(cached(folder));
  make_old(folder);
  make_old(folder, "cache/0.0.9-00000000000000aa");
  os::OwnedDescriptor directory;
  os::OwnedDescriptor lock;
  REQUIRE(os::open_private_directory(folder / "cache/0.0.9-00000000000000aa", false, directory) ==
          0);
  REQUIRE(engine::use_folder(directory.get(), false, lock) == 0);
  start(folder);
  CHECK_FALSE(fs::exists(folder / kOld));
  CHECK(fs::exists(fs::path(folder / "cache/0.0.9-00000000000000aa") / kEntry));
  lock.reset();
  engine::CodeCache cache(cached(folder, CacheMode::ReadOnly).cache, {});
  CHECK(cache.prune() == 1);
  CHECK_FALSE(fs::exists(folder / "cache/0.0.9-00000000000000aa"));
}

TEST_CASE("files of others in a folder of the cache stay, and with them the folder",
          "[engine][cache]") {
  const TemporaryDirectory folder;
  use(cached(folder));
  make_old(folder);
  folder.write(std::string(kOld) + "/notes.txt", "mine");
  engine::CodeCache cache(cached(folder).cache, {});
  CHECK(cache.prune() == 0);
  CHECK(names_in(folder / kOld) == std::set<std::string>{"in-use", "notes.txt"});
  fs::remove(folder / (std::string(kOld) + "/notes.txt"));
  CHECK(cache.prune() == 1);
}

TEST_CASE("where there is no key nothing is removed and nothing made", "[engine][cache]") {
  const Quiet quiet;
  const TemporaryDirectory folder;
  make_old(folder);
  engine::CodeCache cache(cached(folder, CacheMode::ReadOnly).cache, {});
  CHECK(cache.prune() == 0);
  CHECK(names_in(folder / "cache").size() == 1);
  use(cached(folder));  // makes a key
  CHECK(fs::exists(folder / kOld));
}

TEST_CASE("locks go with who held them, also when he died", "[engine][cache]") {
  const TemporaryDirectory folder;
  use(cached(folder));
  CHECK(count(folder, ".lock") == 0);
  engine::CodeCache cache(cached(folder).cache, {});
  const std::atomic<bool> go_on{false};
  engine::EntryLock held = cache.lock({sha256({}), {}}, go_on);
  REQUIRE(held.valid());
  // Of a process that was killed.
  const fs::path own = fs::path(folder / "cache") / engine::version_folder();
  std::ofstream(own / "0123456789abcdef-0123456789abcdef0123456789abcdef.lock").flush();
  CHECK(count(folder, ".lock") == 2);
  use(cached(folder), 1);
  CHECK(count(folder, ".lock") == 1);
  held.release();
  CHECK(count(folder, ".lock") == 0);
}

TEST_CASE("records of files go with the entries", "[engine][cache]") {
  const TemporaryDirectory folder;
  const EngineConfig off = cached(folder, CacheMode::Off);
  for (int i = 0; i < 6; ++i) {
    const Module text = compile(make_engine(off), guest(i));
    folder.write("guest" + std::to_string(i), {text.bytes().begin(), text.bytes().end()});
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const Engine engine = make_engine(cached(folder));
  for (int i = 0; i < 6; ++i) {
    must(Module::load(engine, folder / ("guest" + std::to_string(i)), {.eager = true}));
  }
  REQUIRE(count(folder, ".known") == 6);
  // Entries that somebody deleted.
  for (const fs::path& path : entries(folder)) fs::remove(path);
  use(cached(folder), 20);
  CHECK(count(folder, ".known") == 0);
  CHECK(count(folder, ".code") == 1);
  // One that went because of the size.
  must(Module::load(make_engine(cached(folder)), folder / "guest0", {.eager = true}));
  REQUIRE(count(folder, ".known") == 1);
  EngineConfig small = cached(folder);
  small.cache.max_bytes = 1;
  use(small, 21);
  CHECK(count(folder, ".code") == 1);
  CHECK(count(folder, ".known") == 0);
}

TEST_CASE("of the records of a module the newest stay", "[engine][cache]") {
  const TemporaryDirectory folder;
  use(cached(folder), 1);
  use(cached(folder), 2);
  const fs::path own = fs::path(folder / "cache") / engine::version_folder();
  // Of files that were written anew again and again, with the same content.
  const Module text = compile(make_engine(cached(folder, CacheMode::Off)), guest(2));
  engine::CodeCache cache(cached(folder).cache, {});
  std::uint64_t records = 0;
  for (std::uint64_t inode = 1; inode <= 40; ++inode) {
    const os::FileIdentity file{1, inode, 100, 1, 1};
    cache.remember(file, sha256(text.bytes()));
    const fs::path record = own / engine::record_name(file);
    fs::last_write_time(record, fs::file_time_type::clock::now() - std::chrono::hours(100 - inode));
    records += fs::file_size(record);
  }
  os::OwnedDescriptor directory;
  REQUIRE(os::open_private_directory(own, false, directory) == 0);
  std::uint64_t all = 0;
  for (const fs::path& path : entries(folder)) all += fs::file_size(path);
  // Room for the entries, if the records make it.
  engine::sweep_folder(directory.get(), all + records / 2, false);
  CHECK(count(folder, ".code") == 2);
  CHECK(count(folder, ".known") == 16);
  CHECK(fs::exists(own / engine::record_name({1, 40, 100, 1, 1})));
  CHECK_FALSE(fs::exists(own / engine::record_name({1, 24, 100, 1, 1})));
}

TEST_CASE("records, locks and temporary files count as the entries do", "[engine][cache]") {
  const os::FileIdentity file{1, 77, 100, 1, 1};
  const std::string record = engine::record_name(file);
  const std::string lock = "0123456789abcdef-0123456789abcdef0123456789abcdef.lock";
  for (const std::string& name : {record, lock, std::string("tmp.1.1")}) {
    CAPTURE(name);
    const TemporaryDirectory folder;
    use(cached(folder), 1);
    use(cached(folder), 2);
    const auto size = fs::file_size(entries(folder).at(0));
    const fs::path own = fs::path(folder / "cache") / engine::version_folder();
    os::OwnedDescriptor directory;
    REQUIRE(os::open_private_directory(own, false, directory) == 0);
    engine::sweep_folder(directory.get(), 2 * size, false);
    CHECK(count(folder, ".code") == 2);
    os::OwnedDescriptor held;
    if (name == record) {
      const Module text = compile(make_engine(cached(folder, CacheMode::Off)), guest(2));
      engine::CodeCache(cached(folder).cache, {}).remember(file, sha256(text.bytes()));
    } else {
      std::ofstream(own / name) << "x";
      REQUIRE(os::lock_private_file(directory.get(), name, os::FileLock::Exclusive, false, held) ==
              0);
    }
    REQUIRE(fs::exists(own / name));
    engine::sweep_folder(directory.get(), 2 * size, false);
    CHECK(count(folder, ".code") == 1);
    CHECK(count(folder, ".lock") == (name == lock ? 1 : 0));
  }
}
