// poll_oneoff: waiting for clocks and descriptors at once.
//
// In:  an array of subscriptions in the guest's memory, each read once.
// Out: one event per subscription that is due; at least one, unless the call is interrupted.
#include <algorithm>
#include <vector>

#include "sys/os/clock.h"
#include "sys/os/wait.h"
#include "sys/wasi/preview1.h"
#include "sys/wasi/stdio.h"

namespace wasmrt::wasi {
namespace {

enum class EventType : uint8_t { Clock = 0, FdRead = 1, FdWrite = 2 };
constexpr uint16_t kAbsoluteTime = 1;
constexpr uint16_t kHangup = 1;
// Beyond it the answer is that of poll(2) beyond its limit: the host's memory is not the guest's.
constexpr i32 kMaxSubscriptions = 65'536;

struct Subscription {
  uint64_t user_data = 0;
  EventType type = EventType::Clock;
  Errno error = Errno::Success;
  bool due = false;          // has an event, whatever else happens
  uint64_t deadline = 0;     // Clock: the host's monotonic time
  DescriptorRef descriptor;  // else
  size_t wait_index = SIZE_MAX;
  uint64_t bytes = 0;
  uint16_t flags = 0;
};

// How much is known to be readable.
uint64_t available_bytes(const Descriptor& descriptor) {
  if (descriptor.kind != Descriptor::Kind::File) return os::readable_bytes(descriptor.host);
  os::FileStatus status;
  uint64_t position = 0;
  if (os::file_status(descriptor.host, status) != 0 ||
      os::seek(descriptor.host, 0, os::SeekFrom::Current, position) != 0) {
    return 0;
  }
  return status.size > position ? status.size - position : 0;
}

void store_event(const GuestMemory& memory, uint64_t at, const Subscription& from) {
  std::memset(memory.view(at, layout::kEventSize), 0, layout::kEventSize);
  memory.store<uint64_t>(at, from.user_data);
  memory.store<uint16_t>(at + layout::kEventError, static_cast<uint16_t>(from.error));
  memory.store<uint8_t>(at + layout::kEventType, static_cast<uint8_t>(from.type));
  if (from.type == EventType::Clock) return;
  memory.store<uint64_t>(at + layout::kEventBytes, from.bytes);
  memory.store<uint16_t>(at + layout::kEventFlags, from.flags);
}

// What can be said about a descriptor without waiting; otherwise it joins `waits`.
void subscribe(Subscription& item, std::vector<os::WaitItem>& waits) {
  const bool reading = item.type == EventType::FdRead;
  const Errno allowed = item.descriptor->require(
      right::kPollFdReadwrite | (item.descriptor->kind == Descriptor::Kind::Listener ? 0
                                 : reading ? right::kFdRead
                                           : right::kFdWrite));
  if (allowed != Errno::Success) {
    item.error = allowed;
    item.due = true;
    return;
  }
  if (item.descriptor->stream != nullptr) {
    bool at_end = false;
    if (reading) item.bytes = item.descriptor->stream->readable(at_end);
    if (reading && at_end) item.flags = kHangup;
    item.due = true;
    return;
  }
  item.wait_index = waits.size();
  os::WaitItem wait;
  wait.descriptor = item.descriptor->host;
  wait.want_read = reading;
  wait.want_write = !reading;
  waits.push_back(wait);
}

// Takes over what the wait found.
void settle(Subscription& item, const std::vector<os::WaitItem>& waits, bool timed_out) {
  if (item.type == EventType::Clock) {
    item.due = item.due || timed_out || os::monotonic_ns() >= item.deadline;
    return;
  }
  if (item.wait_index == SIZE_MAX) return;
  const os::WaitItem& found = waits[item.wait_index];
  if (found.invalid) {
    item.due = true;
    item.error = Errno::Badf;
    return;
  }
  item.due = found.ready_read || found.ready_write;
  if (!item.due) return;
  if (found.hung_up) item.flags = kHangup;
  if (found.ready_read) item.bytes = available_bytes(*item.descriptor);
}

}  // namespace

Errno Preview1::poll_oneoff(Guest& guest, i32 in, i32 out, i32 count, i32 result) {
  const GuestMemory& memory = guest.memory;
  if (count == 0) return Errno::Inval;
  if (!memory.contains(in, uint64_t{count} * layout::kSubscriptionSize) ||
      !memory.contains(out, uint64_t{count} * layout::kEventSize) || !memory.contains(result, 4)) {
    return Errno::Fault;
  }
  if (count > kMaxSubscriptions) return Errno::Inval;
  std::vector<Subscription> items(count);
  std::vector<os::WaitItem> waits;
  uint64_t deadline = os::kNoDeadline;
  bool any_due = false;
  for (i32 i = 0; i < count; ++i) {
    Subscription& item = items[i];
    const uint64_t at = in + uint64_t{i} * layout::kSubscriptionSize;
    uint8_t tag = 0;
    memory.load(at, item.user_data);
    memory.load(at + layout::kSubscriptionTag, tag);
    if (tag > static_cast<uint8_t>(EventType::FdWrite)) return Errno::Inval;
    item.type = static_cast<EventType>(tag);
    if (item.type == EventType::Clock) {
      uint32_t id = 0;
      uint64_t timeout = 0;
      uint16_t flags = 0;
      memory.load(at + layout::kSubscriptionClockId, id);
      memory.load(at + layout::kSubscriptionTimeout, timeout);
      memory.load(at + layout::kSubscriptionClockFlags, flags);
      item.error = clock_deadline(id, timeout, (flags & kAbsoluteTime) != 0, item.deadline);
      item.due = item.error != Errno::Success;
      if (!item.due) deadline = std::min(deadline, item.deadline);
    } else {
      uint32_t fd = 0;
      memory.load(at + layout::kSubscriptionFd, fd);
      item.descriptor = table_.get(fd);
      if (item.descriptor == nullptr) {
        item.error = Errno::Badf;
        item.due = true;
      } else {
        subscribe(item, waits);
      }
    }
    any_due = any_due || item.due;
  }

  // With something due already this only looks at the others.
  const uint64_t until = any_due ? 0 : deadline;
  const os::WaitResult waited = os::wait_for(waits, until, guest.interrupt());
  if (waited == os::WaitResult::Interrupted) {
    guest.interrupted = true;
    return Errno::Intr;
  }
  if (waited == os::WaitResult::Failed) return Errno::Inval;
  const bool timed_out_at_deadline = waited == os::WaitResult::TimedOut && !any_due;
  uint32_t events = 0;
  for (Subscription& item : items) {
    settle(item, waits, timed_out_at_deadline && item.deadline <= deadline);
    if (!item.due) continue;
    store_event(memory, out + uint64_t{events} * layout::kEventSize, item);
    ++events;
  }
  memory.store<uint32_t>(result, events);
  return Errno::Success;
}

}  // namespace wasmrt::wasi
