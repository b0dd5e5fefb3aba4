// Table: a table of references, of a guest or made by the host.
#pragma once

#include <cstdint>

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/types.hpp>
#include <wasmrt/value.hpp>

namespace wasmrt {

/// A handle: cheap to copy; keeps the table and its store alive. Use as Memory, one thread at a
/// time. What is stored in a table lives at least as long as the store.
class WASMRT_API Table {
 public:
  /// Makes a table of type.limits.min elements with that content. Errors: InvalidArgument (limits
  /// or a value of another type), Limit ("table size exceeds limit").
  static Result<Table> create(const Store& store, const TableType& type, const Value& init);

  /// The type, with the current size as the minimum.
  [[nodiscard]] TableType type() const;
  /// Number of elements.
  [[nodiscard]] std::uint64_t size() const noexcept;
  /// One element, of the table's element type. Error: OutOfBounds, with index and size.
  [[nodiscard]] Result<Value> get(std::uint64_t index) const;
  /// Replaces one element. Errors: OutOfBounds, InvalidArgument for a value of another type.
  Result<void> set(std::uint64_t index, const Value& value) const;
  /// Adds elements and gives the old size. Errors: Limit, InvalidArgument; then nothing changed.
  Result<std::uint64_t> grow(std::uint64_t delta, const Value& init) const;

  /// The store the table lives in.
  [[nodiscard]] Store owner() const;
  friend bool operator==(const Table&, const Table&) noexcept = default;

 private:
  friend struct detail::Access;
  explicit Table(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  detail::Handle impl_;
};

}  // namespace wasmrt
