// Global: a global variable, of a guest or made by the host.
#pragma once

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/types.hpp>
#include <wasmrt/value.hpp>

namespace wasmrt {

/// A handle: cheap to copy; keeps the global and its store alive. One thread at a time.
class WASMRT_API Global {
 public:
  /// Makes a global. Error: InvalidArgument when the value is of another type.
  static Result<Global> create(const Store& store, const GlobalType& type, const Value& init);

  [[nodiscard]] GlobalType type() const;
  /// The current value, of the global's type.
  [[nodiscard]] Value get() const;
  /// Changes the value. Error: InvalidArgument for a value of another type and for a constant.
  Result<void> set(const Value& value) const;

  /// The store the global lives in.
  [[nodiscard]] Store owner() const;
  friend bool operator==(const Global&, const Global&) noexcept = default;

 private:
  friend struct detail::Access;
  explicit Global(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  detail::Handle impl_;
};

}  // namespace wasmrt
