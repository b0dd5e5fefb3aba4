// Small arrays live on the heap, large ones in pages of their own.
#include "jit/list.h"

#include <cstdlib>
#include <cstring>

#include "libwasmrt/base/assert.h"
#include "sys/os/vm.h"

namespace wasmrt::jit {

namespace {
constexpr std::size_t kPaged = std::size_t{1} << 20;
}

bool is_paged(std::size_t bytes) { return bytes >= kPaged; }

void* resize_list(void* at, std::size_t before, std::size_t now) {
  const bool was_paged = is_paged(before);
  const bool paged = is_paged(now);
  if (now == 0) {
    was_paged ? os::release(at, before) : std::free(at);
    return nullptr;
  }
  void* result = nullptr;
  if (was_paged == paged) {
    result = paged ? os::resize_pages(at, before, now) : std::realloc(at, now);
  } else {
    result = paged ? os::resize_pages(nullptr, 0, now) : std::malloc(now);
  }
  WASMRT_ASSERT(result != nullptr, "memory for the compiler");
  if (was_paged != paged && before != 0) {
    std::memcpy(result, at, std::min(before, now));
    was_paged ? os::release(at, before) : std::free(at);
  }
  return result;
}

void release_tail(void* at, std::size_t used, std::size_t all) {
  const std::size_t kept = os::round_up_to_pages(used);
  if (!is_paged(all) || kept >= all) return;
  os::reset_to_zero(static_cast<std::byte*>(at) + kept, all - kept);
}

}  // namespace wasmrt::jit
