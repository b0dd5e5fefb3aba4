// A vector whose elements survive clear(), so that what they hold is used again.
//
// In: elements with a clear() of their own, such as blocks with lists in them. Out: the same
// interface as far as the compiler uses it. Guaranteed: elements are cleared when they are taken
// again; what is kept is at most what the largest uses of each place needed.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace wasmrt::jit {

template <class T>
class Recycled {
 public:
  Recycled() = default;
  Recycled(const Recycled& other) : items_(other.begin(), other.end()), size_(other.size_) {}
  Recycled(Recycled&& other) noexcept
      : items_(std::move(other.items_)), size_(std::exchange(other.size_, 0)) {}
  Recycled& operator=(Recycled other) noexcept {
    std::swap(items_, other.items_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Recycled() = default;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  T& operator[](std::size_t n) { return items_[n]; }
  const T& operator[](std::size_t n) const { return items_[n]; }
  T* begin() { return items_.data(); }
  T* end() { return items_.data() + size_; }
  [[nodiscard]] const T* begin() const { return items_.data(); }
  [[nodiscard]] const T* end() const { return items_.data() + size_; }
  T& back() { return items_[size_ - 1]; }
  [[nodiscard]] const T& back() const { return items_[size_ - 1]; }

  void clear() { size_ = 0; }
  /// A cleared element at the end.
  T& emplace_back() {
    if (size_ == items_.size()) {
      items_.emplace_back();
    } else {
      items_[size_].clear();
    }
    return items_[size_++];
  }
  void push_back(T item) { emplace_back() = std::move(item); }
  /// What is added is cleared.
  void resize(std::size_t size) {
    while (size_ < size) emplace_back();
    size_ = size;
  }

 private:
  std::vector<T> items_;
  std::size_t size_ = 0;
};

}  // namespace wasmrt::jit
