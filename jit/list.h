// A vector of plain data for the large arrays of a function.
//
// In: items that can be copied as bytes. Out: the interface of std::vector as far as the compiler
// uses it. Guaranteed: what is large lies in pages of its own, which grow without a second copy
// beside them, take memory only as far as they were written, and go back to the system as soon as
// they are released.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace wasmrt::jit {

/// Memory of `now` bytes with the content that `at`, of `before` bytes, had; 0 bytes: it is freed.
void* resize_list(void* at, std::size_t before, std::size_t now);
/// Whether so many bytes lie in pages of their own.
bool is_paged(std::size_t bytes);
/// Gives back the pages behind the first `used` bytes of `all`; their content is lost.
void release_tail(void* at, std::size_t used, std::size_t all);

template <class T>
class List {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  List() = default;
  List(const List& other) { append(other); }
  List(List&& other) noexcept { swap(other); }
  List& operator=(List other) noexcept {
    swap(other);
    return *this;
  }
  ~List() { release(); }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  T* data() { return items_; }
  [[nodiscard]] const T* data() const { return items_; }
  T& operator[](std::size_t n) { return items_[n]; }
  const T& operator[](std::size_t n) const { return items_[n]; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }
  [[nodiscard]] const T* begin() const { return items_; }
  [[nodiscard]] const T* end() const { return items_ + size_; }
  friend bool operator==(const List& a, const List& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }
  T& back() { return items_[size_ - 1]; }
  [[nodiscard]] const T& back() const { return items_[size_ - 1]; }

  void clear() { size_ = 0; }
  /// Whether the items lie in pages of their own, from the beginning of one.
  [[nodiscard]] bool is_paged() const { return jit::is_paged(capacity_ * sizeof(T)); }
  /// The memory goes, too.
  void release() {
    resize_list(items_, capacity_ * sizeof(T), 0);
    items_ = nullptr;
    size_ = capacity_ = 0;
  }
  /// Nobody reads the items from `n` on any more.
  void release_from(std::size_t n) { release_tail(items_, n * sizeof(T), capacity_ * sizeof(T)); }
  void push_back(const T& item) {
    const T copy = item;  // may lie in here
    if (size_ == capacity_) grow(size_ + 1);
    items_[size_++] = copy;
  }
  T& emplace_back() {
    push_back(T{});
    return back();
  }
  void append(std::span<const T> items) {
    if (capacity_ - size_ < items.size()) grow(size_ + items.size());
    std::copy(items.begin(), items.end(), end());
    size_ += items.size();
  }
  void assign(std::size_t count, const T& item) {
    if (capacity_ < count) grow(count);
    size_ = count;
    std::fill(begin(), end(), item);
  }
  void resize(std::size_t count, const T& item = T{}) {
    if (capacity_ < count) grow(count);
    for (std::size_t n = size_; n < count; ++n) items_[n] = item;
    size_ = count;
  }

 private:
  void swap(List& other) noexcept {
    std::swap(items_, other.items_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }
  void grow(std::size_t least) {
    const std::size_t now = std::max({least, 2 * capacity_, std::size_t{64}});
    items_ = static_cast<T*>(resize_list(items_, capacity_ * sizeof(T), now * sizeof(T)));
    capacity_ = now;
  }

  T* items_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace wasmrt::jit
