// Code memory on Linux: an anonymous mapping that turns from writable to executable once.
#include "sys/os/code_memory.h"

#include <sys/mman.h>

#include <cstring>
#include <utility>

#include "sys/os/vm.h"

namespace wasmrt::os {

CodeMemory::~CodeMemory() {
  if (base_ != nullptr) munmap(const_cast<std::uint8_t*>(base_), mapped_);
}

CodeMemory::CodeMemory(CodeMemory&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), size_(other.size_), mapped_(other.mapped_) {}

CodeMemory& CodeMemory::operator=(CodeMemory&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

CodeMemory CodeMemory::publish(std::span<const std::uint8_t> code) {
  CodeMemory memory;
  const std::size_t mapped = round_up_to_pages(code.size());
  if (mapped == 0) return memory;
  void* at = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return memory;
  std::memcpy(at, code.data(), code.size());
  if (mprotect(at, mapped, PROT_READ | PROT_EXEC) != 0) {
    munmap(at, mapped);
    return memory;
  }
  auto* begin = static_cast<char*>(at);
  __builtin___clear_cache(begin, begin + mapped);
  memory.base_ = static_cast<const std::uint8_t*>(at);
  memory.size_ = code.size();
  memory.mapped_ = mapped;
  return memory;
}

}  // namespace wasmrt::os
