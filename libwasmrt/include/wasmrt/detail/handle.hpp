// The counted pointer inside every handle. Not part of the API: names in wasmrt::detail may change.
#pragma once

#include <utility>

#include <wasmrt/export.hpp>

namespace wasmrt::detail {

class Object;   // whatever a handle refers to; defined by the library
struct Access;  // how the library makes handles and looks into them

/// Takes and gives back one reference of a handle. Thread-safe; null is allowed.
WASMRT_API void retain(Object* object) noexcept;
WASMRT_API void release(Object* object) noexcept;

/// A reference on an object, and through it on the store the object belongs to.
class Handle {
 public:
  Handle() noexcept = default;
  /// Takes over nothing: adds a reference of its own.
  explicit Handle(Object* object) noexcept : object_(object) { retain(object_); }
  Handle(const Handle& other) noexcept : object_(other.object_) { retain(object_); }
  Handle(Handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Handle& operator=(Handle other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Handle() {
    if (object_ != nullptr) release(object_);
  }

  [[nodiscard]] Object* get() const noexcept { return object_; }
  friend bool operator==(const Handle& a, const Handle& b) noexcept {
    return a.object_ == b.object_;
  }

 private:
  Object* object_ = nullptr;
};

}  // namespace wasmrt::detail
