// ExternRef: a host object as a reference that guests can hold but not look into.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/value.hpp>

namespace wasmrt {

/// A handle: cheap to copy. The object it stands for is rooted in its store: it lives until the
/// store dies, whether or not a guest still holds the reference, and is dropped then, on the thread
/// that gave up the store's last handle. Make one per long-lived object, not one per call.
class WASMRT_API ExternRef {
 public:
  /// Called with the pointer when the store dies.
  using Drop = void (*)(void* pointer);

  /// Makes a new reference, different from all others.
  static ExternRef create(const Store& store, void* pointer, Drop drop = nullptr);
  /// The same for a C++ object, which is moved into the store; see get<T>().
  template <class T>
  static ExternRef make(const Store& store, T object) {
    return create(store, new T(std::move(object)),
                  [](void* pointer) { delete static_cast<T*>(pointer); });
  }
  /// The reference inside a value: empty when it is null, not an externref, or not made by
  /// create() in this store.
  static std::optional<ExternRef> from_value(const Store& store, const Value& value);

  /// The pointer given to create.
  [[nodiscard]] void* pointer() const noexcept;
  /// The object given to make; T must be the type it was made with.
  template <class T>
  [[nodiscard]] T& get() const noexcept {
    return *static_cast<T*>(pointer());
  }
  /// A value of type (ref extern), to be passed to a guest.
  [[nodiscard]] Value to_value() const;

  /// The store the object is rooted in.
  [[nodiscard]] Store owner() const;
  /// Whether two handles are of the same reference.
  friend bool operator==(const ExternRef&, const ExternRef&) noexcept = default;

 private:
  friend struct detail::Access;
  explicit ExternRef(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  detail::Handle impl_;
};

}  // namespace wasmrt
