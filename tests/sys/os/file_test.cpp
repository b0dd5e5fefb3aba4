// Reading, mapping and atomically replacing files.
#include "sys/os/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace os = wasmrt::os;

namespace {
struct TemporaryDirectory {
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "wasmrt-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::string operator/(const char* name) const { return path + "/" + name; }
  std::string path;
};

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }
}  // namespace

TEST_CASE("a written file reads back, by reading and by mapping", "[os][file]") {
  const TemporaryDirectory directory;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{300000}}) {
    std::vector<uint8_t> content(size);
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<uint8_t>(i * 7);
    REQUIRE(os::write_file_atomically(directory / "a", content, 0600) == 0);
    std::vector<uint8_t> read;
    REQUIRE(os::read_file(directory / "a", os::Links::Refuse, size, read) == 0);
    CHECK(read == content);
    os::MappedFile mapped;
    REQUIRE(os::MappedFile::open(directory / "a", os::Links::Refuse, mapped) == 0);
    CHECK(std::vector<uint8_t>(mapped.bytes().begin(), mapped.bytes().end()) == content);
    CHECK(mapped.mode() == 0600);
    CHECK(mapped.owner() == getuid());
  }
}

TEST_CASE("a mapping keeps the old content when the file is replaced", "[os][file]") {
  const TemporaryDirectory directory;
  REQUIRE(os::write_file_atomically(directory / "a", bytes_of("old"), 0644) == 0);
  os::MappedFile mapped;
  REQUIRE(os::MappedFile::open(directory / "a", os::Links::Follow, mapped) == 0);
  REQUIRE(os::write_file_atomically(directory / "a", bytes_of("new content"), 0644) == 0);
  CHECK(std::string(mapped.bytes().begin(), mapped.bytes().end()) == "old");
  size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path)) {
    (void)entry;
    ++entries;
  }
  CHECK(entries == 1);
}

TEST_CASE("links, limits, directories and absent files give their errors", "[os][file]") {
  const TemporaryDirectory directory;
  REQUIRE(os::write_file_atomically(directory / "a", bytes_of("text"), 0644) == 0);
  REQUIRE(symlink("a", (directory / "link").c_str()) == 0);
  std::vector<uint8_t> read;
  CHECK(os::read_file(directory / "link", os::Links::Refuse, 100, read) == ELOOP);
  CHECK(os::read_file(directory / "link", os::Links::Follow, 100, read) == 0);
  CHECK(os::read_file(directory / "a", os::Links::Follow, 3, read) == EFBIG);
  CHECK(read.empty());
  CHECK(os::read_file(directory / "a", os::Links::Follow, 4, read) == 0);
  CHECK(os::read_file(directory / "absent", os::Links::Follow, 3, read) == ENOENT);
  CHECK(os::read_file(directory.path, os::Links::Follow, 3, read) == EISDIR);
  os::MappedFile mapped;
  CHECK(os::MappedFile::open(directory / "link", os::Links::Refuse, mapped) == ELOOP);
  CHECK(os::MappedFile::open(directory.path, os::Links::Follow, mapped) == EISDIR);
  CHECK(os::write_file_atomically(directory / "none/a", bytes_of("x"), 0644) == ENOENT);
}

TEST_CASE("a pipe is read to its end", "[os][file]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(write(ends[1], "hello", 5) == 5);
  close(ends[1]);
  std::vector<uint8_t> read;
  CHECK(os::read_descriptor(ends[0], 1000, read) == 0);
  CHECK(std::string(read.begin(), read.end()) == "hello");
  close(ends[0]);
}
