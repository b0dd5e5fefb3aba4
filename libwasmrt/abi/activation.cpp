// Value stacks: reserved and made accessible at once; pages cost nothing until they are touched.
#include "libwasmrt/abi/activation.h"

#include <utility>

#include "sys/os/vm.h"

namespace wasmrt {

ValueStack ValueStack::create(std::size_t bytes) {
  ValueStack stack;
  const std::size_t size = os::round_up_to_pages(bytes);
  void* base = size == 0 ? nullptr : os::reserve(size);
  if (base == nullptr) return stack;
  if (!os::commit(base, size)) {
    os::release(base, size);
    return stack;
  }
  stack.base_ = static_cast<std::uint64_t*>(base);
  stack.slots_ = size / sizeof(std::uint64_t);
  return stack;
}

ValueStack& ValueStack::operator=(ValueStack&& other) noexcept {
  if (this != &other) {
    destroy();
    base_ = std::exchange(other.base_, nullptr);
    slots_ = std::exchange(other.slots_, 0);
  }
  return *this;
}

void ValueStack::trim(std::size_t keep_bytes) {
  const std::size_t keep = os::round_up_to_pages(keep_bytes);
  const std::size_t size = slots_ * sizeof(std::uint64_t);
  if (base_ == nullptr || keep >= size) return;
  os::reset_to_zero(reinterpret_cast<std::uint8_t*>(base_) + keep, size - keep);
}

void ValueStack::destroy() {
  if (base_ != nullptr) os::release(base_, slots_ * sizeof(std::uint64_t));
  base_ = nullptr;
  slots_ = 0;
}

}  // namespace wasmrt
