// Tag: the identity of a kind of exception, of a guest or made by the host.
#pragma once

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/types.hpp>

namespace wasmrt {

/// A handle: cheap to copy; keeps the tag and its store alive.
class WASMRT_API Tag {
 public:
  /// Makes a tag, different from all others. Error: InvalidArgument for a type with results.
  static Result<Tag> create(const Store& store, const TagType& type);

  [[nodiscard]] TagType type() const;

  /// The store the tag lives in.
  [[nodiscard]] Store owner() const;
  friend bool operator==(const Tag&, const Tag&) noexcept = default;

 private:
  friend struct detail::Access;
  explicit Tag(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  detail::Handle impl_;
};

}  // namespace wasmrt
