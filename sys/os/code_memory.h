// Memory for machine code: written first, executable afterwards, never both.
//
// In: finished bytes. Out: the same, executable. Guaranteed: no page is writable and executable at
// once, at no moment; the pages in front of and behind the code are inaccessible; the instruction
// cache is coherent when publish returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace wasmrt::os {

/// An executable copy of some bytes, unmapped with the object.
class CodeMemory {
 public:
  CodeMemory() = default;
  ~CodeMemory();
  CodeMemory(CodeMemory&& other) noexcept;
  CodeMemory& operator=(CodeMemory&& other) noexcept;
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;

  /// Maps, copies and makes executable. Invalid when there is no memory or the system refuses
  /// executable mappings.
  static CodeMemory publish(std::span<const std::uint8_t> code);
  /// The same without copying: the pages themselves move, which resize_pages() of vm.h made. The
  /// caller still releases those that were there, whose content is lost.
  static CodeMemory take(std::span<std::uint8_t> code);
  [[nodiscard]] bool valid() const { return base_ != nullptr; }
  [[nodiscard]] const std::uint8_t* base() const { return base_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static CodeMemory make(std::span<const std::uint8_t> code, void* pages);
  const std::uint8_t* base_ = nullptr;
  std::size_t size_ = 0;    // of the code
  std::size_t mapped_ = 0;  // whole pages
};

}  // namespace wasmrt::os
