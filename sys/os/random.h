// Random bytes of the system, good enough for keys.
#pragma once

#include <cstdint>
#include <span>

namespace wasmrt::os {

/// Fills `out`. 0 or an errno value.
int fill_random(std::span<uint8_t> out);

}  // namespace wasmrt::os
