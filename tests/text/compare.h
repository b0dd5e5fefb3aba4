// Whether two binaries say the same: compared as decoded sections, not as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wasmrt::text {

/// Empty when the modules are equal, else what differs first. Modules of which neither decodes are
/// equal; encodings that mean the same (kinds of element segments, LEB lengths) are not told apart.
std::string difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b);

}  // namespace wasmrt::text
