// Files: reading, writing, positions, appending, sizes, times, listing.
#include <sys/stat.h>

#include <set>

#include "tests/support/temporary_directory.h"
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;
namespace right = wasmrt::wasi::right;
namespace oflag = wasmrt::wasi::oflag;
namespace fdflag = wasmrt::wasi::fdflag;
namespace fstflag = wasmrt::wasi::fstflag;

namespace {
constexpr wasi::Rights kAll = right::kFile;
}

TEST_CASE("a file is created, written, read back and removed", "[wasi]") {
  const TemporaryDirectory directory;
  WasiBox box(one_mount(directory.path()));
  const uint32_t fd = box.must_open(3, "file", oflag::kCreat | oflag::kExcl, kAll);
  CHECK(fd == 4);
  CHECK(box.open(3, "file", oflag::kCreat | oflag::kExcl, kAll) == Errno::Exist);
  CHECK(box.write(fd, "hello, world") == Errno::Success);
  CHECK(box.u32() == 12);
  CHECK(directory.read("file") == "hello, world");
  std::string text;
  CHECK(box.read(fd, 5, text) == Errno::Success);
  CHECK(text.empty());
  CHECK(box.calls->fd_seek(box.guest, fd, static_cast<uint64_t>(-5), 2, WasiBox::kResult) ==
        Errno::Success);
  CHECK(box.u64() == 7);
  CHECK(box.calls->fd_tell(box.guest, fd, WasiBox::kResult) == Errno::Success);
  CHECK(box.u64() == 7);
  CHECK(box.read(fd, 100, text) == Errno::Success);
  CHECK(text == "world");
  CHECK(box.calls->fd_seek(box.guest, fd, static_cast<uint64_t>(-1), 0, WasiBox::kResult) ==
        Errno::Inval);
  CHECK(box.calls->fd_seek(box.guest, fd, 0, 3, WasiBox::kResult) == Errno::Inval);
  box.iov(0, WasiBox::kBuffer, 5);
  CHECK(box.calls->fd_pread(box.guest, fd, WasiBox::kIovs, 1, 7, WasiBox::kResult) ==
        Errno::Success);
  CHECK(box.u32() == 5);
  box.iov(0, WasiBox::kBuffer, box.put(WasiBox::kBuffer, "J"));
  CHECK(box.calls->fd_pwrite(box.guest, fd, WasiBox::kIovs, 1, 0, WasiBox::kResult) ==
        Errno::Success);
  CHECK(directory.read("file") == "Jello, world");
  CHECK(box.calls->fd_sync(box.guest, fd) == Errno::Success);
  CHECK(box.calls->fd_datasync(box.guest, fd) == Errno::Success);
  CHECK(box.calls->fd_advise(box.guest, fd, 0, 10, 3) == Errno::Success);
  CHECK(box.calls->fd_advise(box.guest, fd, 0, 10, 6) == Errno::Inval);
  CHECK(box.calls->fd_close(box.guest, fd) == Errno::Success);
  CHECK(box.on_path(&wasi::Preview1::path_unlink_file, 3, "file") == Errno::Success);
  CHECK(box.on_path(&wasi::Preview1::path_unlink_file, 3, "file") == Errno::NoEnt);
}

TEST_CASE("scattered buffers are filled and gathered in order", "[wasi]") {
  const TemporaryDirectory directory;
  WasiBox box(one_mount(directory.path()));
  const uint32_t fd = box.must_open(3, "file", oflag::kCreat, kAll);
  box.put(20000, "one");
  box.put(30000, "two");
  box.iov(0, 30000, 3);
  box.iov(1, 0, 0);
  box.iov(2, 20000, 3);
  CHECK(box.calls->fd_write(box.guest, fd, WasiBox::kIovs, 3, WasiBox::kResult) == Errno::Success);
  CHECK(directory.read("file") == "twoone");
  box.calls->fd_seek(box.guest, fd, 0, 0, WasiBox::kResult);
  box.iov(0, 40000, 2);
  box.iov(1, 40010, 10);
  CHECK(box.calls->fd_read(box.guest, fd, WasiBox::kIovs, 2, WasiBox::kResult) == Errno::Success);
  CHECK(box.u32() == 6);
  CHECK(std::memcmp(box.memory.data() + 40000, "tw", 2) == 0);
  CHECK(std::memcmp(box.memory.data() + 40010, "oone", 4) == 0);
  CHECK(box.calls->fd_read(box.guest, fd, WasiBox::kIovs, 0, WasiBox::kResult) == Errno::Success);
  CHECK(box.u32() == 0);
}

