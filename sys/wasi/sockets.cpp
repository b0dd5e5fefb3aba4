// Connections: accepting them on listeners that were granted, receiving, sending, shutting down.
#include <array>
#include <cerrno>

#include "sys/wasi/preview1.h"

namespace wasmrt::wasi {
namespace {

constexpr uint32_t kReceivePeek = 1;
constexpr uint32_t kReceiveWaitAll = 2;
constexpr uint32_t kReceivedTruncated = 1;
constexpr uint32_t kShutReceive = 1;
constexpr uint32_t kShutSend = 2;

bool is_socket(const Descriptor& descriptor) {
  return descriptor.kind == Descriptor::Kind::Connection ||
         descriptor.kind == Descriptor::Kind::Listener;
}

// The slices without their first `count` bytes.
void skip(std::span<os::IoSlice> slices, size_t count) {
  for (os::IoSlice& slice : slices) {
    const size_t gone = count < slice.size ? count : slice.size;
    slice.data += gone;
    slice.size -= gone;
    count -= gone;
  }
}

}  // namespace

Errno Preview1::sock_accept(Guest& guest, i32 fd, i32 flags, i32 result) {
  const DescriptorRef listener = table_.get(fd);
  if (listener == nullptr) return Errno::Badf;
  if (!is_socket(*listener)) return Errno::NotSock;
  if (listener->kind != Descriptor::Kind::Listener) return Errno::Inval;
  Errno error = listener->require(right::kSockAccept);
  if (error != Errno::Success) return error;
  if ((flags & ~fdflag::kNonblock) != 0) return Errno::Inval;
  if (!guest.memory.contains(result, 4)) return Errno::Fault;
  auto connection = std::make_shared<Descriptor>();
  for (;;) {
    const int host = os::accept_ready(listener->host, connection->owned);
    if (host == 0) break;
    if (host != EAGAIN) return from_host(host);
    if (listener->nonblocking()) return Errno::Again;
    error = wait_until_ready(guest, listener->host, false);
    if (error != Errno::Success) return error;
  }
  error = describe(connection->owned.get(), listener->inheriting.load(), *connection);
  if (error != Errno::Success) return error;
  connection->flags = flags;
  uint32_t number = 0;
  error = table_.insert(std::move(connection), number);
  if (error != Errno::Success) return error;
  guest.memory.store<uint32_t>(result, number);
  return Errno::Success;
}

Errno Preview1::sock_recv(Guest& guest, i32 fd, i32 iovs, i32 iovs_len, i32 flags, i32 result,
                          i32 result_flags) {
  const DescriptorRef socket = table_.get(fd);
  if (socket == nullptr) return Errno::Badf;
  if (!is_socket(*socket)) return Errno::NotSock;
  if (socket->kind == Descriptor::Kind::Listener) return Errno::NotConn;
  Errno error = socket->require(right::kFdRead);
  if (error != Errno::Success) return error;
  if ((flags & ~(kReceivePeek | kReceiveWaitAll)) != 0) return Errno::Inval;
  const bool peek = (flags & kReceivePeek) != 0;
  const bool wait_all = (flags & kReceiveWaitAll) != 0 && !peek;
  std::array<os::IoSlice, os::kMaxSlices> slices;
  size_t used = 0;
  error = read_slices(guest.memory, iovs, iovs_len, slices, used);
  if (error != Errno::Success) return error;
  if (!guest.memory.contains(result, 4) || !guest.memory.contains(result_flags, 2)) {
    return Errno::Fault;
  }
  const std::span<os::IoSlice> rest = std::span(slices).first(used);
  const uint64_t wanted = total_size(rest);
  uint64_t received = 0;
  bool truncated = false;
  for (;;) {
    size_t done = 0;
    const int host = os::receive_ready(socket->host, rest, peek, done, truncated);
    if (host == EAGAIN) {
      if (socket->nonblocking()) {
        if (received > 0) break;
        return Errno::Again;
      }
      error = wait_until_ready(guest, socket->host, false);
      if (error != Errno::Success) return error;
      continue;
    }
    if (host != 0) return from_host(host);
    received += done;
    if (done == 0 || !wait_all || received >= wanted) break;
    skip(rest, done);
  }
  guest.memory.store<uint32_t>(result, static_cast<uint32_t>(received));
  guest.memory.store<uint16_t>(result_flags,
                               static_cast<uint16_t>(truncated ? kReceivedTruncated : 0));
  return Errno::Success;
}

Errno Preview1::sock_send(Guest& guest, i32 fd, i32 iovs, i32 iovs_len, i32 flags, i32 result) {
  const DescriptorRef socket = table_.get(fd);
  if (socket == nullptr) return Errno::Badf;
  if (!is_socket(*socket)) return Errno::NotSock;
  if (socket->kind == Descriptor::Kind::Listener) return Errno::NotConn;
  Errno error = socket->require(right::kFdWrite);
  if (error != Errno::Success) return error;
  if (flags != 0) return Errno::Inval;
  std::array<os::IoSlice, os::kMaxSlices> slices;
  size_t used = 0;
  error = read_slices(guest.memory, iovs, iovs_len, slices, used);
  if (error != Errno::Success) return error;
  if (!guest.memory.contains(result, 4)) return Errno::Fault;
  size_t done = 0;
  error = write_capped(guest, *socket, std::span(slices).first(used), done);
  if (error != Errno::Success) return error;
  guest.memory.store<uint32_t>(result, static_cast<uint32_t>(done));
  return Errno::Success;
}

Errno Preview1::sock_shutdown(Guest&, i32 fd, i32 how) {
  const DescriptorRef socket = table_.get(fd);
  if (socket == nullptr) return Errno::Badf;
  if (!is_socket(*socket)) return Errno::NotSock;
  const Errno error = socket->require(right::kSockShutdown);
  if (error != Errno::Success) return error;
  if (how == 0 || (how & ~(kShutReceive | kShutSend)) != 0) return Errno::Inval;
  // A listener belongs to the embedder.
  if (socket->kind == Descriptor::Kind::Listener) return Errno::NotConn;
  return from_host(os::shut_down(socket->host, (how & kShutReceive) != 0, (how & kShutSend) != 0));
}

}  // namespace wasmrt::wasi
