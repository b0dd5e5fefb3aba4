// Confinement below a directory: every way out is tried, in both ways of resolving paths.
#include "sys/os/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <thread>

#include "tests/support/temporary_directory.h"

namespace os = wasmrt::os;
using wasmrt::test::TemporaryDirectory;

namespace {

// Runs `body` with the kernel's resolution, where it has one, and with the walk.
template <typename Body>
void in_both_ways(Body body) {
  const os::PathWalk found = os::path_walk();
  if (found == os::PathWalk::Kernel) {
    INFO("openat2");
    body();
  }
  os::set_path_walk(os::PathWalk::Components);
  {
    INFO("component by component");
    body();
  }
  os::set_path_walk(found);
}

// box/ is the base; secret lies beside it.
struct Box {
  Box() {
    outside.make_directory("box/a/b");
    outside.write("secret", "secret");
    outside.write("box/file", "inside");
    outside.write("box/a/b/deep", "deep");
    outside.link("/etc/passwd", "box/absolute");
    outside.link("../secret", "box/up");
    outside.link("../../../secret", "box/a/b/far_up");
    outside.link("../file", "box/a/to_file");
    outside.link("a/b", "box/to_directory");
    outside.link("..", "box/a/parent");
    outside.link("..", "box/parent");
    outside.link("../box/file", "box/out_and_in");
    outside.link("loop2", "box/loop1");
    outside.link("loop1", "box/loop2");
    outside.link("new_file", "box/dangling");
    outside.link("../new_file_outside", "box/dangling_outside");
    REQUIRE(os::open_base_directory(outside / "box", base) == 0);
  }
  int open(const char* path, os::OpenOptions options = {}) const {
    os::OwnedDescriptor opened;
    options.follow = true;
    if (!options.write) options.read = true;
    return os::open_beneath(base.get(), path, options, opened);
  }
  std::string content(const char* path) const {
    os::OwnedDescriptor opened;
    os::OpenOptions options;
    options.read = true;
    options.follow = true;
    if (os::open_beneath(base.get(), path, options, opened) != 0) return "(error)";
    char text[64];
    const ssize_t length = ::read(opened.get(), text, sizeof text);
    return length < 0 ? "(unreadable)" : std::string(text, static_cast<size_t>(length));
  }

  TemporaryDirectory outside;
  os::OwnedDescriptor base;
};

}  // namespace

TEST_CASE("names inside are reached, also through links and ..", "[os][directory]") {
  const Box box;
  in_both_ways([&] {
    CHECK(box.content("file") == "inside");
    CHECK(box.content("./file") == "inside");
    CHECK(box.content("a/b/deep") == "deep");
    CHECK(box.content("a//b/./deep") == "deep");
    CHECK(box.content("a/../file") == "inside");
    CHECK(box.content("a/b/../../file") == "inside");
    CHECK(box.content("a/to_file") == "inside");
    CHECK(box.content("to_directory/deep") == "deep");
    CHECK(box.content("to_directory/../../file") == "inside");
    CHECK(box.content("a/parent/file") == "inside");
    CHECK(box.open(".") == 0);
    CHECK(box.open("a/b/") == 0);
    CHECK(box.open("to_directory/") == 0);
    CHECK(box.open("a/..") == 0);
  });
}

TEST_CASE("every way out is refused", "[os][directory]") {
  const Box box;
  in_both_ways([&] {
    for (const char* path : {"..",
                             "../",
                             "../secret",
                             "./../secret",
                             "a/../../secret",
                             "a/b/../../../secret",
                             "/etc/passwd",
                             "/",
                             "//",
                             "absolute",
                             "up",
                             "a/b/far_up",
                             "parent",
                             "parent/",
                             "parent/secret",
                             "a/parent/..",
                             "a/parent/parent/secret",
                             "out_and_in",
                             "to_directory/../../../secret",
                             "absolute/x",
                             "../box/file",
                             "a/../../box/file"}) {
      INFO(path);
      CHECK(box.open(path) == EPERM);
      os::FileStatus status;
      CHECK(os::status_beneath(box.base.get(), path, true, status) == EPERM);
      CHECK(os::set_times_beneath(box.base.get(), path, true, {}) == EPERM);
    }
    for (const char* path : {"../x", "a/../../x", "/x", "parent/x", "a/parent/../x", "../x/", "..",
                             "/", "absolute/../x", "../secret", "a/b/../../../secret"}) {
      INFO(path);
      const int base = box.base.get();
      CHECK(os::make_directory_beneath(base, path) == EPERM);
      CHECK(os::remove_file_beneath(base, path) == EPERM);
      CHECK(os::remove_directory_beneath(base, path) == EPERM);
      CHECK(os::rename_beneath(base, path, base, "new") == EPERM);
      CHECK(os::rename_beneath(base, "file", base, path) == EPERM);
      CHECK(os::link_beneath(base, path, base, "new") == EPERM);
      CHECK(os::link_beneath(base, "file", base, path) == EPERM);
      CHECK(os::symlink_beneath("file", base, path) == EPERM);
      char text[16];
      size_t used = 0;
      CHECK(os::read_link_beneath(base, path, text, used) == EPERM);
    }
  });
  CHECK(box.outside.read("secret") == "secret");
}