TEST_CASE("appending can be asked for and switched", "[wasi]") {
  const TemporaryDirectory directory;
  WasiBox box(one_mount(directory.path()));
  const uint32_t fd =
      box.must_open(3, "file", oflag::kCreat, kAll, ~wasi::Rights{0}, fdflag::kAppend);
  box.write(fd, "ab");
  box.calls->fd_seek(box.guest, fd, 0, 0, WasiBox::kResult);
  box.write(fd, "cd");
  CHECK(directory.read("file") == "abcd");
  CHECK(box.calls->fd_fdstat_get(box.guest, fd, WasiBox::kResult) == Errno::Success);
  CHECK(box.memory[WasiBox::kResult] == 4);
  CHECK(box.memory[WasiBox::kResult + 2] == fdflag::kAppend);
  CHECK(box.calls->fd_fdstat_set_flags(box.guest, fd, 0) == Errno::Success);
  box.calls->fd_seek(box.guest, fd, 0, 0, WasiBox::kResult);
  box.write(fd, "X");
  CHECK(directory.read("file") == "Xbcd");
  CHECK(box.calls->fd_fdstat_set_flags(box.guest, fd, fdflag::kSync) == Errno::NotSup);
  CHECK(box.calls->fd_fdstat_set_flags(box.guest, fd, 32) == Errno::Inval);
  CHECK(box.calls->fd_fdstat_set_flags(box.guest, fd, fdflag::kNonblock) == Errno::Success);
}

