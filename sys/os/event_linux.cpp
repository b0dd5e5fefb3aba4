// event.h on Linux: an eventfd.
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "sys/os/event.h"

namespace wasmrt::os {

Event::~Event() {
  if (fd_ >= 0) close(fd_);
}

bool Event::open() {
  fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return fd_ >= 0;
}

void Event::set() const noexcept {
  const int saved = errno;
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the event is set.
  [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof one);
  errno = saved;
}

void Event::clear() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(fd_, &count, sizeof count);
}

void Event::wait() const noexcept {
  pollfd descriptor{fd_, POLLIN, 0};
  while (poll(&descriptor, 1, -1) < 0 && errno == EINTR) {}
  clear();
}

}  // namespace wasmrt::os
