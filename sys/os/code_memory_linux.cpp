// Code memory on Linux: an anonymous mapping that turns from writable to executable once.
#include "sys/os/code_memory.h"

#include <sys/mman.h>

#include <cstring>
#include <utility>

#include "sys/os/vm.h"

namespace wasmrt::os {

CodeMemory::~CodeMemory() {
  if (base_ == nullptr) return;
  munmap(const_cast<std::uint8_t*>(base_) - page_size(), mapped_ + 2 * page_size());
}

CodeMemory::CodeMemory(CodeMemory&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), size_(other.size_), mapped_(other.mapped_) {}

CodeMemory& CodeMemory::operator=(CodeMemory&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

/// `pages`: the code's own, which move; null: it is copied.
CodeMemory CodeMemory::make(std::span<const std::uint8_t> code, void* pages) {
  CodeMemory memory;
  const std::size_t mapped = round_up_to_pages(code.size());
  if (mapped == 0) return memory;
  const std::size_t all = mapped + 2 * page_size();
  void* reserved =
      mmap(nullptr, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return memory;
  char* const begin = static_cast<char*>(reserved) + page_size();
  if (mprotect(begin, mapped, PROT_READ | PROT_WRITE) == 0) {
    if (pages == nullptr) {
      std::memcpy(begin, code.data(), code.size());
    } else if (!move_pages(begin, pages, mapped)) {
      return memory;  // what was reserved stays: part of it may belong to others
    }
    if (mprotect(begin, mapped, PROT_READ | PROT_EXEC) == 0) {
      memory.base_ = reinterpret_cast<const std::uint8_t*>(begin);
    }
  }
  if (memory.base_ == nullptr) {
    munmap(reserved, all);
    return memory;
  }
  __builtin___clear_cache(begin, begin + mapped);
  memory.size_ = code.size();
  memory.mapped_ = mapped;
  return memory;
}

CodeMemory CodeMemory::publish(std::span<const std::uint8_t> code) { return make(code, nullptr); }
CodeMemory CodeMemory::take(std::span<std::uint8_t> code) { return make(code, code.data()); }

}  // namespace wasmrt::os
