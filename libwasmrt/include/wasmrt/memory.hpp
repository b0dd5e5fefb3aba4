// Memory: a linear memory, of a guest or made by the host.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/types.hpp>

namespace wasmrt {

/// A handle: cheap to copy; keeps the memory and its store alive. To be used by the thread that is
/// in the store, or by any one thread while no guest runs; a shared memory by any thread.
///
/// Views: with an address reservation (the default, see EngineConfig::reservation) a memory never
/// moves, and spans stay valid as long as a handle does, also across grow. With
/// MemoryReservation::None, for 64-bit memories and for memories with small pages without a
/// maximum, a span is valid until the next grow; see is_fixed().
class WASMRT_API Memory {
 public:
  /// Makes a memory of type.limits.min zeroed pages. Errors: InvalidArgument (limits that are not
  /// valid), Limit ("memory size exceeds limit"), Internal (no address space or memory).
  static Result<Memory> create(const Store& store, const MemoryType& type);

  /// The type, with the current size as the minimum.
  [[nodiscard]] MemoryType type() const;
  /// Size in bytes.
  [[nodiscard]] std::uint64_t size_bytes() const noexcept;
  /// Size in pages of the memory's own page size (64 KiB unless declared otherwise).
  [[nodiscard]] std::uint64_t size_pages() const noexcept;
  /// The largest size the memory ever had, in pages. (Equal to size_pages: memories never shrink.)
  [[nodiscard]] std::uint64_t peak_pages() const noexcept;
  /// Whether the memory keeps its place when it grows.
  [[nodiscard]] bool is_fixed() const noexcept;

  /// The whole memory.
  [[nodiscard]] std::span<std::uint8_t> data() const noexcept;
  /// `length` bytes from `offset`. Error: OutOfBounds, with offset, length and size.
  [[nodiscard]] Result<std::span<std::uint8_t>> view(std::uint64_t offset,
                                                     std::uint64_t length) const {
    const std::uint64_t size = size_bytes();
    if (length > size || offset > size - length) return out_of_bounds(offset, length, size);
    return data().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
  }
  /// The same bytes as text; nothing is checked but the bounds.
  [[nodiscard]] Result<std::string_view> read_string_view(std::uint64_t offset,
                                                          std::uint64_t length) const {
    Result<std::span<std::uint8_t>> bytes = view(offset, length);
    if (!bytes) return std::move(bytes).error();
    return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  /// Reads a number at any alignment, little-endian. Error: OutOfBounds.
  template <class T>
  [[nodiscard]] Result<T> load(std::uint64_t offset) const {
    static_assert(std::is_arithmetic_v<T>, "load reads numbers; use view for anything else");
    Result<std::span<std::uint8_t>> bytes = view(offset, sizeof(T));
    if (!bytes) return std::move(bytes).error();
    std::uint8_t raw[sizeof(T)];
    copy_little_endian(raw, bytes->data(), sizeof(T));
    T value;
    std::memcpy(&value, raw, sizeof(T));
    return value;
  }
  /// Writes a number at any alignment, little-endian. Error: OutOfBounds.
  template <class T>
  Result<void> store(std::uint64_t offset, T value) const {
    static_assert(std::is_arithmetic_v<T>, "store writes numbers; use view for anything else");
    Result<std::span<std::uint8_t>> bytes = view(offset, sizeof(T));
    if (!bytes) return std::move(bytes).error();
    std::uint8_t raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    copy_little_endian(bytes->data(), raw, sizeof(T));
    return {};
  }
  /// Copies bytes in or out. Error: OutOfBounds, and then nothing was copied.
  Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes) const;
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) const;

  /// Adds pages and gives the old size in pages. Error: Limit, and then nothing changed.
  Result<std::uint64_t> grow(std::uint64_t delta_pages) const;

  /// The store the memory lives in.
  [[nodiscard]] Store owner() const;
  /// Whether two handles are of the same memory.
  friend bool operator==(const Memory&, const Memory&) noexcept = default;

 private:
  friend struct detail::Access;
  explicit Memory(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  static Error out_of_bounds(std::uint64_t offset, std::uint64_t length, std::uint64_t size);
  static void copy_little_endian(std::uint8_t* to, const std::uint8_t* from, std::size_t n) {
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(to, from, n);
    } else {
      for (std::size_t i = 0; i < n; ++i) to[i] = from[n - 1 - i];
    }
  }
  detail::Handle impl_;
};

}  // namespace wasmrt
