// The official suite, where it is at hand: $WASM_SPEC_DIR, or ../shared/spec beside the project.
#pragma once

#include <string>
#include <vector>

#include <wasmrt/result.hpp>

#include "libwasmrt/text/wast.h"

namespace wasmrt::text {

/// Its folder, or empty.
std::string suite_folder();

/// The scripts below a part of it ("wasm-2.0"), sorted; empty when the part is absent.
std::vector<std::string> suite_scripts(const std::string& part);

/// The commands of a script. The process fails on an unreadable file.
Result<std::vector<Command>> read_script(const std::string& path);

/// The whole of a file as bytes; empty when it cannot be read.
std::string read_bytes(const std::string& path);

}  // namespace wasmrt::text