TEST_CASE("creating through a link stays inside", "[os][directory]") {
  const Box box;
  in_both_ways([&] {
    os::OpenOptions create;
    create.write = true;
    create.create = true;
    CHECK(box.open("dangling", create) == 0);
    CHECK(access((box.outside / "box/new_file").c_str(), F_OK) == 0);
    unlink((box.outside / "box/new_file").c_str());
    CHECK(box.open("dangling_outside", create) == EPERM);
    CHECK(access((box.outside / "new_file_outside").c_str(), F_OK) != 0);
    create.exclusive = true;
    CHECK(box.open("dangling", create) == EEXIST);
    CHECK(box.open("dangling_outside", create) == EEXIST);
    CHECK(os::symlink_beneath("/etc/passwd", box.base.get(), "new") == EPERM);
  });
}

TEST_CASE("links are followed only on request, and loops end", "[os][directory]") {
  const Box box;
  in_both_ways([&] {
    const int base = box.base.get();
    os::OpenOptions options;
    options.read = true;
    os::OwnedDescriptor opened;
    CHECK(os::open_beneath(base, "to_directory", options, opened) == ELOOP);
    CHECK(os::open_beneath(base, "absolute", options, opened) == ELOOP);
    CHECK(box.open("loop1") == ELOOP);
    CHECK(box.open("loop1/x") == ELOOP);
    os::FileStatus status;
    REQUIRE(os::status_beneath(base, "absolute", false, status) == 0);
    CHECK(status.type == os::FileType::SymbolicLink);
    REQUIRE(os::status_beneath(base, "to_directory", true, status) == 0);
    CHECK(status.type == os::FileType::Directory);
    REQUIRE(os::status_beneath(base, "to_directory/", false, status) == 0);
    CHECK(status.type == os::FileType::Directory);
    char text[16];
    size_t used = 0;
    REQUIRE(os::read_link_beneath(base, "to_directory", text, used) == 0);
    CHECK(std::string(text, used) == "a/b");
    CHECK(os::read_link_beneath(base, "absolute", text, used) == EPERM);
    CHECK(os::read_link_beneath(base, "file", text, used) == EINVAL);
    CHECK(os::link_beneath(base, "absolute", base, "second_link") == 0);
    CHECK(os::remove_file_beneath(base, "second_link") == 0);
    CHECK(os::link_beneath(base, "absolute/", base, "second_link") == EPERM);
  });
}

TEST_CASE("magic links of /proc are not followed", "[os][directory]") {
  os::OwnedDescriptor base;
  REQUIRE(os::open_base_directory("/proc/self", base) == 0);
  in_both_ways([&] {
    for (const char* path : {"root/etc/passwd", "cwd/x", "root", "cwd", "exe", "fd/0"}) {
      INFO(path);
      os::OpenOptions options;
      options.read = true;
      options.follow = true;
      os::OwnedDescriptor opened;
      const int error = os::open_beneath(base.get(), path, options, opened);
      CHECK((error == EPERM || error == ELOOP || error == ENOENT));
      CHECK_FALSE(opened.valid());
    }
  });
}

TEST_CASE("odd names give their errors", "[os][directory]") {
  const Box box;
  in_both_ways([&] {
    const int base = box.base.get();
    CHECK(box.open("") == ENOENT);
    CHECK(box.open("absent") == ENOENT);
    CHECK(box.open("file/") == ENOTDIR);
    CHECK(box.open("file/x") == ENOTDIR);
    CHECK(box.open("file/..") == ENOTDIR);
    CHECK(box.open(std::string(300, 'x').c_str()) == ENAMETOOLONG);
    CHECK(box.open(std::string(5000, 'x').c_str()) == ENAMETOOLONG);
    os::OpenOptions create;
    create.write = true;
    create.create = true;
    CHECK(box.open("new/", create) == EISDIR);
    CHECK(box.open("a", create) == EISDIR);
    CHECK(os::make_directory_beneath(base, "made/") == 0);
    CHECK(os::make_directory_beneath(base, "made") == EEXIST);
    CHECK(os::make_directory_beneath(base, ".") == EEXIST);
    CHECK(os::remove_file_beneath(base, "made") == EISDIR);
    CHECK(os::remove_file_beneath(base, "made/") == EISDIR);
    CHECK(os::remove_file_beneath(base, "file/") == ENOTDIR);
    CHECK(os::remove_directory_beneath(base, "file") == ENOTDIR);
    CHECK(os::remove_directory_beneath(base, "a") == ENOTEMPTY);
    CHECK(os::remove_directory_beneath(base, "made/") == 0);
    CHECK(os::symlink_beneath("x", base, "link/") == ENOENT);
    CHECK(os::link_beneath(base, "file", base, "link/") == ENOENT);
    CHECK(os::rename_beneath(base, "a/.", base, "c") == EBUSY);
  });
}

