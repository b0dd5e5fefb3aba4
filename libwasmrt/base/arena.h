// Arena: objects that die together.
//
// Allocation is a pointer bump; everything is freed at once by reset() or the destructor, without
// running destructors, so only trivially destructible types go in. Addresses are stable until
// then. Not thread-safe: one arena per compilation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wasmrt {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { free_all(head_); }

  /// Uninitialised bytes; never null. `align` is a power of two.
  void* allocate(std::size_t size, std::size_t align) {
    const std::uintptr_t aligned = (cursor_ + align - 1) & ~(align - 1);
    if (aligned < cursor_ || aligned > end_ || size > end_ - aligned) [[unlikely]] {
      return allocate_slow(size, align);
    }
    cursor_ = aligned + size;
    return reinterpret_cast<void*>(aligned);
  }

  /// One object, constructed.
  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return ::new (allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  /// `count` value-initialised objects.
  template <class T>
  std::span<T> make_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    if (count > SIZE_MAX / sizeof(T)) std::abort();
    T* items = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(items + i)) T();
    return {items, count};
  }

  /// A copy of a sequence of trivially copyable objects.
  template <class T>
  std::span<T> copy(std::span<const T> from) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (from.empty()) return {};
    T* items = static_cast<T*>(allocate(from.size_bytes(), alignof(T)));
    std::memcpy(static_cast<void*>(items), from.data(), from.size_bytes());
    return {items, from.size()};
  }

  /// A copy of a text.
  std::string_view copy(std::string_view text) {
    const std::span<char> chars = copy(std::span<const char>(text.data(), text.size()));
    return {chars.data(), chars.size()};
  }

  /// Frees every object. Keeps the newest (largest) chunk for the next use.
  void reset() {
    if (head_ == nullptr) return;
    free_all(std::exchange(head_->previous, nullptr));
    bytes_ = head_->size;
    cursor_ = reinterpret_cast<std::uintptr_t>(head_ + 1);
  }

  /// Bytes held from the system.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct alignas(std::max_align_t) Chunk {
    Chunk* previous;
    std::size_t size;
  };

  // Chunks double from 4 KiB to 1 MiB: small functions stay small, large ones make few calls.
  static constexpr std::size_t kFirstChunk = 4096;
  static constexpr std::size_t kLargestChunk = std::size_t{1} << 20;

  void* allocate_slow(std::size_t size, std::size_t align) {
    std::size_t want = head_ == nullptr ? kFirstChunk : head_->size * 2;
    if (want > kLargestChunk) want = kLargestChunk;
    if (size > SIZE_MAX / 2 || align > SIZE_MAX / 4) std::abort();
    const std::size_t need = sizeof(Chunk) + size + align;
    if (want < need) want = need;
    auto* chunk = static_cast<Chunk*>(std::malloc(want));
    if (chunk == nullptr) std::abort();
    chunk->previous = head_;
    chunk->size = want;
    head_ = chunk;
    bytes_ += want;
    cursor_ = reinterpret_cast<std::uintptr_t>(chunk + 1);
    end_ = reinterpret_cast<std::uintptr_t>(chunk) + want;
    return allocate(size, align);
  }

  static void free_all(Chunk* chunk) {
    while (chunk != nullptr) std::free(std::exchange(chunk, chunk->previous));
  }

  std::uintptr_t cursor_ = 0;
  std::uintptr_t end_ = 0;
  Chunk* head_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace wasmrt
