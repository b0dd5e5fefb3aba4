// What the semantics functions share: how a numeric instruction that can trap gives its result.
#pragma once

#include <cstdint>

#include <wasmrt/trap_kind.hpp>
#include <wasmrt/value.hpp>

namespace wasmrt::sem {

/// A value, or the reason why there is none. `value` is 0 when `trap` is not None.
template <class T>
struct Checked {
  T value = {};
  TrapKind trap = TrapKind::None;

  constexpr Checked(T v) : value(v) {}
  constexpr Checked(TrapKind t) : trap(t) {}
  [[nodiscard]] constexpr bool ok() const { return trap == TrapKind::None; }
  friend constexpr bool operator==(const Checked&, const Checked&) = default;
};

/// The two i64 results of wide arithmetic, in the order in which they are pushed.
struct Wide {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const Wide&, const Wide&) = default;
};

}  // namespace wasmrt::sem
