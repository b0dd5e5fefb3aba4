// perf sees mappings when they are made; this one is never undone.
#include "sys/os/profiler.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wasmrt::os {

namespace {

int write_all(int file, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

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
  return write_all(file_.get(), bytes);
}

int append_own_file(const std::string& path, std::span<const std::uint8_t> bytes) {
  const OwnedDescriptor file(open(
      path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  // A link; a pipe that nobody reads.
  if (!file.valid()) return errno == ELOOP || errno == ENXIO ? EPERM : errno;
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) return EPERM;
  return write_all(file.get(), bytes);
}

std::uint32_t thread_id() { return static_cast<std::uint32_t>(syscall(SYS_gettid)); }

}  // namespace wasmrt::os
