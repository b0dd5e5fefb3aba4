// The guest's calls against the ways out of a mount. What the resolution itself promises is tested
// in tests/sys/os/directory_test.cpp; here is that every call uses it.
#include "sys/os/directory.h"
#include "tests/support/temporary_directory.h"
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;
namespace right = wasmrt::wasi::right;
namespace oflag = wasmrt::wasi::oflag;

TEST_CASE("no call reaches outside its mount", "[wasi]") {
  const os::PathWalk found = os::path_walk();
  for (const os::PathWalk walk : {found, os::PathWalk::Components}) {
    os::set_path_walk(walk);
    const TemporaryDirectory directory;
    directory.make_directory("box/dir");
    directory.write("secret", "secret");
    directory.write("box/file", "inside");
    directory.link("../secret", "box/up");
    directory.link("/etc/passwd", "box/absolute");
    directory.link("..", "box/parent");
    WasiBox box(one_mount(directory / "box"));
    for (const char* path : {"../secret", "/etc/passwd", "up", "absolute", "parent/secret",
                             "dir/../../secret", "..", "/", "dir/../../box/file"}) {
      INFO(path);
      CHECK(box.open(3, path, 0, right::kFdRead) == Errno::Perm);
      CHECK(box.open(3, path, 0, right::kFdRead | right::kFdWrite) == Errno::Perm);
      CHECK(box.stat(3, path, 1) == Errno::Perm);
    }
    for (const char* path : {"../x", "/x", "parent/x", "dir/../../x"}) {
      INFO(path);
      CHECK(box.open(3, path, oflag::kCreat, right::kFdWrite) == Errno::Perm);
      CHECK(box.on_path(&wasi::Preview1::path_create_directory, 3, path) == Errno::Perm);
      CHECK(box.on_path(&wasi::Preview1::path_remove_directory, 3, path) == Errno::Perm);
      CHECK(box.on_path(&wasi::Preview1::path_unlink_file, 3, path) == Errno::Perm);
      CHECK(box.rename(3, "file", 3, path) == Errno::Perm);
      CHECK(box.rename(3, path, 3, "file") == Errno::Perm);
      CHECK(box.link(3, "file", 3, path) == Errno::Perm);
      CHECK(box.link(3, path, 3, "new") == Errno::Perm);
      CHECK(box.symlink("file", 3, path) == Errno::Perm);
      const uint32_t length = box.put(WasiBox::kText, path);
      CHECK(box.calls->path_readlink(box.guest, 3, WasiBox::kText, length, WasiBox::kBuffer, 100,
                                     WasiBox::kResult) == Errno::Perm);
      CHECK(box.calls->path_filestat_set_times(box.guest, 3, 1, WasiBox::kText, length, 0, 0, 0) ==
            Errno::Perm);
    }
    // A directory that was opened is a boundary of its own.
    const uint32_t dir = box.must_open(3, "dir", oflag::kDirectory, right::kPathOpen);
    CHECK(box.open(dir, "../file", 0, right::kFdRead) == Errno::Perm);
    // A link the guest makes itself is no way out either.
    CHECK(box.symlink("../../secret", 3, "dir/made") == Errno::Success);
    CHECK(box.open(3, "dir/made", 0, right::kFdRead) == Errno::Perm);
    CHECK(box.rename(3, "dir/made", 3, "made") == Errno::Success);
    CHECK(box.open(3, "made", 0, right::kFdRead) == Errno::Perm);
    CHECK(directory.read("secret") == "secret");
  }
  os::set_path_walk(found);
}
