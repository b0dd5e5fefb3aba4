// TrapKind: the ways in which a guest can stop against its will, from traps.def.
#pragma once

#include <cstdint>

namespace wasmrt {

/// Why the guest stopped. `None` (0) means it did not. The order is stable; new kinds are added at
/// the end. The wording of each stands beside it in traps.def.
enum class TrapKind : std::uint8_t {
#define TRAP(Name, wording) Name,
#include <wasmrt/traps.def>
#undef TRAP
};

}  // namespace wasmrt
