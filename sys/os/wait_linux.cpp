// wait.h on Linux: ppoll.
#include "sys/os/wait.h"

#include <poll.h>
#include <time.h>

#include <cerrno>
#include <vector>

#include "sys/os/clock.h"

namespace wasmrt::os {

WaitResult wait_for(std::span<WaitItem> items, uint64_t deadline_ns, int interrupt_descriptor) {
  constexpr size_t kFew = 8;
  pollfd few[kFew];
  std::vector<pollfd> many;
  const size_t count = items.size() + (interrupt_descriptor >= 0 ? 1 : 0);
  pollfd* polls = few;
  if (count > kFew) {
    many.resize(count);
    polls = many.data();
  }
  for (size_t i = 0; i < items.size(); ++i) {
    const int events = (items[i].want_read ? POLLIN : 0) | (items[i].want_write ? POLLOUT : 0);
    polls[i] = {items[i].descriptor, static_cast<short>(events), 0};
  }
  if (interrupt_descriptor >= 0) polls[items.size()] = {interrupt_descriptor, POLLIN, 0};

  for (;;) {
    timespec timeout{};
    timespec* limit = nullptr;
    if (deadline_ns != kNoDeadline) {
      const uint64_t now = monotonic_ns();
      const uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
      timeout.tv_sec = static_cast<time_t>(left / 1'000'000'000u);
      timeout.tv_nsec = static_cast<long>(left % 1'000'000'000u);
      limit = &timeout;
    }
    const int ready = ppoll(polls, count, limit, nullptr);
    if (ready < 0) {
      if (errno == EINTR) continue;
      return WaitResult::Failed;
    }
    if (ready == 0) return WaitResult::TimedOut;
    break;
  }
  bool any = false;
  for (size_t i = 0; i < items.size(); ++i) {
    const int events = polls[i].revents;
    items[i].hung_up = (events & POLLHUP) != 0;
    items[i].failed = (events & POLLERR) != 0;
    items[i].invalid = (events & POLLNVAL) != 0;
    const bool always = items[i].hung_up || items[i].failed || items[i].invalid;
    items[i].ready_read = items[i].want_read && ((events & POLLIN) != 0 || always);
    items[i].ready_write = items[i].want_write && ((events & POLLOUT) != 0 || always);
    any = any || events != 0;
  }
  const bool interrupted = interrupt_descriptor >= 0 && polls[items.size()].revents != 0;
  return interrupted ? WaitResult::Interrupted : any ? WaitResult::Ready : WaitResult::TimedOut;
}

}  // namespace wasmrt::os
