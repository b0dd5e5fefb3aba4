// TrapKind: traps.def as C++.
//
// In: traps.def. Out: the enumeration and `trap_wording`, the text the specification's tests use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wasmrt {

/// Why the guest stopped. `None` (0) means it did not.
enum class TrapKind : std::uint8_t {
#define TRAP(Name, wording) Name,
#include "libwasmrt/wasm/traps.def"
#undef TRAP
};

inline constexpr std::size_t kTrapKindCount = 0
#define TRAP(Name, wording) +1
#include "libwasmrt/wasm/traps.def"
#undef TRAP
    ;

/// The specification's wording of a trap.
constexpr std::string_view trap_wording(TrapKind kind) {
  switch (kind) {
#define TRAP(Name, wording) \
  case TrapKind::Name:      \
    return wording;
#include "libwasmrt/wasm/traps.def"
#undef TRAP
  }
  return {};
}

}  // namespace wasmrt
