// The build's digest, which names folders of the code cache: whatever decides code changes it.
#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "libwasmrt/engine/cache.h"
#include "tests/support/shell.h"
#include "tests/support/temporary_directory.h"
#include "tests/tools/build_words.h"

using wasmrt::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

std::string script(const std::string& words) {
  const wasmrt::test::Ran ran =
      wasmrt::test::shell("python3 '" WASMRT_SOURCE "/tools/lib/build_id.py' " + words);
  INFO(ran.out);
  REQUIRE(ran.code == 0);
  return ran.out;
}

std::string id_of(const std::string& root, const std::string& words = "clang") {
  const TemporaryDirectory out;
  script("'" + root + "' '" + out / "id.cpp" + "' " + words);
  const std::string text = out.read("id.cpp");
  const std::size_t begin = text.find('"', text.find("kBuildId")) + 1;
  return text.substr(begin, text.find('"', begin) - begin);
}

}  // namespace

TEST_CASE("every source that decides code is in the build's digest", "[tools][no-emulation]") {
  std::istringstream listed(script("'" WASMRT_SOURCE "' --list"));
  std::set<std::string> known;
  for (std::string line; std::getline(listed, line);) known.insert(line);
  const fs::path root = WASMRT_SOURCE;
  std::set<std::string> all;
  for (const char* folder : {"jit", "libwasmrt", "sys/os"}) {
    for (const auto& e : fs::recursive_directory_iterator(root / folder)) {
      if (e.is_regular_file()) all.insert(fs::relative(e.path(), root).string());
    }
  }
  CHECK(known == all);
  for (const char* file :
       {"libwasmrt/frontend/body_walker_run.inc", "libwasmrt/frontend/body_walker_step.inc",
        "libwasmrt/base/mac.h", "libwasmrt/runtime/instantiate.cpp", "jit/target.h"}) {
    CAPTURE(file);
    CHECK(known.contains(file));
  }
}

TEST_CASE("the build's digest changes with any file and word", "[tools][no-emulation]") {
  const TemporaryDirectory root;
  for (const char* folder : {"jit/x64", "libwasmrt/frontend", "sys/os", "interp"}) {
    root.make_directory(folder);
  }
  std::set<std::string> seen;
  const auto is_new = [&] { return seen.insert(id_of(root.path())).second; };
  CHECK(is_new());
  CHECK_FALSE(is_new());
  for (const char* file : {"jit/x64/select.cpp", "libwasmrt/frontend/walk.inc", "jit/table.def",
                           "libwasmrt/exports.map", "sys/os/vm.h", "libwasmrt/noextension"}) {
    CAPTURE(file);
    root.write(file, "a");
    CHECK(is_new());
    root.write(file, "b");
    CHECK(is_new());
  }
  fs::rename(root / "sys/os/vm.h", root / "sys/os/vn.h");
  CHECK(is_new());
  root.write("interp/exec.cpp", "a");
  CHECK_FALSE(is_new());
  CHECK(id_of(root.path(), "gcc") != id_of(root.path(), "clang"));
  CHECK(id_of(root.path(), "clang 'asmjit 1'") != id_of(root.path(), "clang 'asmjit 2'"));
}

TEST_CASE("compiler and assembler are in this build's digest", "[tools][no-emulation]") {
  std::vector<std::string> words;
  std::istringstream all(WASMRT_BUILD_WORDS);
  for (std::string word; std::getline(all, word, '|');) words.push_back(word);
  const auto id_without = [&](std::size_t left_out) {
    std::string quoted;
    for (std::size_t n = 0; n < words.size(); ++n) {
      if (n != left_out) quoted += " '" + words[n] + "'";
    }
    return id_of(WASMRT_SOURCE, quoted);
  };
  INFO(WASMRT_BUILD_WORDS);
  CHECK(std::string(wasmrt::engine::kBuildId).size() == 16);
  // The sources are those of the build, or this one is out of date.
  REQUIRE(id_without(words.size()) == wasmrt::engine::kBuildId);
  CHECK((words.at(0) == "clang" || words[0] == "gcc"));
  CHECK(id_without(0) != wasmrt::engine::kBuildId);
  CHECK(id_without(1) != wasmrt::engine::kBuildId);  // its version
#if WASMRT_HAS_JIT
  CHECK(words.back().starts_with("asmjit "));
  CHECK(id_without(words.size() - 1) != wasmrt::engine::kBuildId);
#endif
}
