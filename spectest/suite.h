// Files in, totals out: finds scripts, runs each, and holds failures against the expected ones.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <wasmrt/engine.hpp>
#include <wasmrt/result.hpp>

namespace wasmrt::spectest {

struct Totals {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t cached = 0;
  std::uint64_t compiled = 0;
  std::uint64_t late_modules = 0;
  std::uint64_t switched = 0;
};

/// Failures that are known: lines of the form `folder/file.wast:12`, `#` begins a comment. A place
/// matches a failure whose path ends in it.
class ExpectedFailures {
 public:
  /// Reads a list. Error: Io.
  static Result<ExpectedFailures> read(const std::string& path);
  /// Parses the text of a list.
  static ExpectedFailures parse(std::string_view text);

  /// Whether a failure is known. Marks it as seen.
  bool take(const std::string& path, std::uint32_t line);
  /// Known failures in this file that did not happen: they pass now and must leave the list.
  [[nodiscard]] std::vector<std::string> unseen(const std::string& path) const;

 private:
  std::set<std::string> places_;
  std::set<std::string> seen_;
};

/// All `.wast` files named by files and folders, in a stable order. Error: Io for what is absent.
Result<std::vector<std::string>> find_scripts(const std::vector<std::string>& paths);

/// The features to run a script with. `wanted` is what --features says: a list that begins with `+`
/// or `-` is applied to the version the script is written for, any other stands for itself. The
/// suite of version 2.0, in a folder `wasm-2.0`, asserts that what came with 3.0 is refused; that
/// of the threads proposal branched off from 1.0. Everything else is for 3.0. Error:
/// InvalidArgument.
Result<Features> features_for(const std::string& path, const std::string& wanted);

/// Runs one file and prints its failures to stdout.
Totals run_file(const EngineConfig& config, const std::string& path, ExpectedFailures& expected);

}  // namespace wasmrt::spectest