TEST_CASE("directories are listed whole, and can be resumed after any entry", "[os][directory]") {
  const TemporaryDirectory directory;
  for (int i = 0; i < 300; ++i) directory.write("entry" + std::to_string(i), "");
  os::OwnedDescriptor base;
  REQUIRE(os::open_base_directory(directory.path(), base) == 0);
  std::vector<char> buffer(2048);
  std::vector<os::DirectoryEntry> entries;
  size_t count = 0;
  for (uint64_t cookie = 0;;) {
    REQUIRE(os::read_directory(base.get(), cookie, buffer, entries) == 0);
    if (entries.empty()) break;
    // Only a part of what was read is used, as by a caller with a small buffer.
    const size_t used = entries.size() < 7 ? entries.size() : 7;
    count += used;
    cookie = entries[used - 1].next;
  }
  CHECK(count == 302);
}

TEST_CASE("swapping a directory for a link does not open a way out", "[os][directory]") {
  const Box box;
  box.outside.make_directory("box/swap");
  box.outside.write("box/swap/secret", "inside");
  box.outside.make_directory("elsewhere");
  box.outside.write("elsewhere/secret", "secret");
  const std::string swap = box.outside / "box/swap";
  const std::string aside = box.outside / "box/aside";
  in_both_ways([&] {
    std::atomic<bool> stop{false};
    std::thread attacker([&] {
      while (!stop.load()) {
        rename(swap.c_str(), aside.c_str());
        if (symlink("../elsewhere", swap.c_str()) != 0) continue;
        unlink(swap.c_str());
        rename(aside.c_str(), swap.c_str());
      }
    });
    int leaked = 0;
    for (int i = 0; i < 3000; ++i) leaked += box.content("swap/secret") == "secret";
    for (int i = 0; i < 3000; ++i) leaked += box.content("swap/../swap/secret") == "secret";
    stop.store(true);
    attacker.join();
    CHECK(leaked == 0);
    unlink(swap.c_str());
    rename(aside.c_str(), swap.c_str());
  });
}

TEST_CASE("moving a directory out while going up through it does not open a way out",
          "[os][directory]") {
  const Box box;
  box.outside.make_directory("elsewhere");
  box.outside.write("box/marker", "inside");
  box.outside.write("marker", "secret");
  const std::string inside = box.outside / "box/a/b";
  const std::string moved = box.outside / "elsewhere/b";
  in_both_ways([&] {
    std::atomic<bool> stop{false};
    std::thread attacker([&] {
      while (!stop.load()) {
        rename(inside.c_str(), moved.c_str());
        rename(moved.c_str(), inside.c_str());
      }
    });
    int leaked = 0;
    for (int i = 0; i < 5000; ++i) leaked += box.content("a/b/../../marker") == "secret";
    stop.store(true);
    attacker.join();
    CHECK(leaked == 0);
    rename(moved.c_str(), inside.c_str());
  });
}

TEST_CASE("both ways of resolving agree on every path", "[os][directory]") {
  if (os::path_walk() != os::PathWalk::Kernel) return;
  const Box box;
  static constexpr const char* kParts[] = {"a",  "b",      "..",           "file", "to_directory",
                                           ".",  "parent", "absolute",     "up",   "loop1",
                                           "",   "deep",   "a/to_file",    "x",    "dangling",
                                           "..", "a",      "out_and_in/x", "a/b"};
  uint32_t state = 12345;
  const auto next = [&](uint32_t limit) {
    state = state * 1664525u + 1013904223u;
    return (state >> 10) % limit;
  };
  for (int i = 0; i < 20000; ++i) {
    std::string path;
    for (uint32_t n = 1 + next(5); n > 0; --n) {
      path += kParts[next(std::size(kParts))];
      if (n > 1 || next(4) == 0) path += "/";
    }
    const bool follow = next(2) == 0;
    os::FileStatus kernel;
    os::FileStatus walked;
    os::set_path_walk(os::PathWalk::Kernel);
    const int kernel_error = os::status_beneath(box.base.get(), path, follow, kernel);
    os::set_path_walk(os::PathWalk::Components);
    const int walk_error = os::status_beneath(box.base.get(), path, follow, walked);
    os::set_path_walk(os::PathWalk::Kernel);
    INFO(path << (follow ? " (followed)" : ""));
    REQUIRE(kernel_error == walk_error);
    REQUIRE(kernel.inode == walked.inode);
  }
}
