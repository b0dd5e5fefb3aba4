// Rights: reported, enforced, only ever dropped; read-only mounts.
#include "tests/support/temporary_directory.h"
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;
namespace right = wasmrt::wasi::right;
namespace oflag = wasmrt::wasi::oflag;
namespace fstflag = wasmrt::wasi::fstflag;

TEST_CASE("a descriptor gets the rights that were asked for and make sense", "[wasi]") {
  const TemporaryDirectory directory;
  directory.write("file", "content");
  directory.make_directory("dir");
  WasiBox box(one_mount(directory.path()));
  const uint32_t reader = box.must_open(3, "file", 0, right::kFdRead);
  CHECK(box.base_rights(reader) == right::kFdRead);
  std::string text;
  CHECK(box.read(reader, 3, text) == Errno::Success);
  CHECK(box.write(reader, "x") == Errno::Badf);
  CHECK(box.calls->fd_seek(box.guest, reader, 0, 0, WasiBox::kResult) == Errno::NotCapable);
  CHECK(box.calls->fd_tell(box.guest, reader, WasiBox::kResult) == Errno::NotCapable);
  CHECK(box.calls->fd_filestat_get(box.guest, reader, WasiBox::kResult) == Errno::NotCapable);
  CHECK(box.calls->fd_sync(box.guest, reader) == Errno::NotCapable);
  const uint32_t writer = box.must_open(3, "file", 0, right::kFdWrite);
  CHECK(box.base_rights(writer) == right::kFdWrite);
  CHECK(box.read(writer, 3, text) == Errno::Badf);
  const uint32_t everything = box.must_open(3, "file", 0, ~wasi::Rights{0});
  CHECK(box.base_rights(everything) == right::kFile);
  const uint32_t no_write = box.must_open(3, "file", 0, ~right::kFdWrite);
  CHECK((box.base_rights(no_write) & right::kNeedsWrite) == 0);
  const uint32_t inner = box.must_open(3, "dir", oflag::kDirectory, ~right::kFdWrite);
  CHECK(box.base_rights(inner) == right::kDirectory);
  CHECK(box.open(3, "dir", oflag::kDirectory, ~wasi::Rights{0}) == Errno::IsDir);
  CHECK(box.open(3, "dir", 0, right::kFdRead | right::kFdWrite) == Errno::IsDir);
  CHECK(box.read(inner, 1, text) == Errno::IsDir);
  CHECK(box.calls->fd_seek(box.guest, inner, 0, 0, WasiBox::kResult) == Errno::Badf);
}

TEST_CASE("rights are dropped, never regained", "[wasi]") {
  const TemporaryDirectory directory;
  directory.write("file", "content");
  WasiBox box(one_mount(directory.path()));
  const uint32_t fd = box.must_open(3, "file", 0, right::kFile);
  CHECK(box.calls->fd_fdstat_set_rights(box.guest, fd, right::kFile, 0) == Errno::Success);
  CHECK(box.calls->fd_fdstat_set_rights(box.guest, fd, right::kFile & ~right::kFdRead, 0) ==
        Errno::Success);
  std::string text;
  CHECK(box.read(fd, 1, text) == Errno::Badf);
  CHECK(box.calls->fd_fdstat_set_rights(box.guest, fd, right::kFile, 0) == Errno::NotCapable);
  CHECK(box.calls->fd_fdstat_set_rights(box.guest, fd, 0, 1) == Errno::NotCapable);
}

