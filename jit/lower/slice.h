// A span in 12 bytes, for records of which a function has as many as blocks.
//
// In: a list whose memory is another's. Out: the interface of std::span as far as the compiler uses
// it; converts to one and from one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>

namespace wasmrt::jit {

template <class T>
class __attribute__((packed, aligned(4))) Slice {
 public:
  Slice() = default;
  Slice(std::span<T> list) : items_(list.data()), size_(static_cast<std::uint32_t>(list.size())) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] T* data() const { return items_; }
  [[nodiscard]] T* begin() const { return items_; }
  [[nodiscard]] T* end() const { return items_ + size_; }
  T& operator[](std::size_t n) const { return items_[n]; }
  [[nodiscard]] T& back() const { return items_[size_ - 1]; }
  [[nodiscard]] std::span<T> first(std::size_t count) const { return {items_, count}; }

 private:
  T* items_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace wasmrt::jit

template <class T>
inline constexpr bool std::ranges::enable_borrowed_range<wasmrt::jit::Slice<T>> = true;
