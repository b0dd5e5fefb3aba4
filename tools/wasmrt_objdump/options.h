// The command line of wasmrt-objdump.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wasmrt/engine.hpp>

#include "libwasmrt/frontend/module.h"
#include "tools/wasmrt_objdump/columns.h"

namespace wasmrt::tools {

struct DumpOptions {
  EngineConfig config;
  std::vector<std::string> functions;
  std::string stages;
  std::string arch;  ///< "x64", "arm64"; empty: the image's, else this machine's.
  bool list = false;
  bool raw_bytes = false;
  bool sections = false;
  bool recompile = false;
  bool verify = false;
  std::string file;
};

/// What the program is to do: go on, or end with this code.
std::optional<int> parse_options(int argc, char** argv, DumpOptions& options);

/// The forms that `text` names ("wasm,opt,asm" or "all"). Empty, or what is wrong.
std::string parse_stages(const std::string& text, std::array<bool, kForms>& chosen);

/// The defined functions that the words select, each a number, a range A-B, or a name of the name
/// section or of an export; all without words. Empty, or what is wrong.
std::string select_functions(const DecodedModule& module, const std::vector<std::string>& words,
                             std::vector<FuncIdx>& out);

}  // namespace wasmrt::tools
