// file.h on Linux.
#include "sys/os/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace wasmrt::os {
namespace {

int open_for_reading(const std::string& path, Links links) {
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (links == Links::Refuse ? O_NOFOLLOW : 0);
  int descriptor;
  do {
    descriptor = ::open(path.c_str(), flags);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

int write_all(int descriptor, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return 0;
}

}  // namespace

int read_descriptor(int descriptor, uint64_t limit, std::vector<uint8_t>& out) {
  out.clear();
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return errno;
  if (S_ISDIR(status.st_mode)) return EISDIR;
  uint64_t expected = 64 * 1024;
  if (S_ISREG(status.st_mode) && status.st_size > 0) {
    expected = static_cast<uint64_t>(status.st_size);
    if (expected > limit) return EFBIG;
    ++expected;  // room for the read that finds the end
  }
  size_t used = 0;
  for (;;) {
    if (used == out.size()) out.resize(used == 0 ? static_cast<size_t>(expected) : used * 2);
    const ssize_t count = ::read(descriptor, out.data() + used, out.size() - used);
    if (count < 0) {
      if (errno == EINTR) continue;
      const int error = errno;
      out.clear();
      return error;
    }
    if (count == 0) break;
    used += static_cast<size_t>(count);
    if (used > limit) {
      out.clear();
      return EFBIG;
    }
  }
  out.resize(used);
  return 0;
}

int read_file(const std::string& path, Links links, uint64_t limit, std::vector<uint8_t>& out) {
  out.clear();
  const int descriptor = open_for_reading(path, links);
  if (descriptor < 0) return errno;
  const int error = read_descriptor(descriptor, limit, out);
  close(descriptor);
  return error;
}

size_t read_start(int descriptor, std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t count =
        ::pread(descriptor, out.data() + done, out.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<uint8_t*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      owner_(other.owner_),
      mode_(other.mode_) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(owner_, other.owner_);
  std::swap(mode_, other.mode_);
  return *this;
}

int MappedFile::open(const std::string& path, Links links, MappedFile& out) {
  const int descriptor = open_for_reading(path, links);
  if (descriptor < 0) return errno;
  MappedFile fresh;
  struct stat status {};
  int error = fstat(descriptor, &status) == 0 ? 0 : errno;
  if (error == 0 && !S_ISREG(status.st_mode)) error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  if (error == 0) {
    fresh.owner_ = status.st_uid;
    fresh.mode_ = status.st_mode & 07777;
    if (status.st_size > 0) {
      const size_t size = static_cast<size_t>(status.st_size);
      void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
      if (at == MAP_FAILED) {
        error = errno;
      } else {
        fresh.data_ = static_cast<const uint8_t*>(at);
        fresh.size_ = size;
      }
    }
  }
  close(descriptor);
  if (error == 0) out = std::move(fresh);
  return error;
}

int write_file_atomically(const std::string& path, std::span<const uint8_t> bytes, uint32_t mode) {
  static std::atomic<unsigned> serial{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    char suffix[64];
    std::snprintf(suffix, sizeof suffix, ".%ld.%u.tmp", static_cast<long>(getpid()),
                  serial.fetch_add(1));
    const std::string temporary = path + suffix;
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (descriptor < 0) {
      if (errno == EEXIST) continue;  // left over from a process that died
      return errno;
    }
    int error = write_all(descriptor, bytes);
    if (error == 0 && fsync(descriptor) != 0) error = errno;
    if (close(descriptor) != 0 && error == 0) error = errno;
    if (error == 0 && rename(temporary.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) unlink(temporary.c_str());
    return error;
  }
  return EEXIST;
}

}  // namespace wasmrt::os