TEST_CASE("sizes, storage and times can be set", "[wasi]") {
  const TemporaryDirectory directory;
  WasiBox box(one_mount(directory.path()));
  const uint32_t fd = box.must_open(3, "file", oflag::kCreat, kAll);
  CHECK(box.calls->fd_filestat_set_size(box.guest, fd, 100) == Errno::Success);
  CHECK(box.calls->fd_filestat_set_size(box.guest, fd, UINT64_MAX) == Errno::Fbig);
  CHECK(box.calls->fd_filestat_get(box.guest, fd, WasiBox::kResult) == Errno::Success);
  CHECK(box.u64(WasiBox::kResult + 32) == 100);
  CHECK(box.memory[WasiBox::kResult + 16] == 4);
  CHECK(box.u64(WasiBox::kResult + 24) == 1);
  const Errno allocated = box.calls->fd_allocate(box.guest, fd, 50, 100);
  CHECK((allocated == Errno::Success || allocated == Errno::NotSup));
  CHECK(box.calls->fd_allocate(box.guest, fd, 0, 0) == Errno::Inval);
  CHECK(box.calls->fd_filestat_set_times(box.guest, fd, 5'000'000'007, 6'000'000'008,
                                         fstflag::kAtim | fstflag::kMtim) == Errno::Success);
  CHECK(box.calls->fd_filestat_get(box.guest, fd, WasiBox::kResult) == Errno::Success);
  CHECK(box.u64(WasiBox::kResult + 40) == 5'000'000'007);
  CHECK(box.u64(WasiBox::kResult + 48) == 6'000'000'008);
  CHECK(box.calls->fd_filestat_set_times(box.guest, fd, 0, 0, fstflag::kMtim | fstflag::kMtimNow) ==
        Errno::Inval);
  CHECK(box.calls->fd_filestat_set_times(box.guest, fd, 0, 0, 16) == Errno::Inval);
  const uint32_t length = box.put(WasiBox::kText, "file");
  CHECK(box.calls->path_filestat_set_times(box.guest, 3, 0, WasiBox::kText, length, 0, 77,
                                           fstflag::kMtim) == Errno::Success);
  CHECK(box.stat(3, "file") == Errno::Success);
  CHECK(box.u64(WasiBox::kResult + 40) == 5'000'000'007);
  CHECK(box.u64(WasiBox::kResult + 48) == 77);
  CHECK(box.stat(3, "file", 2) == Errno::Inval);
}

TEST_CASE("truncating on opening", "[wasi]") {
  const TemporaryDirectory directory;
  directory.write("file", "content");
  WasiBox box(one_mount(directory.path()));
  const uint32_t fd = box.must_open(3, "file", oflag::kTrunc, 0);
  CHECK(directory.read("file").empty());
  CHECK(box.write(fd, "x") == Errno::Badf);
}

TEST_CASE("directories are listed in pieces of any size", "[wasi]") {
  const TemporaryDirectory directory;
  std::set<std::string> expected = {".", ".."};
  for (int i = 0; i < 150; ++i) {
    const std::string name = "name-" + std::string(static_cast<size_t>(i), 'x');
    directory.write(name, "");
    expected.insert(name);
  }
  WasiBox box(one_mount(directory.path()));
  for (const uint32_t size : {300u, 1000u, 30000u}) {
    std::multiset<std::string> found;
    uint64_t cookie = 0;
    for (;;) {
      REQUIRE(box.calls->fd_readdir(box.guest, 3, WasiBox::kBuffer, size, cookie,
                                    WasiBox::kResult) == Errno::Success);
      const uint32_t used = box.u32();
      REQUIRE(used <= size);
      uint32_t at = 0;
      while (at + 24 <= used) {
        const uint32_t length = box.u32(WasiBox::kBuffer + at + 16);
        if (at + 24 + length > used) break;
        found.insert(std::string(
            reinterpret_cast<char*>(box.memory.data()) + WasiBox::kBuffer + at + 24, length));
        cookie = box.u64(WasiBox::kBuffer + at);
        at += 24 + length;
      }
      if (used < size) break;
    }
    CHECK(std::set<std::string>(found.begin(), found.end()) == expected);
    CHECK(found.size() == expected.size());
  }
}

TEST_CASE("what is above a mount is not shown", "[wasi]") {
  const TemporaryDirectory directory;
  directory.make_directory("box");
  WasiBox box(one_mount(directory / "box"));
  struct stat parent {};
  REQUIRE(::stat(directory.path().c_str(), &parent) == 0);
  REQUIRE(box.calls->fd_readdir(box.guest, 3, WasiBox::kBuffer, 1000, 0, WasiBox::kResult) ==
          Errno::Success);
  for (uint32_t at = 0; at < box.u32(); at += 24 + box.u32(WasiBox::kBuffer + at + 16)) {
    CHECK(box.u64(WasiBox::kBuffer + at + 8) != parent.st_ino);
  }
}

TEST_CASE("renaming, linking and numbering", "[wasi]") {
  const TemporaryDirectory directory;
  directory.write("a", "content");
  WasiBox box(one_mount(directory.path()));
  CHECK(box.link(3, "a", 3, "b") == Errno::Success);
  CHECK(box.link(3, "a", 3, "b") == Errno::Exist);
  CHECK(box.link(3, "a", 3, "c", 1) == Errno::Inval);
  CHECK(box.rename(3, "b", 3, "c") == Errno::Success);
  CHECK(directory.read("c") == "content");
  CHECK(box.symlink("c", 3, "s") == Errno::Success);
  CHECK(box.symlink("/etc/passwd", 3, "t") == Errno::Perm);
  const uint32_t first = box.must_open(3, "a", 0, kAll);
  const uint32_t second = box.must_open(3, "c", 0, kAll);
  CHECK(box.calls->fd_renumber(box.guest, first, second) == Errno::Success);
  CHECK(box.calls->fd_close(box.guest, first) == Errno::Badf);
  CHECK(box.calls->fd_renumber(box.guest, second, first) == Errno::Badf);
  CHECK(box.calls->fd_renumber(box.guest, second, second) == Errno::Success);
  CHECK(box.calls->fd_close(box.guest, second) == Errno::Success);
  CHECK(box.calls->fd_close(box.guest, 0) == Errno::Success);
  CHECK(box.must_open(3, "a", 0, kAll) == first);  // never a standard stream's number
}

TEST_CASE("a path with a zero byte, bad UTF-8 or no end is refused", "[wasi]") {
  const TemporaryDirectory directory;
  directory.write("a", "");
  WasiBox box(one_mount(directory.path()));
  CHECK(box.open(3, std::string("a\0", 2), 0, 0) == Errno::Inval);
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\xff"}) {
    CHECK(box.open(3, bad, 0, 0) == Errno::Ilseq);
  }
  CHECK(box.open(3, "\xe2\x82\xac", oflag::kCreat, 0) == Errno::Success);
  CHECK(box.open(3, "\xf0\x9f\x98\x80", 0, 0) == Errno::NoEnt);
  CHECK(box.open(3, std::string(5000, 'x'), 0, 0) == Errno::NameTooLong);
  CHECK(box.open(3, "", 0, 0) == Errno::NoEnt);
  CHECK(box.calls->path_open(box.guest, 3, 0, WasiBox::kSize - 1, 2, 0, 0, 0, 0, 64) ==
        Errno::Fault);
}
