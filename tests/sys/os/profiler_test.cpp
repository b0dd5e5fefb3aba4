// Files for profilers: what is there under their names and is not one of them stays as it is.
#include "sys/os/profiler.h"

#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "tests/support/temporary_directory.h"

using namespace wasmrt;
namespace fs = std::filesystem;

TEST_CASE("files for profilers are never written through links", "[os]") {
  const std::vector<std::uint8_t> bytes = {'o', 'u', 'r', 's'};
  const std::function<int(const std::string&)> ways[] = {
      [&](const std::string& path) {
        os::ProfilerFile file;
        const int error = os::ProfilerFile::create(path, bytes, file);
        CHECK(file.valid() == (error == 0));
        return error;
      },
      [&](const std::string& path) { return os::append_own_file(path, bytes); }};
  for (const auto& write : ways) {
    const test::TemporaryDirectory folder;
    folder.write("victim", "mine");
    const std::string path = folder / "file";
    fs::create_symlink(folder / "victim", path);
    CHECK(write(path) == EPERM);
    fs::remove(path);
    fs::create_hard_link(folder / "victim", path);
    CHECK(write(path) == EPERM);
    fs::remove(path);
    CHECK(folder.read("victim") == "mine");
    fs::create_directory(path);
    CHECK(write(path) != 0);
    fs::remove(path);
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    CHECK(write(path) == EPERM);
    fs::remove(path);
    CHECK(write(path) == 0);
    CHECK(folder.read("file") == "ours");
  }
  const test::TemporaryDirectory folder;
  folder.write("file", "of an earlier process");
  CHECK(ways[0](folder / "file") == 0);
  CHECK(folder.read("file") == "ours");
  CHECK(ways[1](folder / "file") == 0);
  CHECK(folder.read("file") == "oursours");
}
