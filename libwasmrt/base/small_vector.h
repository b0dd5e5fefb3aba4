// SmallVector: a vector whose first N elements live inside it.
//
// For the many short lists of a compiler (operands, successors, result types). The interface is
// the part of std::vector that is used; references are valid until the next growth. Running out of
// memory aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace wasmrt {

template <class T, std::size_t N>
class SmallVector {
  static_assert(N > 0 && alignof(T) <= alignof(std::max_align_t));
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  SmallVector() = default;
  SmallVector(std::initializer_list<T> items) : SmallVector(items.begin(), items.end()) {}
  template <class It>
  SmallVector(It first, It last) {
    append(first, last);
  }
  SmallVector(const SmallVector& o) { append(o.begin(), o.end()); }
  SmallVector(SmallVector&& o) noexcept { take(o); }
  SmallVector& operator=(const SmallVector& o) {
    if (this != &o) {
      clear();
      append(o.begin(), o.end());
    }
    return *this;
  }
  SmallVector& operator=(SmallVector&& o) noexcept {
    if (this != &o) {
      release();
      take(o);
    }
    return *this;
  }
  ~SmallVector() { release(); }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] T* data() { return data_; }
  [[nodiscard]] const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T& front() { return data_[0]; }
  const T& front() const { return data_[0]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }
  operator std::span<const T>() const { return {data_, size_}; }
  operator std::span<T>() { return {data_, size_}; }

  template <class... Args>
  T& emplace_back(Args&&... args) {
    if (size_ == capacity_) [[unlikely]] {
      // The arguments may point into this vector: build the element before anything moves.
      T item(std::forward<Args>(args)...);
      grow(size_ + 1);
      return *::new (static_cast<void*>(data_ + size_++)) T(std::move(item));
    }
    return *::new (static_cast<void*>(data_ + size_++)) T(std::forward<Args>(args)...);
  }
  void push_back(const T& item) { emplace_back(item); }
  void push_back(T&& item) { emplace_back(std::move(item)); }
  void pop_back() { data_[--size_].~T(); }

  /// Adds a sequence that does not lie in this vector.
  template <class It>
  void append(It first, It last) {
    for (; first != last; ++first) emplace_back(*first);
  }

  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }
  void resize(std::size_t size) {
    reserve(size);
    while (size_ > size) pop_back();
    while (size_ < size) ::new (static_cast<void*>(data_ + size_++)) T();
  }
  void clear() {
    std::destroy_n(data_, size_);
    size_ = 0;
  }

  friend bool operator==(const SmallVector& a, const SmallVector& b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i) {
      if (!(a.data_[i] == b.data_[i])) return false;
    }
    return true;
  }

 private:
  [[nodiscard]] bool is_inline() const {
    return static_cast<const void*>(data_) == static_cast<const void*>(inline_);
  }
  T* inline_data() { return reinterpret_cast<T*>(inline_); }

  void grow(std::size_t need) {
    std::size_t capacity = std::size_t{capacity_} * 2;
    if (capacity < need) capacity = need;
    if (capacity > UINT32_MAX || capacity > SIZE_MAX / sizeof(T)) std::abort();
    auto* data = static_cast<T*>(std::malloc(capacity * sizeof(T)));
    if (data == nullptr) std::abort();
    std::uninitialized_move_n(data_, size_, data);
    std::destroy_n(data_, size_);
    if (!is_inline()) std::free(data_);
    data_ = data;
    capacity_ = static_cast<std::uint32_t>(capacity);
  }
  void release() {
    clear();
    if (!is_inline()) std::free(data_);
    data_ = inline_data();
    capacity_ = N;
  }
  // This vector is empty and inline.
  void take(SmallVector& o) {
    if (o.is_inline()) {
      std::uninitialized_move_n(o.data_, o.size_, data_);
      size_ = o.size_;
      o.clear();
    } else {
      data_ = std::exchange(o.data_, o.inline_data());
      size_ = std::exchange(o.size_, 0);
      capacity_ = std::exchange(o.capacity_, static_cast<std::uint32_t>(N));
    }
  }

  T* data_ = inline_data();
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = N;
  alignas(T) std::byte inline_[N * sizeof(T)];
};

}  // namespace wasmrt
