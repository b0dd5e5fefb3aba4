// One open for appending per image: lines of several engines and threads do not mix.
#include "libwasmrt/engine/perf_map.h"

#include <cstdio>
#include <span>
#include <string>

#include "libwasmrt/engine/code_names.h"
#include "sys/os/thread.h"

namespace wasmrt::engine {

void write_perf_map(const NativeImage& image, const DecodedModule& module) {
  std::string text;
  const std::span<const NativeFunc> funcs = image.funcs();
  for (std::size_t n = 0; n < funcs.size(); ++n) {
    const std::size_t end = n + 1 < funcs.size() ? funcs[n + 1].begin : image.size();
    char part[48];
    std::snprintf(part, sizeof part, "%llx %llx ",
                  static_cast<unsigned long long>(
                      reinterpret_cast<std::uintptr_t>(image.base() + funcs[n].begin)),
                  static_cast<unsigned long long>(end - funcs[n].begin));
    text.append(part).append(code_name(module, funcs[n].index)).append("\n");
  }
  const std::string path = "/tmp/perf-" + std::to_string(os::process_id()) + ".map";
  std::FILE* file = std::fopen(path.c_str(), "ae");
  if (file == nullptr) return;
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
}

}  // namespace wasmrt::engine
