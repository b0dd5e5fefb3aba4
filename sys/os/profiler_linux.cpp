// perf sees mappings when they are made; this one is never undone.
#include "sys/os/profiler.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wasmrt::os {

int ProfilerFile::create(const std::string& path, std::span<const std::uint8_t> begin,
                         ProfilerFile& out) {
  const int file =
      open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600);
  if (file < 0) return errno;
  out.file_ = OwnedDescriptor(file);
  if (const int error = out.append(begin); error != 0) {
    out.file_ = OwnedDescriptor();
    return error;
  }
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (mmap(nullptr, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED) {
    const int error = errno;
    out.file_ = OwnedDescriptor();
    return error;
  }
  return 0;
}

int ProfilerFile::append(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(file_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

std::uint32_t thread_id() { return static_cast<std::uint32_t>(syscall(SYS_gettid)); }

}  // namespace wasmrt::os
