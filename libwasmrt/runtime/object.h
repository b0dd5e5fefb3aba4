// Object: what handles of the API count, and Ref, the runtime's own counted pointer.
//
// A handle holds its object and, through it, the store the object belongs to; the runtime's own
// references (an instance's on what it imports) hold the object alone, so that nothing inside a
// store keeps that store alive. An object of a store dies before its store does.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <wasmrt/detail/handle.hpp>

namespace wasmrt::detail {

class Object {
 public:
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void add_ref() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void drop_ref() noexcept {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) last_reference_gone();
  }
  [[nodiscard]] std::uint64_t ref_count() const noexcept {
    return refs_.load(std::memory_order_relaxed);
  }
  /// The store this belongs to, which handles keep alive too; null for what belongs to none.
  [[nodiscard]] Object* owner() const noexcept { return owner_; }

 protected:
  explicit Object(Object* owner) : owner_(owner) {}
  virtual ~Object() = default;
  virtual void last_reference_gone() noexcept { delete this; }

 private:
  std::atomic<std::uint64_t> refs_{0};
  Object* owner_ = nullptr;
};

}  // namespace wasmrt::detail

namespace wasmrt::rt {

/// A counted pointer without the store.
template <class T>
class Ref {
 public:
  Ref() noexcept = default;
  explicit Ref(T* object) noexcept : object_(object) {
    if (object_ != nullptr) object_->add_ref();
  }
  Ref(const Ref& other) noexcept : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->drop_ref();
  }
  [[nodiscard]] T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace wasmrt::rt
