// Images that are written for their users: when their code is used, and what is said when not.
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "libwasmrt/base/log.h"
#include "libwasmrt/engine/cache_format.h"
#include "sys/os/private_files.h"
#include "tests/engine/cache_support.h"

using namespace wasmrt;
using namespace wasmrt::test;
namespace fs = std::filesystem;

namespace {

/// An image of guest(4), and what the log says while the object lives.
struct Desk {
  TemporaryDirectory folder;
  std::string file = folder / "guest.cwasm";
  std::string said;

  Desk() {
    log_set_sink(
        [](void* user, LogLevel, std::string_view text) {
          static_cast<std::string*>(user)->append(text).append("\n");
        },
        &said);
    const Module module = compile(make_engine(cached(folder)), guest(4));
    const std::uint64_t written = must(module.write_image(file));
    CHECK(written == fs::file_size(file));
  }
  ~Desk() { log_set_sink(nullptr, nullptr); }

  ModuleStats run(const EngineConfig& config) {
    said.clear();
    const Engine engine = make_engine(config);
    const Module loaded = must(Module::load(engine, file));
    const Instance instance = must(Instance::create(Store(engine), loaded));
    CHECK(must(instance.get_func("f")->call({}))[0].i32() == 46);
    return loaded.stats();
  }
  EngineConfig off() const { return cached(folder, CacheMode::Off); }
  /// The module in it is compiled, and the log says why, once.
  void refused(const EngineConfig& config, const std::string& why) {
    const ModuleStats stats = run(config);
    CHECK(stats.cache == CacheResult::None);
    REQUIRE(stats.image_refused != nullptr);
    CHECK(stats.image_refused == why);
    CHECK(said == file + ": the code in the image is not used: " + why + "\n");
  }
};

bool mapped(const std::string& file) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(file) && line.find(" r-xp ") != std::string::npos) return true;
  }
  return false;
}

void replace(const std::string& file, std::uint64_t at, const std::string& bytes) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(static_cast<std::streamoff>(at));
  stream << bytes;
}

}  // namespace

TEST_CASE("an image runs where it was made, with or without the cache", "[engine][cache]") {
  Desk desk;
  for (const EngineConfig& config : {desk.off(), cached(desk.folder)}) {
    const ModuleStats stats = desk.run(config);
    CHECK(stats.cache == CacheResult::Hit);
    CHECK(stats.image_refused == nullptr);
    CHECK(desk.said.empty());
  }
  EngineConfig interpreted;
  interpreted.engine = EngineKind::Interp;
  const ModuleStats stats = desk.run(interpreted);
  CHECK(stats.cache == CacheResult::None);
  CHECK(stats.image_refused == nullptr);
  CHECK(desk.said.empty());
}

TEST_CASE("an image is mapped, unless others can write it", "[engine][cache][no-emulation]") {
  Desk desk;
  const Engine engine = make_engine(desk.off());
  {
    const Module module = must(Module::load(engine, desk.file));
    CHECK(module.stats().cache == CacheResult::Hit);
    CHECK(mapped(desk.file));
  }
  CHECK_FALSE(mapped(desk.file));
  chmod(desk.file.c_str(), 0666);
  const Module module = must(Module::load(engine, desk.file));
  CHECK(module.stats().cache == CacheResult::Hit);
  CHECK_FALSE(mapped(desk.file));
}

TEST_CASE("how a file begins is read whatever becomes of it", "[engine][cache]") {
  const Desk desk;
  os::OwnedDescriptor file;
  REQUIRE(os::open_for_reading(desk.file, file) == 0);
  CHECK(engine::begins_image(file.get()));
  fs::resize_file(desk.file, 11);
  CHECK_FALSE(engine::begins_image(file.get()));
  // A mapping of it would fault.
  fs::resize_file(desk.file, 0);
  CHECK_FALSE(engine::begins_image(file.get()));
}

TEST_CASE("an image that cannot be written is named", "[engine][cache]") {
  const Desk desk;
  const Quiet quiet;
  const TemporaryDirectory open;
  open.make_directory("cache");
  chmod((open / "cache").c_str(), 0777);
  const Module module = compile(make_engine(cached(open, CacheMode::Off)), guest(4));
  const Error error = must_fail(module.write_image(desk.file));
  CHECK(error.code == ErrorCode::Io);
  CHECK(error.message.starts_with(desk.file + ": there is no key to authenticate images with"));
}

