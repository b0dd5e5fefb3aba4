// Arena: memory for lists that die together, such as those of one function: taken piece by piece,
// given back all at once.
//
// In: sizes. Out: spans that stay where they are until clear(). Guaranteed: what was taken before
// clear() is used again behind it. Only types without destructors. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace wasmrt {

class Arena {
 public:
  /// `count` items of their default value.
  template <class T>
  std::span<T> make(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlign);
    if (count == 0) return {};
    T* const items = static_cast<T*>(take(count * sizeof(T), alignof(T)));
    std::uninitialized_value_construct_n(items, count);
    return {items, count};
  }
  template <class T>
  std::span<T> copy(std::span<const T> list) {
    const std::span<T> made = make<T>(list.size());
    std::copy(list.begin(), list.end(), made.begin());
    return made;
  }
  void clear() { chunk_ = used_ = 0; }

 private:
  static constexpr std::size_t kAlign = 8;
  static constexpr std::size_t kLeast = std::size_t{16} * 1024;  // of a chunk
  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };

  void* take(std::size_t bytes, std::size_t align) {
    used_ = (used_ + align - 1) & ~(align - 1);
    while (chunk_ < chunks_.size() && chunks_[chunk_].size < used_ + bytes) {
      ++chunk_;
      used_ = 0;
    }
    if (chunk_ == chunks_.size()) {
      // Growing by halves keeps the number of chunks, and what is left over in them, small.
      const std::size_t size = std::max({bytes, kLeast, all_ / 2});
      chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
      all_ += size;
    }
    void* const at = chunks_[chunk_].memory.get() + used_;
    used_ += bytes;
    return at;
  }

  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;  // in use, and how much of it
  std::size_t used_ = 0;
  std::size_t all_ = 0;
};

}  // namespace wasmrt
