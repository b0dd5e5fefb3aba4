// descriptor.h on Linux.
//
// A transfer that must not wait uses RWF_NOWAIT where the kernel has it for that kind of file
// (pipes, sockets); elsewhere (terminals, old kernels) it asks poll first and then writes at most
// PIPE_BUF bytes, which a writable pipe is sure to take.
#include "sys/os/descriptor.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "sys/os/posix_records.h"

namespace wasmrt::os {
namespace {

template <typename Call>
auto repeat(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

int outcome(ssize_t result, size_t& done) {
  if (result < 0) return errno;
  done = static_cast<size_t>(result);
  return 0;
}

struct Vectors {
  iovec items[kMaxSlices];
  int count = 0;

  explicit Vectors(std::span<const IoSlice> slices, size_t limit = SIZE_MAX) {
    for (const IoSlice& slice : slices) {
      if (static_cast<size_t>(count) == kMaxSlices || limit == 0) break;
      if (slice.size == 0) continue;
      const size_t size = slice.size < limit ? slice.size : limit;
      items[count++] = {slice.data, size};
      limit -= size;
    }
  }
};

bool poll_now(int descriptor, short events) {
  pollfd item{descriptor, events, 0};
  return repeat([&] { return poll(&item, 1, 0); }) > 0;
}

// Keeps a write from killing the process when nobody reads the other end. Where the signal is
// ignored, or already waits to be delivered, there is nothing to do.
class NoPipeSignal {
 public:
  explicit NoPipeSignal(FileType type) {
    struct sigaction now {};
    // Only pipes and sockets have another end; files of unknown type may be either.
    if (type == FileType::CharacterDevice || sigaction(SIGPIPE, nullptr, &now) != 0 ||
        now.sa_handler == SIG_IGN) {
      return;
    }
    sigset_t pending;
    sigpending(&pending);
    if (sigismember(&pending, SIGPIPE) == 1) return;
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    blocked_ = pthread_sigmask(SIG_BLOCK, &set_, &saved_) == 0;
  }
  ~NoPipeSignal() {
    if (!blocked_) return;
    const int saved_errno = errno;
    if (broken_) {
      const timespec now{};
      while (sigtimedwait(&set_, nullptr, &now) < 0 && errno == EINTR) {}
    }
    pthread_sigmask(SIG_SETMASK, &saved_, nullptr);
    errno = saved_errno;
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;
  void note(ssize_t result) { broken_ = result < 0 && errno == EPIPE; }

 private:
  sigset_t set_{};
  sigset_t saved_{};
  bool blocked_ = false;
  bool broken_ = false;
};

// Poll says that these are always ready, so whoever waited for them would wait for nothing.
bool always_ready(FileType type) {
  return type == FileType::Regular || type == FileType::BlockDevice || type == FileType::Directory;
}

bool lacks_nowait() { return errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL; }

timespec to_timespec(TimeChange::Kind kind, uint64_t ns) {
  timespec time{};
  switch (kind) {
    case TimeChange::Kind::Keep: time.tv_nsec = UTIME_OMIT; break;
    case TimeChange::Kind::Now: time.tv_nsec = UTIME_NOW; break;
    case TimeChange::Kind::Set:
      time.tv_sec = static_cast<time_t>(ns / 1'000'000'000u);
      time.tv_nsec = static_cast<long>(ns % 1'000'000'000u);
      break;
  }
  return time;
}

bool fits_offset(uint64_t value) { return value <= static_cast<uint64_t>(INT64_MAX); }

}  // namespace

void fill_status(const struct stat& from, FileStatus& out) {
  const auto ns = [](const timespec& time) {
    return time.tv_sec < 0 ? 0
                           : static_cast<uint64_t>(time.tv_sec) * 1'000'000'000u +
                                 static_cast<uint64_t>(time.tv_nsec);
  };
  out.device = from.st_dev;
  out.inode = from.st_ino;
  out.links = from.st_nlink;
  out.size = from.st_size < 0 ? 0 : static_cast<uint64_t>(from.st_size);
  out.access_ns = ns(from.st_atim);
  out.modify_ns = ns(from.st_mtim);
  out.change_ns = ns(from.st_ctim);
  switch (from.st_mode & S_IFMT) {
    case S_IFBLK: out.type = FileType::BlockDevice; break;
    case S_IFCHR: out.type = FileType::CharacterDevice; break;
    case S_IFDIR: out.type = FileType::Directory; break;
    case S_IFREG: out.type = FileType::Regular; break;
    case S_IFLNK: out.type = FileType::SymbolicLink; break;
    case S_IFIFO: out.type = FileType::Fifo; break;
    case S_IFSOCK: out.type = FileType::StreamSocket; break;
    default: out.type = FileType::Unknown; break;
  }
}

void fill_times(const TimeChange& change, timespec (&times)[2]) {
  times[0] = to_timespec(change.access, change.access_ns);
  times[1] = to_timespec(change.modify, change.modify_ns);
}

void OwnedDescriptor::reset(int descriptor) {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = descriptor;
}

int file_status(int descriptor, FileStatus& out) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return errno;
  fill_status(status, out);
  if (out.type == FileType::StreamSocket) {
    int type = 0;
    socklen_t length = sizeof type;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM) {
      out.type = FileType::DatagramSocket;
    }
  }
  return 0;
}

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

int access_mode(int descriptor, AccessMode& out) {
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return errno;
  const int mode = flags & O_ACCMODE;
  out.read = mode == O_RDONLY || mode == O_RDWR;
  out.write = mode == O_WRONLY || mode == O_RDWR;
  out.append = (flags & O_APPEND) != 0;
  return 0;
}

int read_ready(int descriptor, FileType type, std::span<const IoSlice> slices, size_t& done) {
  done = 0;
  const Vectors vectors(slices);
  const auto plain = [&] {
    return outcome(repeat([&] { return readv(descriptor, vectors.items, vectors.count); }), done);
  };
  if (always_ready(type)) return plain();
  const ssize_t result =
      repeat([&] { return preadv2(descriptor, vectors.items, vectors.count, -1, RWF_NOWAIT); });
  if (result >= 0 || !lacks_nowait()) return outcome(result, done);
  return poll_now(descriptor, POLLIN) ? plain() : EAGAIN;
}

int write_ready(int descriptor, FileType type, std::span<const IoSlice> slices, size_t& done) {
  done = 0;
  const Vectors vectors(slices);
  if (always_ready(type)) {
    return outcome(repeat([&] { return writev(descriptor, vectors.items, vectors.count); }), done);
  }
  NoPipeSignal guard(type);
  ssize_t result =
      repeat([&] { return pwritev2(descriptor, vectors.items, vectors.count, -1, RWF_NOWAIT); });
  if (result < 0 && lacks_nowait()) {
    if (!poll_now(descriptor, POLLOUT)) return EAGAIN;
    const Vectors sure(slices, PIPE_BUF);
    result = repeat([&] { return writev(descriptor, sure.items, sure.count); });
  }
  guard.note(result);
  return outcome(result, done);
}

int read_at(int descriptor, std::span<const IoSlice> slices, uint64_t offset, size_t& done) {
  done = 0;
  if (!fits_offset(offset)) return EINVAL;
  const Vectors vectors(slices);
  return outcome(repeat([&] {
                   return preadv(descriptor, vectors.items, vectors.count,
                                 static_cast<off_t>(offset));
                 }),
                 done);
}

int write_at(int descriptor, std::span<const IoSlice> slices, uint64_t offset, size_t& done) {
  done = 0;
  if (!fits_offset(offset)) return EINVAL;
  const Vectors vectors(slices);
  return outcome(repeat([&] {
                   return pwritev(descriptor, vectors.items, vectors.count,
                                  static_cast<off_t>(offset));
                 }),
                 done);
}

int seek(int descriptor, int64_t offset, SeekFrom from, uint64_t& position) {
  const int whence = from == SeekFrom::Start     ? SEEK_SET
                     : from == SeekFrom::Current ? SEEK_CUR
                                                 : SEEK_END;
  const off_t result = lseek(descriptor, offset, whence);
  if (result < 0) return errno;
  position = static_cast<uint64_t>(result);
  return 0;
}

int set_size(int descriptor, uint64_t size) {
  if (!fits_offset(size)) return EFBIG;
  return repeat([&] { return ftruncate(descriptor, static_cast<off_t>(size)); }) == 0 ? 0 : errno;
}

int allocate(int descriptor, uint64_t offset, uint64_t length) {
  if (length == 0 || !fits_offset(offset) || !fits_offset(length)) return EINVAL;
  if (!fits_offset(offset + length)) return EFBIG;
  return repeat([&] {
           return fallocate(descriptor, 0, static_cast<off_t>(offset), static_cast<off_t>(length));
         }) == 0
             ? 0
             : errno;
}

int sync_all(int descriptor) {
  return repeat([&] { return fsync(descriptor); }) == 0 ? 0 : errno;
}

int sync_data(int descriptor) {
  return repeat([&] { return fdatasync(descriptor); }) == 0 ? 0 : errno;
}

int set_append(int descriptor, bool append) {
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return errno;
  const int wanted = append ? flags | O_APPEND : flags & ~O_APPEND;
  return fcntl(descriptor, F_SETFL, wanted) == 0 ? 0 : errno;
}

int advise(int descriptor, uint64_t offset, uint64_t length, Advice advice) {
  if (!fits_offset(offset) || !fits_offset(length)) return EINVAL;
  static constexpr int kNative[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                    POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  return posix_fadvise(descriptor, static_cast<off_t>(offset), static_cast<off_t>(length),
                       kNative[static_cast<size_t>(advice)]);
}

int set_times(int descriptor, const TimeChange& change) {
  timespec times[2];
  fill_times(change, times);
  return futimens(descriptor, times) == 0 ? 0 : errno;
}

uint64_t readable_bytes(int descriptor) {
  int count = 0;
  return ioctl(descriptor, FIONREAD, &count) == 0 && count > 0 ? static_cast<uint64_t>(count) : 0;
}

int accept_ready(int listener, OwnedDescriptor& out) {
  if (!poll_now(listener, POLLIN)) return EAGAIN;
  const int result =
      repeat([&] { return accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); });
  if (result < 0) return errno;
  out.reset(result);
  return 0;
}

int receive_ready(int socket, std::span<const IoSlice> slices, bool peek, size_t& done,
                  bool& truncated) {
  done = 0;
  truncated = false;
  Vectors vectors(slices);
  msghdr message{};
  message.msg_iov = vectors.items;
  message.msg_iovlen = static_cast<size_t>(vectors.count);
  const int native = MSG_DONTWAIT | (peek ? MSG_PEEK : 0);
  const ssize_t result = repeat([&] { return recvmsg(socket, &message, native); });
  truncated = result >= 0 && (message.msg_flags & MSG_TRUNC) != 0;
  return outcome(result, done);
}

int send_ready(int socket, std::span<const IoSlice> slices, size_t& done) {
  done = 0;
  Vectors vectors(slices);
  msghdr message{};
  message.msg_iov = vectors.items;
  message.msg_iovlen = static_cast<size_t>(vectors.count);
  return outcome(repeat([&] { return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL); }),
                 done);
}

int shut_down(int socket, bool receive, bool send) {
  const int how = receive && send ? SHUT_RDWR : receive ? SHUT_RD : SHUT_WR;
  return shutdown(socket, how) == 0 ? 0 : errno;
}

}  // namespace wasmrt::os