TEST_CASE("what a directory cannot pass on is not gained below it", "[wasi]") {
  const TemporaryDirectory directory;
  directory.make_directory("dir/inner");
  directory.write("dir/file", "content");
  WasiBox box(one_mount(directory.path()));
  const uint32_t dir =
      box.must_open(3, "dir", oflag::kDirectory, right::kPathOpen | right::kPathCreateFile,
                    right::kFdRead | right::kPathOpen);
  CHECK(box.open(dir, "file", 0, right::kFdRead | right::kFdWrite) == Errno::NotCapable);
  const uint32_t file = box.must_open(dir, "file", 0, ~right::kFdWrite);
  CHECK(box.base_rights(file) == right::kFdRead);
  const uint32_t inner = box.must_open(dir, "inner", oflag::kDirectory, ~right::kFdWrite);
  CHECK(box.base_rights(inner) == right::kPathOpen);
  CHECK(box.open(inner, "new", oflag::kCreat, 0) == Errno::NotCapable);
  CHECK(box.on_path(&wasi::Preview1::path_create_directory, dir, "x") == Errno::NotCapable);
  CHECK(box.on_path(&wasi::Preview1::path_remove_directory, dir, "inner") == Errno::NotCapable);
  CHECK(box.on_path(&wasi::Preview1::path_unlink_file, dir, "file") == Errno::NotCapable);
  CHECK(box.rename(dir, "file", dir, "x") == Errno::NotCapable);
  CHECK(box.rename(3, "dir/file", dir, "x") == Errno::NotCapable);
  CHECK(box.link(dir, "file", 3, "x") == Errno::NotCapable);
  CHECK(box.symlink("file", dir, "x") == Errno::NotCapable);
  CHECK(box.stat(dir, "file") == Errno::NotCapable);
  CHECK(box.open(dir, "file", oflag::kTrunc, 0) == Errno::NotCapable);
  CHECK(box.calls->fd_readdir(box.guest, dir, WasiBox::kBuffer, 100, 0, WasiBox::kResult) ==
        Errno::NotCapable);
  CHECK(box.open(file, "x", 0, 0) == Errno::NotDir);
}

TEST_CASE("a read-only mount cannot be changed, by any call", "[wasi]") {
  const TemporaryDirectory directory;
  directory.make_directory("ro/dir");
  directory.make_directory("rw");
  directory.write("ro/file", "content");
  WasiConfig config;
  config.mounts.push_back({directory / "ro", "/ro", true});
  config.mounts.push_back({directory / "rw", "/rw", false});
  WasiBox box(config);
  const uint32_t fd = box.must_open(3, "file", 0, ~right::kFdWrite);
  std::string text;
  CHECK(box.read(fd, 100, text) == Errno::Success);
  CHECK(text == "content");
  CHECK(box.write(fd, "x") == Errno::Badf);
  CHECK(box.calls->fd_filestat_set_times(box.guest, fd, 0, 1, fstflag::kMtim) == Errno::Rofs);
  CHECK(box.calls->fd_filestat_set_size(box.guest, fd, 0) == Errno::NotCapable);
  CHECK(box.calls->fd_allocate(box.guest, fd, 0, 100) == Errno::NotCapable);
  CHECK(box.open(3, "file", 0, right::kFdWrite) == Errno::Rofs);
  CHECK(box.open(3, "file", oflag::kTrunc, right::kFdRead) == Errno::Rofs);
  CHECK(box.open(3, "new", oflag::kCreat, right::kFdRead) == Errno::Rofs);
  CHECK(box.open(3, "file", oflag::kCreat, right::kFdRead) == Errno::Success);
  CHECK(box.open(3, "file", oflag::kCreat | oflag::kExcl, right::kFdRead) == Errno::Exist);
  CHECK(box.on_path(&wasi::Preview1::path_create_directory, 3, "x") == Errno::Rofs);
  CHECK(box.on_path(&wasi::Preview1::path_remove_directory, 3, "dir") == Errno::Rofs);
  CHECK(box.on_path(&wasi::Preview1::path_unlink_file, 3, "file") == Errno::Rofs);
  CHECK(box.rename(3, "file", 3, "x") == Errno::Rofs);
  CHECK(box.rename(3, "file", 4, "x") == Errno::Rofs);
  CHECK(box.symlink("file", 3, "x") == Errno::Rofs);
  CHECK(box.link(3, "file", 3, "x") == Errno::Rofs);
  CHECK(box.link(3, "file", 4, "x") == Errno::Rofs);  // or it could be written through x
  const uint32_t length = box.put(WasiBox::kText, "file");
  CHECK(box.calls->path_filestat_set_times(box.guest, 3, 0, WasiBox::kText, length, 0, 1,
                                           fstflag::kMtim) == Errno::Rofs);
  const uint32_t dir = box.must_open(3, "dir", oflag::kDirectory, ~right::kFdWrite);
  CHECK(box.open(dir, "new", oflag::kCreat, right::kFdRead) == Errno::Rofs);
  CHECK(box.calls->fd_filestat_set_times(box.guest, dir, 0, 1, fstflag::kMtim) == Errno::Rofs);
  CHECK(directory.read("ro/file") == "content");
  CHECK(box.open(4, "new", oflag::kCreat, right::kFdWrite) == Errno::Success);
}
