// A guest that tries to get out, watched from outside: under strace no file is opened successfully
// that lies outside its mount.
//
// The test runs this program again under strace with the hidden test below, which marks the point
// from which on the guest drives. Where strace is absent, or may not trace, there is nothing to
// see.
#include <cstdlib>
#include <fstream>
#include <string>

#include "sys/os/directory.h"
#include "tests/support/temporary_directory.h"
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;
namespace right = wasmrt::wasi::right;
namespace oflag = wasmrt::wasi::oflag;

namespace {

constexpr const char* kVariable = "WASMRT_TEST_ESCAPE_BOX";
constexpr const char* kBegin = "guest-begins-here";
constexpr const char* kEnd = "guest-ends-here";

// The path strace -y prints for the descriptor a call returned: "... = 7</path>".
std::string opened_path(const std::string& line) {
  const size_t result = line.rfind(" = ");
  if (result == std::string::npos || line[result + 3] < '0' || line[result + 3] > '9') return "";
  const size_t begin = line.find('<', result);
  const size_t end = line.rfind('>');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "";
  return line.substr(begin + 1, end - begin - 1);
}

}  // namespace

TEST_CASE("escape attempts, to be watched", "[.escape]") {
  const char* directory = std::getenv(kVariable);
  REQUIRE(directory != nullptr);
  const os::PathWalk found = os::path_walk();
  WasiBox box(one_mount(std::string(directory) + "/box"));
  CHECK(box.open(3, kBegin, 0, 0) == Errno::NoEnt);
  for (const os::PathWalk walk : {found, os::PathWalk::Components}) {
    os::set_path_walk(walk);
    for (const char* path :
         {"file", "dir/inner", "../secret", "up", "absolute", "parent/secret", "dir/../../secret",
          "/etc/passwd", "..", "dir/../file", "to_file", "../box/file", "parent/box/file"}) {
      for (const uint32_t flags : {0u, oflag::kCreat, oflag::kDirectory, oflag::kTrunc}) {
        for (const wasi::Rights rights : {right::kFdRead, right::kFdRead | right::kFdWrite}) {
          box.open(3, path, flags, rights);
          box.open(3, path, flags, rights, 0, 0, 0);
        }
      }
      box.stat(3, path, 1);
      box.stat(3, path, 0);
      box.link(3, path, 3, "linked");
      box.rename(3, path, 3, "renamed");
      box.rename(3, "renamed", 3, path);
      box.on_path(&wasi::Preview1::path_create_directory, 3, std::string(path) + "/made");
      box.on_path(&wasi::Preview1::path_remove_directory, 3, std::string(path) + "/made");
      box.on_path(&wasi::Preview1::path_unlink_file, 3, std::string(path) + "/x");
    }
  }
  CHECK(box.open(3, kEnd, 0, 0) == Errno::NoEnt);
  os::set_path_walk(found);
}

TEST_CASE("under strace no open outside the mount succeeds", "[wasi][no-emulation]") {
  const TemporaryDirectory directory;
  directory.make_directory("box/dir");
  directory.write("secret", "secret");
  directory.write("box/file", "inside");
  directory.write("box/dir/inner", "inside");
  directory.link("../secret", "box/up");
  directory.link("/etc/passwd", "box/absolute");
  directory.link("..", "box/parent");
  directory.link("file", "box/to_file");
  setenv(kVariable, directory.path().c_str(), 1);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string log = directory / "log";
  // A leak checker cannot work in a process that is traced.
  const std::string command =
      "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -y -s 4096 -e "
      "trace=open,openat,openat2,creat -o '" +
      log + "' '" + self + "' '[.escape]' >/dev/null 2>&1";
  const int status = std::system(command.c_str());
  unsetenv(kVariable);
  std::ifstream lines(log);
  std::string line;
  bool driving = false;
  bool ended = false;
  int inside = 0;
  while (std::getline(lines, line)) {
    if (line.find(kBegin) != std::string::npos) driving = true;
    if (line.find(kEnd) != std::string::npos) ended = true;
    if (!driving || ended) continue;
    const std::string path = opened_path(line);
    if (path.empty()) continue;
    INFO(line);
    const std::string box = directory / "box";
    CHECK((path == box || path.starts_with(box + "/")));
    ++inside;
  }
  if (!driving) {
    SKIP("strace is absent, or may not trace: nothing was watched");
  }
  CHECK(status == 0);
  CHECK(ended);
  CHECK(inside > 50);
  CHECK(directory.read("secret") == "secret");
}
