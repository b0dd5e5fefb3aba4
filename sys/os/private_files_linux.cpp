// private_files.h on Linux: openat with O_NOFOLLOW, checks on the descriptor, flock.
#include "sys/os/private_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "sys/os/vm.h"

namespace wasmrt::os {
namespace {

int64_t nanoseconds(const timespec& t) {
  return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

int check_directory(OwnedDescriptor directory, OwnedDescriptor& out) {
  struct stat status {};
  if (fstat(directory.get(), &status) != 0) return errno;
  // Others may look (a user's ~/.cache often lets them), but not write.
  if (status.st_uid != geteuid()) return EPERM;
  if ((status.st_mode & 022) != 0) return kOpenToOthers;
  out = std::move(directory);
  return 0;
}

int write_all(int descriptor, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return 0;
}

}  // namespace

int open_private_directory(const std::string& path, bool create, OwnedDescriptor& out) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  OwnedDescriptor directory(open(path.c_str(), kFlags));
  if (!directory.valid() && errno == ENOENT && create) {
    for (size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
      if (mkdir(path.substr(0, at).c_str(), 0700) != 0 && errno != EEXIST) return errno;
    }
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return errno;
    directory.reset(open(path.c_str(), kFlags));
  }
  if (!directory.valid()) return errno;
  return check_directory(std::move(directory), out);
}

int open_private_directory_at(int parent, const std::string& name, bool create,
                              OwnedDescriptor& out) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
  OwnedDescriptor directory(openat(parent, name.c_str(), kFlags));
  if (!directory.valid() && errno == ENOENT && create) {
    if (mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST) return errno;
    directory.reset(openat(parent, name.c_str(), kFlags));
  }
  if (!directory.valid()) return errno;
  return check_directory(std::move(directory), out);
}

int open_for_reading(const std::string& path, OwnedDescriptor& out) {
  out.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return out.valid() ? 0 : errno;
}

int identify(int descriptor, FileIdentity& out) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EINVAL;
  out = {static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino),
         static_cast<uint64_t>(status.st_size), nanoseconds(status.st_mtim),
         nanoseconds(status.st_ctim)};
  return 0;
}

int check_own_file(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EPERM;
  if (status.st_uid != geteuid() && status.st_uid != 0) return EPERM;
  return (status.st_mode & 022) != 0 ? kOpenToOthers : 0;
}

int open_private_file(int directory, const std::string& name, OwnedDescriptor& out,
                      uint64_t& size) {
  OwnedDescriptor file(
      openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) return errno == ELOOP ? EPERM : errno;
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0) {
    return EPERM;
  }
  size = static_cast<uint64_t>(status.st_size);
  out = std::move(file);
  return 0;
}

