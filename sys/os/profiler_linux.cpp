// perf sees mappings when they are made; this one is never undone.
#include "sys/os/profiler.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wasmrt::os {

namespace {

/// A regular file of ours with this name alone, made if it is not there: the folders that profilers
/// look into are often open to all, and what has another name is some other file, too.
int open_own_file(const std::string& path, int access, OwnedDescriptor& out) {
  out = OwnedDescriptor(
      open(path.c_str(), access | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  // A link; a pipe that nobody reads.
  if (!out.valid()) return errno == ELOOP || errno == ENXIO ? EPERM : errno;
  struct stat status {};
  if (fstat(out.get(), &status) != 0) return errno;
  const bool own = S_ISREG(status.st_mode) && status.st_uid == geteuid();
  return own && status.st_nlink == 1 ? 0 : EPERM;
}

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
  OwnedDescriptor file;
  if (const int error = open_own_file(path, O_RDWR, file); error != 0) return error;
  if (ftruncate(file.get(), 0) != 0) return errno;
  const int number = file.get();
  out.file_ = std::move(file);
  if (const int error = out.append(begin); error != 0) {
    out.file_ = OwnedDescriptor();
    return error;
  }
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (mmap(nullptr, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, number, 0) == MAP_FAILED) {
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
  OwnedDescriptor file;
  if (const int error = open_own_file(path, O_WRONLY, file); error != 0) return error;
  return write_all(file.get(), bytes);
}

std::uint32_t thread_id() { return static_cast<std::uint32_t>(syscall(SYS_gettid)); }

}  // namespace wasmrt::os
