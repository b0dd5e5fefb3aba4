// See suite.h.
#include "spectest/suite.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "libwasmrt/text/wast.h"
#include "spectest/script_runner.h"

namespace wasmrt::spectest {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return Error(ErrorCode::Io, "cannot read " + path);
  std::string text;
  char buffer[1 << 16];
  std::size_t n = 0;
  while ((n = std::fread(buffer, 1, sizeof buffer, file.get())) > 0) text.append(buffer, n);
  if (std::ferror(file.get()) != 0) return Error(ErrorCode::Io, "cannot read " + path);
  return text;
}

bool names(std::string_view path, std::string_view place) {
  if (path.size() < place.size() || path.substr(path.size() - place.size()) != place) return false;
  return path.size() == place.size() || path[path.size() - place.size() - 1] == '/';
}

Result<Tally> run_script(const EngineConfig& config, const std::string& path) {
  auto source = read_file(path);
  if (!source.ok()) return source.error();
  auto commands = text::parse_wast(*source);
  if (!commands.ok()) return commands.error();
  auto engine = Engine::create(config);
  if (!engine.ok()) return engine.error();
  return ScriptRunner(*engine).run(*commands);
}

}  // namespace

Result<ExpectedFailures> ExpectedFailures::read(const std::string& path) {
  auto text = read_file(path);
  if (!text.ok()) return text.error();
  return parse(*text);
}

ExpectedFailures ExpectedFailures::parse(std::string_view text) {
  ExpectedFailures list;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
    if (!line.empty()) list.places_.emplace(line);
  }
  return list;
}

bool ExpectedFailures::take(const std::string& path, std::uint32_t line) {
  const std::string place = path + ":" + std::to_string(line);
  bool found = false;
  for (const std::string& known : places_) {
    if (!names(place, known)) continue;
    seen_.insert(known);
    found = true;
  }
  return found;
}

std::vector<std::string> ExpectedFailures::unseen(const std::string& path) const {
  std::vector<std::string> out;
  for (const std::string& known : places_) {
    if (seen_.count(known) == 0 && names(path, known.substr(0, known.rfind(':')))) {
      out.push_back(known);
    }
  }
  return out;
}

Result<std::vector<std::string>> find_scripts(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (!fs::exists(path, error)) return Error(ErrorCode::Io, "no such file or folder: " + path);
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    fs::recursive_directory_iterator at(path, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      if (at->path().extension() == ".wast") found.push_back(at->path().string());
    }
    if (error) return Error(ErrorCode::Io, "cannot read folder " + path + ": " + error.message());
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

Result<Features> features_for(const std::string& path, const std::string& wanted) {
  const bool relative = wanted.empty() || wanted[0] == '+' || wanted[0] == '-';
  if (!relative) return Features::parse(wanted);
  std::string text = "wasm3";
  for (const fs::path& folder : fs::path(path).parent_path()) {
    if (folder == "wasm-1.0" || folder == "threads") text = "wasm1";
    if (folder == "wasm-2.0") text = "wasm2";
  }
  if (!wanted.empty()) text += "," + wanted;
  return Features::parse(text);
}

Totals run_file(const EngineConfig& config, const std::string& path, ExpectedFailures& expected) {
  auto tally = run_script(config, path);
  Totals totals;
  if (!tally.ok()) {
    std::printf("%s: %s\n", path.c_str(), tally.error().message.c_str());
    totals.failed = 1;
    return totals;
  }
  totals = {tally->passed,   tally->failed,       tally->skipped, tally->cached,
            tally->compiled, tally->late_modules, tally->switched};
  for (const Failure& failure : tally->failures) {
    if (expected.take(path, failure.line)) {
      --totals.failed;
      ++totals.passed;
      continue;
    }
    std::printf("%s:%u: %s\n", path.c_str(), failure.line, failure.message.c_str());
  }
  for (const std::string& place : expected.unseen(path)) {
    std::printf("%s: expected to fail, but it passed\n", place.c_str());
    ++totals.failed;
    if (totals.passed > 0) --totals.passed;
  }
  return totals;
}

}  // namespace wasmrt::spectest
