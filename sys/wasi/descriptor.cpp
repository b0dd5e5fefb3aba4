// Descriptors of the guest: kinds, rights, and the table.
#include "sys/wasi/descriptor.h"

#include <utility>

namespace wasmrt::wasi {

Filetype filetype_of(os::FileType type) {
  switch (type) {
    case os::FileType::BlockDevice: return Filetype::BlockDevice;
    case os::FileType::CharacterDevice: return Filetype::CharacterDevice;
    case os::FileType::Directory: return Filetype::Directory;
    case os::FileType::Regular: return Filetype::RegularFile;
    case os::FileType::DatagramSocket: return Filetype::SocketDgram;
    case os::FileType::StreamSocket: return Filetype::SocketStream;
    case os::FileType::SymbolicLink: return Filetype::SymbolicLink;
    case os::FileType::Fifo:
    case os::FileType::Unknown: break;
  }
  return Filetype::Unknown;
}

Errno Descriptor::require(Rights rights) const {
  const Rights missing = rights & ~base.load();
  if (missing == 0) return Errno::Success;
  const Rights transfer = right::kFdRead | right::kFdWrite;
  const Rights position = right::kFdSeek | right::kFdTell;
  if (kind == Kind::Directory) {
    if ((missing & transfer) != 0) return Errno::IsDir;
    if ((missing & (position | right::kFdAllocate | right::kFdFilestatSetSize)) != 0) {
      return Errno::Badf;
    }
    return Errno::NotCapable;
  }
  if ((missing & transfer) != 0) return Errno::Badf;
  if ((missing & position) != 0 && kind != Kind::File) return Errno::Spipe;
  return Errno::NotCapable;
}

Errno describe(int host, Rights wanted, Descriptor& out) {
  os::FileStatus status;
  int error = os::file_status(host, status);
  if (error != 0) return from_host(error);
  out.host = host;
  out.host_type = status.type;
  out.type = filetype_of(status.type);
  Rights possible = right::kStream;
  out.kind = Descriptor::Kind::Stream;
  switch (status.type) {
    case os::FileType::Directory:
      out.kind = Descriptor::Kind::Directory;
      out.base = wanted & right::kDirectory;
      return Errno::Success;
    case os::FileType::Regular:
    case os::FileType::BlockDevice:
      out.kind = Descriptor::Kind::File;
      possible = right::kFile;
      break;
    case os::FileType::StreamSocket:
    case os::FileType::DatagramSocket:
      out.kind = Descriptor::Kind::Connection;
      possible = right::kConnection;
      break;
    case os::FileType::CharacterDevice:
      // A guest takes a character device that cannot seek for a terminal.
      if (!os::is_terminal(host)) possible |= right::kFdSeek | right::kFdTell;
      break;
    case os::FileType::Fifo:
    case os::FileType::SymbolicLink:
    case os::FileType::Unknown: break;
  }
  os::AccessMode mode;
  error = os::access_mode(host, mode);
  if (error != 0) return from_host(error);
  if (!mode.read) possible &= ~right::kFdRead;
  if (!mode.write) {
    possible &= ~(right::kFdWrite | right::kFdAllocate | right::kFdFilestatSetSize);
  }
  out.base = wanted & possible;
  if (mode.append) out.flags = out.flags.load() | fdflag::kAppend;
  return Errno::Success;
}

DescriptorRef DescriptorTable::get(uint32_t number) const {
  const std::lock_guard lock(mutex_);
  return number < entries_.size() ? entries_[number] : nullptr;
}

Errno DescriptorTable::insert(DescriptorRef descriptor, uint32_t& number) {
  const std::lock_guard lock(mutex_);
  uint32_t free = kFirstNumber;
  while (free < entries_.size() && entries_[free] != nullptr) ++free;
  if (free >= kMaxDescriptors) return Errno::Mfile;
  if (free >= entries_.size()) entries_.resize(free + 1);
  entries_[free] = std::move(descriptor);
  number = free;
  return Errno::Success;
}

void DescriptorTable::place(uint32_t number, DescriptorRef descriptor) {
  const std::lock_guard lock(mutex_);
  if (number >= entries_.size()) entries_.resize(number + 1);
  entries_[number] = std::move(descriptor);
}

// What is closed is destroyed after the lock is released: closing may take long.
Errno DescriptorTable::close(uint32_t number) {
  DescriptorRef closed;
  const std::lock_guard lock(mutex_);
  if (number >= entries_.size() || entries_[number] == nullptr) return Errno::Badf;
  closed = std::exchange(entries_[number], nullptr);
  return Errno::Success;
}

Errno DescriptorTable::renumber(uint32_t from, uint32_t to) {
  DescriptorRef closed;
  const std::lock_guard lock(mutex_);
  const size_t count = entries_.size();
  if (from >= count || to >= count || entries_[from] == nullptr || entries_[to] == nullptr) {
    return Errno::Badf;
  }
  if (from == to) return Errno::Success;
  closed = std::exchange(entries_[to], std::exchange(entries_[from], nullptr));
  return Errno::Success;
}

}  // namespace wasmrt::wasi
