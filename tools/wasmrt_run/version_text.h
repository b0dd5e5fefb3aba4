// What --version prints.
#pragma once

#include <string>

namespace wasmrt::tools {

/// Version, engines in this build and the machine's features; ends with a line end.
std::string version_text();

}  // namespace wasmrt::tools
