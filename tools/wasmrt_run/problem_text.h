// What a tool says when a file could not be loaded, compiled or written.
#pragma once

#include <string>

#include <wasmrt/result.hpp>

namespace wasmrt::tools {

/// The error with the file in front; errors of the system (ErrorCode::Io) name theirs already.
std::string problem_text(const std::string& file, const Error& error);

}  // namespace wasmrt::tools
