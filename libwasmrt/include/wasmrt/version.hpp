// The version of the library that is linked or loaded, which may differ from the headers a program
// was compiled with.
#pragma once

#include <string_view>

#include <wasmrt/export.hpp>

namespace wasmrt {

/// The library's version, "major.minor.patch"; valid for the life of the process.
WASMRT_API std::string_view version() noexcept;

}  // namespace wasmrt
