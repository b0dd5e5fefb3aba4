// One open for appending per image: lines of several engines and threads do not mix.
#include "libwasmrt/engine/perf_map.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>

#include "libwasmrt/base/bytes.h"
#include "libwasmrt/base/log.h"
#include "libwasmrt/engine/code_names.h"
#include "sys/os/profiler.h"
#include "sys/os/thread.h"

namespace wasmrt::engine {

void write_perf_map(const NativeImage& image, const DecodedModule& module) {
  std::string text;
  const CodeNames names(module);
  const std::span<const NativeFunc> funcs = image.funcs();
  for (std::size_t n = 0; n < funcs.size(); ++n) {
    const std::size_t end = n + 1 < funcs.size() ? funcs[n + 1].begin : image.size();
    char part[48];
    std::snprintf(part, sizeof part, "%llx %llx ",
                  static_cast<unsigned long long>(
                      reinterpret_cast<std::uintptr_t>(image.base() + funcs[n].begin)),
                  static_cast<unsigned long long>(end - funcs[n].begin));
    text.append(part).append(names[funcs[n].index]).append("\n");
  }
  const std::string path = "/tmp/perf-" + std::to_string(os::process_id()) + ".map";
  if (const int error = os::append_own_file(path, bytes_of(text)); error != 0) {
    static std::atomic_flag said = ATOMIC_FLAG_INIT;
    if (!said.test_and_set()) {
      WASMRT_LOG(Warn, "no perf map: " + path + ": " + std::strerror(error));
    }
  }
}

}  // namespace wasmrt::engine
