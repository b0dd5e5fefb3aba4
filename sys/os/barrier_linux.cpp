// barrier.h on Linux: membarrier(2), private and expedited.
#include "sys/os/barrier.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace wasmrt::os {
namespace {

// Stores leave a processor within a microsecond, and a thread that is not running has passed a
// barrier on its way out.
constexpr timespec kAllWritesAreOut = {0, 20'000'000};

long membarrier(int command) { return syscall(SYS_membarrier, command, 0); }

bool prepare() {
  const long commands = membarrier(MEMBARRIER_CMD_QUERY);
  return commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0 &&
         membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

std::atomic<bool>& available() {
  static std::atomic<bool> yes = prepare();
  return yes;
}

}  // namespace

bool asymmetric_barriers() { return available().load(std::memory_order_relaxed); }

void heavy_barrier() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (int tries = 0; tries < 2; ++tries) {
    if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return;
    if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0) break;
  }
  available().store(false, std::memory_order_relaxed);
  nanosleep(&kAllWritesAreOut, nullptr);
}

}  // namespace wasmrt::os
