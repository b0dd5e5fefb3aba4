// The library's version, as the build file states it.
#include <wasmrt/version.hpp>

namespace wasmrt {

std::string_view version() noexcept { return WASMRT_VERSION; }

}  // namespace wasmrt
