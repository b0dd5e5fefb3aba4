// poll_page.h on Linux: one reservation of two pages, the first made readable, never released.
#include "sys/os/poll_page.h"

#include <cstdint>

#include "sys/os/fault.h"
#include "sys/os/vm.h"

namespace wasmrt::os {
namespace {

struct Pages {
  const void* readable = nullptr;
  const void* armed = nullptr;
};

Pages make_pages() {
  const size_t page = page_size();
  void* both = reserve(2 * page);
  if (both == nullptr) return {};
  const uintptr_t armed = reinterpret_cast<uintptr_t>(both) + page;
  if (!protect_read_only(both, page) || !add_data_range({armed, armed + page, kFaultTagPollPage})) {
    release(both, 2 * page);
    return {};
  }
  return {both, reinterpret_cast<const void*>(armed)};
}

const Pages& pages() {
  static const Pages instance = make_pages();
  return instance;
}

}  // namespace

const void* readable_poll_page() { return pages().readable; }
const void* armed_poll_page() { return pages().armed; }

}  // namespace wasmrt::os
