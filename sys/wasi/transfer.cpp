// fd_read, fd_write and their relatives: moving bytes between the guest's memory and descriptors.
//
// A transfer is tried first and waited for only when nothing could be moved: the wait is for the
// descriptor and for the call's interruption together, so a deadline ends it.
#include <array>
#include <cerrno>

#include "sys/os/wait.h"
#include "sys/wasi/preview1.h"
#include "sys/wasi/stdio.h"

namespace wasmrt::wasi {
namespace {

using Slices = std::array<os::IoSlice, os::kMaxSlices>;

constexpr int kHostAgain = EAGAIN;

// Shortens the slices to `limit` bytes in all.
std::span<const os::IoSlice> shorten(std::span<os::IoSlice> slices, uint64_t limit) {
  for (size_t i = 0; i < slices.size(); ++i) {
    if (slices[i].size >= limit) {
      slices[i].size = static_cast<size_t>(limit);
      return slices.first(i + 1);
    }
    limit -= slices[i].size;
  }
  return slices;
}

}  // namespace

uint64_t total_size(std::span<const os::IoSlice> slices) {
  uint64_t total = 0;
  for (const os::IoSlice& slice : slices) total += slice.size;
  return total;
}

Errno read_slices(const GuestMemory& memory, i32 iovs, i32 count, std::span<os::IoSlice> slices,
                  size_t& used) {
  used = 0;
  if (!memory.contains(iovs, uint64_t{count} * layout::kIovecSize)) return Errno::Fault;
  uint64_t total = 0;
  for (i32 i = 0; i < count && used < slices.size(); ++i) {
    const uint64_t at = iovs + uint64_t{i} * layout::kIovecSize;
    uint32_t pointer = 0;
    uint32_t length = 0;
    memory.load(at, pointer);
    memory.load(at + 4, length);
    uint8_t* bytes = memory.view(pointer, length);
    if (bytes == nullptr) return Errno::Fault;
    total += length;
    if (total > UINT32_MAX) return Errno::Inval;
    slices[used++] = {bytes, length};
  }
  return Errno::Success;
}

Errno wait_until_ready(Guest& guest, int host, bool for_writing) {
  os::WaitItem item;
  item.descriptor = host;
  item.want_read = !for_writing;
  item.want_write = for_writing;
  switch (os::wait_for({&item, 1}, os::kNoDeadline, guest.interrupt())) {
    case os::WaitResult::Interrupted: guest.interrupted = true; return Errno::Intr;
    case os::WaitResult::Failed: return Errno::Io;
    case os::WaitResult::Ready:
    case os::WaitResult::TimedOut: break;
  }
  return item.invalid ? Errno::Badf : Errno::Success;
}

Errno Preview1::read_some(Guest& guest, Descriptor& descriptor, std::span<const os::IoSlice> slices,
                          size_t& done) {
  done = 0;
  if (total_size(slices) == 0) return Errno::Success;
  if (descriptor.stream != nullptr) return descriptor.stream->read(slices, done);
  for (;;) {
    const int error = os::read_ready(descriptor.host, descriptor.host_type, slices, done);
    if (error != kHostAgain) return from_host(error);
    if (descriptor.nonblocking()) return Errno::Again;
    const Errno waited = wait_until_ready(guest, descriptor.host, false);
    if (waited != Errno::Success) return waited;
  }
}

Errno Preview1::write_some(Guest& guest, Descriptor& descriptor,
                           std::span<const os::IoSlice> slices, size_t& done) {
  done = 0;
  if (total_size(slices) == 0) return Errno::Success;
  if (descriptor.stream != nullptr) return descriptor.stream->write(slices, done);
  for (;;) {
    const bool socket = descriptor.kind == Descriptor::Kind::Connection;
    const int error = socket ? os::send_ready(descriptor.host, slices, done)
                             : os::write_ready(descriptor.host, descriptor.host_type, slices, done);
    if (error != kHostAgain) return from_host(error);
    if (descriptor.nonblocking()) return Errno::Again;
    const Errno waited = wait_until_ready(guest, descriptor.host, true);
    if (waited != Errno::Success) return waited;
  }
}

Errno Preview1::write_capped(Guest& guest, Descriptor& descriptor, std::span<os::IoSlice> slices,
                             size_t& done) {
  done = 0;
  if (descriptor.cap == nullptr) return write_some(guest, descriptor, slices, done);
  OutputCap& cap = *descriptor.cap;
  const uint64_t wanted = total_size(slices);
  const uint64_t taken = take_from_cap(cap, wanted);
  const bool refused = taken == 0 && wanted > 0;
  Errno result = Errno::Fbig;
  if (refused) {
    if (guest.trace != nullptr) guest.trace->reason = "output cap exceeded";
  } else {
    result = write_some(guest, descriptor, shorten(slices, taken), done);
    cap.left += taken - done;
  }
  if (cap.counts != nullptr) {
    cap.counts->written_bytes += done;
    cap.counts->refused_bytes += wanted - taken;
    cap.counts->refused_writes += refused ? 1 : 0;
  }
  return result;
}

/// Lets `move` move bytes between the guest's buffers and a descriptor, and stores how many.
template <class Move>
static Errno transfer(Guest& guest, const DescriptorRef& descriptor, Rights rights, i32 iovs,
                      i32 iovs_len, i32 result, Move move) {
  if (descriptor == nullptr) return Errno::Badf;
  Errno error = descriptor->require(rights);
  if (error != Errno::Success) return error;
  Slices slices;
  size_t used = 0;
  error = read_slices(guest.memory, iovs, iovs_len, slices, used);
  if (error != Errno::Success) return error;
  if (!guest.memory.contains(result, 4)) return Errno::Fault;
  size_t done = 0;
  error = move(std::span(slices).first(used), done);
  if (error != Errno::Success) return error;
  guest.memory.store<uint32_t>(result, static_cast<uint32_t>(done));
  return Errno::Success;
}

Errno Preview1::fd_read(Guest& guest, i32 fd, i32 iovs, i32 iovs_len, i32 result) {
  const DescriptorRef from = table_.get(fd);
  return transfer(guest, from, right::kFdRead, iovs, iovs_len, result,
                  [&](std::span<os::IoSlice> slices, size_t& done) {
                    return read_some(guest, *from, slices, done);
                  });
}

Errno Preview1::fd_write(Guest& guest, i32 fd, i32 iovs, i32 iovs_len, i32 result) {
  const DescriptorRef to = table_.get(fd);
  return transfer(guest, to, right::kFdWrite, iovs, iovs_len, result,
                  [&](std::span<os::IoSlice> slices, size_t& done) {
                    return write_capped(guest, *to, slices, done);
                  });
}

Errno Preview1::fd_pread(Guest& guest, i32 fd, i32 iovs, i32 iovs_len, i64 offset, i32 result) {
  const DescriptorRef from = table_.get(fd);
  return transfer(guest, from, right::kFdRead | right::kFdSeek, iovs, iovs_len, result,
                  [&](std::span<os::IoSlice> slices, size_t& done) {
                    return from_host(os::read_at(from->host, slices, offset, done));
                  });
}

Errno Preview1::fd_pwrite(Guest& guest, i32 fd, i32 iovs, i32 iovs_len, i64 offset, i32 result) {
  const DescriptorRef to = table_.get(fd);
  return transfer(guest, to, right::kFdWrite | right::kFdSeek, iovs, iovs_len, result,
                  [&](std::span<os::IoSlice> slices, size_t& done) {
                    // Writing elsewhere than at the end would go round an output's limit.
                    if (to->cap != nullptr && to->cap->limited) return Errno::Spipe;
                    const int host = os::write_at(to->host, slices, offset, done);
                    if (host != 0) return from_host(host);
                    if (to->cap != nullptr && to->cap->counts != nullptr) {
                      to->cap->counts->written_bytes += done;
                    }
                    return Errno::Success;
                  });
}

}  // namespace wasmrt::wasi
