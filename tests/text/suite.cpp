// See suite.h.
#include "tests/text/suite.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace wasmrt::text {

namespace fs = std::filesystem;

std::string suite_folder() {
  std::vector<std::string> candidates = {"../shared/spec", "../../shared/spec"};
  if (const char* named = std::getenv("WASM_SPEC_DIR"); named != nullptr)
    candidates.insert(candidates.begin(), named);
  for (const std::string& candidate : candidates) {
    if (fs::is_directory(candidate + "/wasm-2.0")) return candidate;
  }
  return {};
}

std::vector<std::string> suite_scripts(const std::string& part) {
  std::vector<std::string> out;
  const std::string folder = suite_folder() + "/" + part;
  if (!fs::is_directory(folder)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".wast") out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Result<std::vector<Command>> read_script(const std::string& path) {
  return parse_wast(read_bytes(path));
}

}  // namespace wasmrt::text