TEST_CASE("images are checked as the cache's entries are", "[engine][cache]") {
  Desk desk;
  EngineConfig header = desk.off();
  header.cache.verify = CacheVerify::Header;
  CHECK(desk.run(header).cache == CacheResult::Hit);
  // A byte behind the code on its page: nothing that is run, but something that has a tag.
  replace(desk.file, 8191, "x");
  CHECK(desk.run(header).cache == CacheResult::Hit);
  desk.refused(desk.off(), "it is damaged");
  // Owner and mode are not to be trusted here.
  chmod(desk.file.c_str(), 0666);
  desk.refused(header, "it is damaged");
}

TEST_CASE("why the code in an image is not used", "[engine][cache]") {
  Desk desk;
  EngineConfig other = desk.off();
  other.deterministic = true;
  desk.refused(other, "it was made with other options");
  other = desk.off();
  other.cpu = "min";
  desk.refused(other, "it was made for other processor features");
  other = desk.off();
  other.gdb = true;
  desk.refused(other, "with gdb everything is compiled");
  other.gdb = false;
  other.cpu = "min";
  const TemporaryDirectory elsewhere;
  use(cached(elsewhere));
  desk.refused(cached(elsewhere, CacheMode::Off),
               "it was made with another host key: by another host or user, or with another cache "
               "directory");
  // Of bytes the same is said, without a name.
  const std::string bytes = desk.folder.read("guest.cwasm");
  desk.said.clear();
  const Module module = must(Module::compile(make_engine(other), bytes));
  CHECK(module.stats().image_refused == std::string("it was made for other processor features"));
  CHECK(desk.said ==
        "the code in the image is not used: it was made for other processor features\n");
  // A format of later.
  std::uint32_t format = 0;
  std::memcpy(&format, bytes.data() + 12, sizeof format);
  CHECK(format >= 5);
  replace(desk.file, 12, std::string(1, static_cast<char>(format + 1)));
  desk.refused(desk.off(), "another version of wasmrt made it");
}

TEST_CASE("an image whose tables do not fit its module is damaged", "[engine][cache]") {
  Desk desk;
  const std::string bytes = desk.folder.read("guest.cwasm");
  engine::ImageView view;
  REQUIRE(engine::view_image({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                             view));
  // Of what is not checked with the header: where the first body begins.
  const auto at = reinterpret_cast<const char*>(view.records.bodies.data()) - bytes.data();
  replace(desk.file, static_cast<std::uint64_t>(at), "\xff\xff\xff\x7f");
  EngineConfig header = desk.off();
  header.cache.verify = CacheVerify::Header;
  desk.refused(header, "it is damaged");
}

TEST_CASE("images of early formats are of another version", "[engine][cache]") {
  Desk desk;
  // What follows the format was different then, the size of the file, too.
  replace(desk.file, 12, std::string("\4\0\0\0\1\2\3", 7));
  const Error error = must_fail(Module::load(make_engine(desk.off()), desk.file));
  CHECK(error.code == ErrorCode::InvalidBinary);
  CHECK(contains(error.message, "another version of wasmrt made it"));
  fs::resize_file(desk.file, 300);
  CHECK(contains(must_fail(Module::load(make_engine(desk.off()), desk.file)).message,
                 "another version of wasmrt made it"));
}

TEST_CASE("a refused image is read from the file that was looked at",
          "[engine][cache][no-emulation]") {
  Desk desk;
  EngineConfig other = desk.off();
  other.deterministic = true;
  const int events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  REQUIRE(events >= 0);
  REQUIRE(inotify_add_watch(events, desk.file.c_str(), IN_OPEN | IN_ACCESS) >= 0);
  desk.refused(other, "it was made with other options");
  // Equal events in a row would be one: that is what the reads between are for.
  int opened = 0;
  char buffer[4096];
  const ssize_t bytes = read(events, buffer, sizeof buffer);
  for (ssize_t at = 0; at < bytes;) {
    inotify_event event{};
    std::memcpy(&event, buffer + at, sizeof event);
    opened += (event.mask & IN_OPEN) != 0 ? 1 : 0;
    at += static_cast<ssize_t>(sizeof event + event.len);
  }
  close(events);
  CHECK(opened == 1);
}

TEST_CASE("damaged images are compiled or refused", "[engine][cache]") {
  Desk desk;
  flip(desk.file, 4100);
  desk.refused(desk.off(), "it is damaged");
  const Error miss = must_fail(
      Module::load(make_engine(cached(TemporaryDirectory(), CacheMode::MustHit)), desk.file));
  CHECK(miss.code == ErrorCode::CacheMiss);
  CHECK(miss.message.find("; the code in the image is not used: ") != std::string::npos);
  // A damaged header cannot even name the module.
  fs::resize_file(desk.file, 300);
  const Error cut = must_fail(Module::load(make_engine(cached(desk.folder)), desk.file));
  CHECK(cut.code == ErrorCode::InvalidBinary);
  CHECK(contains(cut.message, ": it is damaged"));
}
