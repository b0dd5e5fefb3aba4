// cpu.h on Linux: the affinity mask of the process.
#include "sys/os/cpu.h"

#include <sched.h>
#include <unistd.h>

namespace wasmrt::os {

unsigned usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
    return static_cast<unsigned>(CPU_COUNT(&set));
  }
  // More processors than the mask holds, or no permission to ask.
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<unsigned>(online) : 1;
}

}  // namespace wasmrt::os
