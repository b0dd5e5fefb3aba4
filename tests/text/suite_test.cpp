// The whole official suite: every script parses, every module in text form encodes, every malformed
// text is refused, and the results are what two other tools make of the same texts.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "libwasmrt/frontend/validate_body.h"
#include "spectest/suite.h"
#include "spectest/wording.h"
#include "tests/text/compare.h"
#include "tests/text/suite.h"

using namespace wasmrt;
using namespace wasmrt::text;

namespace {

namespace fs = std::filesystem;

const char* const kParts[] = {"wasm-2.0",
                              "wasm-3.0",
                              "custom",
                              "proposals/threads",
                              "proposals/custom-page-sizes",
                              "proposals/wide-arithmetic"};

bool asserts_malformed(const Command& c) {
  return c.kind == CommandKind::AssertMalformed || c.kind == CommandKind::AssertMalformedCustom ||
         c.kind == CommandKind::AssertInvalidCustom;
}

// The error with which a module is refused, by the parser or else by the front end; or empty.
std::string refusal(const std::string& path, const ScriptModule& m) {
  if (m.error) return m.error->message;
  TypeInterner interner;
  DecodeOptions options;
  options.interner = &interner;
  options.features = *spectest::features_for(path, "");
  const auto decoded = decode_module(m.bytes, options);
  if (!decoded.ok()) return decoded.error().message;
  const auto valid = validate_module(**decoded);
  return valid.ok() ? std::string() : valid.error().message;
}

// A folder that is removed with the object.
struct TempFolder {
  fs::path path;
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "wasmrt-suite-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

// Modules that another tool made of a script: line of the command -> file. The commands of both
// tools' JSON begin with "line" and name the file, if any, behind it.
std::map<std::uint32_t, std::string> converted_modules(const fs::path& json) {
  std::map<std::uint32_t, std::string> files;
  const std::string text = read_bytes(json.string());
  const std::string line_key = "\"line\":";
  const std::string file_key = "\"filename\":";
  for (std::size_t at = text.find(line_key); at != std::string::npos;) {
    const std::size_t next = text.find(line_key, at + 1);
    const std::string command = text.substr(at, next - at);
    const std::size_t file = command.find(file_key);
    if (file != std::string::npos) {
      const std::size_t open = command.find('"', file + file_key.size());
      const std::string name = command.substr(open + 1, command.find('"', open + 1) - open - 1);
      const auto line = std::strtoul(command.c_str() + line_key.size(), nullptr, 10);
      files[static_cast<std::uint32_t>(line)] = (json.parent_path() / name).string();
    }
    at = next;
  }
  return files;
}

// Compares all modules in text form of one script; returns how many there were.
int compare_script(const std::string& script, const fs::path& json) {
  const auto commands = read_script(script);
  REQUIRE(commands.ok());
  const auto files = converted_modules(json);
  int compared = 0;
  for (const Command& c : *commands) {
    if (!c.module || c.module->form != ModuleForm::Text || c.module->error) continue;
    const auto file = files.find(c.line);
    if (file == files.end() || fs::path(file->second).extension() != ".wasm") continue;
    const std::string other = read_bytes(file->second);
    const std::string found = difference(c.module->bytes, {other.begin(), other.end()});
    INFO(script << ":" << c.line << " differs in " << found);
    CHECK(found.empty());
    ++compared;
  }
  return compared;
}

}  // namespace

TEST_CASE("every script of the suite parses, every module of it encodes", "[text][suite]") {
  if (suite_folder().empty()) {
    SKIP("the suite is not at hand");
  }
  for (const char* part : kParts) {
    for (const std::string& path : suite_scripts(part)) {
      INFO(path);
      const auto commands = read_script(path);
      REQUIRE(commands.ok());
      for (const Command& c : *commands) {
        if (!c.module || c.module->form == ModuleForm::Binary) continue;
        INFO(c.line);
        if (asserts_malformed(c)) {
          const std::string message = refusal(path, *c.module);
          INFO("expected: " << c.text << ", found: " << message);
          CHECK(spectest::says(message, c.text));
        } else {
          INFO((c.module->error ? c.module->error->message : std::string()));
          CHECK_FALSE(c.module->error);
        }
      }
    }
  }
}

TEST_CASE("modules are those that wasm-tools makes", "[text][suite]") {
  const std::string archive = suite_folder() + "/spec-json.tar.xz";
  if (suite_folder().empty() || !fs::exists(archive)) {
    SKIP("no conversions at hand");
  }
  const TempFolder folder;
  const std::string unpack = "tar -C '" + folder.path.string() + "' -xf '" + archive + "'";
  REQUIRE(std::system(unpack.c_str()) == 0);
  int compared = 0;
  for (const char* part : kParts) {
    for (const std::string& path : suite_scripts(part)) {
      // It takes an open type for what a use implies; the specification asks for a final one.
      if (fs::path(path).filename() == "type-subtyping.wast") continue;
      const fs::path relative = fs::relative(path, suite_folder());
      const fs::path base = folder.path / relative.parent_path() / relative.stem();
      compared += compare_script(path, base / (relative.stem().string() + ".json"));
    }
  }
  CHECK(compared > 4000);
}

TEST_CASE("modules are those that wabt makes", "[text][suite]") {
  if (suite_folder().empty() || std::system("wast2json --version >/dev/null 2>&1") != 0) {
    SKIP("no suite or no wast2json at hand");
  }
  int compared = 0;
  for (const std::string& path : suite_scripts("wasm-2.0")) {
    // It writes block types that name a type without parameters in the short form.
    const std::string file = fs::path(path).filename().string();
    if (file == "block.wast" || file == "loop.wast") continue;
    const TempFolder folder;
    const fs::path json = folder.path / "script.json";
    // A process of its own: it aborts on some inputs.
    const std::string convert =
        "wast2json '" + path + "' -o '" + json.string() + "' >/dev/null 2>&1";
    if (std::system(convert.c_str()) == 0) compared += compare_script(path, json);
  }
  CHECK(compared > 1000);  // 1200 in the smallest selection
}
