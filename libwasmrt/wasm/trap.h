// What the library adds to TrapKind: its wording and count.
//
// In: traps.def. Out: `trap_wording`, the text the specification's tests use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <wasmrt/trap_kind.hpp>

namespace wasmrt {

inline constexpr std::size_t kTrapKindCount = 0
#define TRAP(Name, wording) +1
#include <wasmrt/traps.def>
#undef TRAP
    ;

/// The specification's wording of a trap.
constexpr std::string_view trap_wording(TrapKind kind) {
  switch (kind) {
#define TRAP(Name, wording) \
  case TrapKind::Name:      \
    return wording;
#include <wasmrt/traps.def>
#undef TRAP
  }
  return {};
}

}  // namespace wasmrt
