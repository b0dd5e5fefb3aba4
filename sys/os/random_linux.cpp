// random.h on Linux: getrandom.
#include "sys/os/random.h"

#include <sys/random.h>

#include <cerrno>

namespace wasmrt::os {

int fill_random(std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t count = getrandom(out.data(), out.size(), 0);
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    out = out.subspan(static_cast<size_t>(count));
  }
  return 0;
}

}  // namespace wasmrt::os