int read_private_file(int directory, const std::string& name, size_t limit,
                      std::vector<uint8_t>& out) {
  OwnedDescriptor file;
  uint64_t size = 0;
  if (const int error = open_private_file(directory, name, file, size); error != 0) return error;
  if (size > limit) return EFBIG;
  out.resize(static_cast<size_t>(size));
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = read(file.get(), out.data() + done, out.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  out.resize(done);
  return 0;
}

int write_private_file(int directory, const std::string& name,
                       std::span<const std::span<const uint8_t>> parts, bool replace) {
  static std::atomic<unsigned> serial{0};
  char temporary[64];
  OwnedDescriptor file;
  for (int attempt = 0; !file.valid(); ++attempt) {
    std::snprintf(temporary, sizeof temporary, "tmp.%ld.%u", static_cast<long>(getpid()),
                  serial.fetch_add(1));
    file.reset(
        openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    // A name left over by a process that died and had our number.
    if (!file.valid() && (errno != EEXIST || attempt == 100)) return errno;
  }
  int error = 0;
  for (const std::span<const uint8_t> part : parts) {
    if (error == 0) error = write_all(file.get(), part);
  }
  if (error == 0 && fsync(file.get()) != 0) error = errno;
  if (error == 0) {
    const int moved = replace ? renameat(directory, temporary, directory, name.c_str())
                              : linkat(directory, temporary, directory, name.c_str(), 0);
    if (moved != 0) error = errno;
  }
  if (error != 0 || !replace) unlinkat(directory, temporary, 0);
  return error;
}

void touch_private_file(int descriptor) { futimens(descriptor, nullptr); }

int list_private_directory(int directory, std::vector<PrivateEntry>& out) {
  const int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return errno;
  DIR* listing = fdopendir(copy);
  if (listing == nullptr) {
    const int error = errno;
    close(copy);
    return error;
  }
  while (const dirent* entry = readdir(listing)) {
    PrivateEntry found;
    found.name = entry->d_name;
    if (found.name == "." || found.name == "..") continue;
    struct stat status {};
    if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    found.directory = S_ISDIR(status.st_mode);
    found.size = static_cast<uint64_t>(status.st_size);
    found.modified_ns = nanoseconds(status.st_mtim);
    out.push_back(std::move(found));
  }
  closedir(listing);
  return 0;
}

int remove_private_file(int directory, const std::string& name) {
  return unlinkat(directory, name.c_str(), 0) == 0 ? 0 : errno;
}

int remove_empty_directory(int directory, const std::string& name) {
  return unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
}

int lock_private_file(int directory, const std::string& name, FileLock kind, bool create,
                      OwnedDescriptor& out) {
  const int operation = (kind == FileLock::Shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  for (;;) {
    // NFS grants exclusive locks only to who may write.
    const int access = kind == FileLock::Shared ? O_RDONLY : O_RDWR;
    OwnedDescriptor file(openat(directory, name.c_str(),
                                access | (create ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) return errno;
    while (flock(file.get(), operation) != 0) {
      if (errno != EINTR) return errno == EWOULDBLOCK ? EAGAIN : errno;
    }
    struct stat locked {};
    struct stat named {};
    if (fstat(file.get(), &locked) != 0) return errno;
    if (fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        locked.st_ino == named.st_ino && locked.st_dev == named.st_dev) {
      out = std::move(file);
      return 0;
    }
    // Removed between opening and locking: the next one to come would not meet this lock.
  }
}

int64_t file_time_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

FileMapping::~FileMapping() {
  if (data_ != nullptr)
    munmap(const_cast<uint8_t*>(data_) - guard_, round_up_to_pages(size_) + 2 * guard_);
}

FileMapping::FileMapping(FileMapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      guard_(std::exchange(other.guard_, 0)) {}

FileMapping& FileMapping::operator=(FileMapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(guard_, other.guard_);
  return *this;
}

int FileMapping::map(int descriptor, uint64_t offset, size_t size, bool executable, bool populate,
                     FileMapping& out) {
  if (size == 0) return EINVAL;
  FileMapping fresh;
  char* place = nullptr;
  int flags = MAP_PRIVATE | (populate ? MAP_POPULATE : 0);
  if (executable) {
    const std::size_t all = round_up_to_pages(size) + 2 * page_size();
    void* reserved =
        mmap(nullptr, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) return errno;
    place = static_cast<char*>(reserved) + page_size();
    flags |= MAP_FIXED;
    // The destructor undoes it all, also when the file cannot be mapped.
    fresh.data_ = reinterpret_cast<const uint8_t*>(place);
    fresh.size_ = size;
    fresh.guard_ = page_size();
  }
  void* at = mmap(place, size, PROT_READ | (executable ? PROT_EXEC : 0), flags, descriptor,
                  static_cast<off_t>(offset));
  if (at == MAP_FAILED) return errno;
  fresh.data_ = static_cast<const uint8_t*>(at);
  fresh.size_ = size;
  out = std::move(fresh);
  return 0;
}

}  // namespace wasmrt::os
