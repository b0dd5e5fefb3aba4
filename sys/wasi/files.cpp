// The fd_ calls that do not move bytes: position, size, times, status, rights, numbers.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "sys/os/directory.h"
#include "sys/wasi/files.h"
#include "sys/wasi/preview1.h"

namespace wasmrt::wasi {

Errno store_status(const GuestMemory& memory, i32 at, const os::FileStatus& status, Filetype type) {
  uint8_t* bytes = memory.view(at, layout::kFilestatSize);
  if (bytes == nullptr) return Errno::Fault;
  std::memset(bytes, 0, layout::kFilestatSize);
  memory.store<uint64_t>(at, status.device);
  memory.store<uint64_t>(uint64_t{at} + layout::kFilestatIno, status.inode);
  memory.store<uint8_t>(uint64_t{at} + layout::kFilestatType, static_cast<uint8_t>(type));
  memory.store<uint64_t>(uint64_t{at} + layout::kFilestatLinks, status.links);
  memory.store<uint64_t>(uint64_t{at} + layout::kFilestatBytes, status.size);
  memory.store<uint64_t>(uint64_t{at} + layout::kFilestatAtim, status.access_ns);
  memory.store<uint64_t>(uint64_t{at} + layout::kFilestatMtim, status.modify_ns);
  memory.store<uint64_t>(uint64_t{at} + layout::kFilestatCtim, status.change_ns);
  return Errno::Success;
}

Errno times_from(i64 atim, i64 mtim, i32 fst_flags, os::TimeChange& change) {
  using Kind = os::TimeChange::Kind;
  if ((fst_flags & ~fstflag::kAll) != 0) return Errno::Inval;
  const auto kind = [&](uint32_t set, uint32_t now, Kind& out) {
    if ((fst_flags & set) != 0 && (fst_flags & now) != 0) return false;
    out = (fst_flags & set) != 0 ? Kind::Set : (fst_flags & now) != 0 ? Kind::Now : Kind::Keep;
    return true;
  };
  if (!kind(fstflag::kAtim, fstflag::kAtimNow, change.access)) return Errno::Inval;
  if (!kind(fstflag::kMtim, fstflag::kMtimNow, change.modify)) return Errno::Inval;
  change.access_ns = atim;
  change.modify_ns = mtim;
  return Errno::Success;
}

Errno Preview1::descriptor_for(i32 fd, Rights rights, DescriptorRef& out) const {
  out = table_.get(fd);
  return out == nullptr ? Errno::Badf : out->require(rights);
}

Errno Preview1::fd_advise(Guest&, i32 fd, i64 offset, i64 len, i32 advice) {
  DescriptorRef descriptor;
  const Errno error = descriptor_for(fd, right::kFdAdvise, descriptor);
  if (error != Errno::Success) return error;
  if (advice > static_cast<i32>(os::Advice::NoReuse)) return Errno::Inval;
  if (descriptor->kind == Descriptor::Kind::Directory) return Errno::Badf;
  return from_host(os::advise(descriptor->host, offset, len, static_cast<os::Advice>(advice)));
}

Errno Preview1::fd_allocate(Guest&, i32 fd, i64 offset, i64 len) {
  DescriptorRef descriptor;
  const Errno error = descriptor_for(fd, right::kFdAllocate, descriptor);
  if (error != Errno::Success) return error;
  return from_host(os::allocate(descriptor->host, offset, len));
}

Errno Preview1::fd_close(Guest&, i32 fd) { return table_.close(fd); }

Errno Preview1::fd_datasync(Guest&, i32 fd) {
  DescriptorRef descriptor;
  const Errno error = descriptor_for(fd, right::kFdDatasync, descriptor);
  if (error != Errno::Success) return error;
  if (descriptor->host < 0) return Errno::Success;
  return from_host(os::sync_data(descriptor->host));
}

Errno Preview1::fd_sync(Guest&, i32 fd) {
  DescriptorRef descriptor;
  const Errno error = descriptor_for(fd, right::kFdSync, descriptor);
  if (error != Errno::Success) return error;
  if (descriptor->host < 0) return Errno::Success;
  return from_host(os::sync_all(descriptor->host));
}

Errno Preview1::fd_fdstat_get(Guest& guest, i32 fd, i32 result) {
  const DescriptorRef descriptor = table_.get(fd);
  if (descriptor == nullptr) return Errno::Badf;
  uint8_t* bytes = guest.memory.view(result, layout::kFdstatSize);
  if (bytes == nullptr) return Errno::Fault;
  std::memset(bytes, 0, layout::kFdstatSize);
  const uint64_t at = result;
  guest.memory.store<uint8_t>(at, static_cast<uint8_t>(descriptor->type));
  guest.memory.store<uint16_t>(at + layout::kFdstatFlags,
                               static_cast<uint16_t>(descriptor->flags.load()));
  guest.memory.store<uint64_t>(at + layout::kFdstatBase, descriptor->base.load());
  guest.memory.store<uint64_t>(at + layout::kFdstatInheriting, descriptor->inheriting.load());
  return Errno::Success;
}

Errno Preview1::fd_fdstat_set_flags(Guest&, i32 fd, i32 flags) {
  DescriptorRef descriptor;
  const Errno error = descriptor_for(fd, right::kFdFdstatSetFlags, descriptor);
  if (error != Errno::Success) return error;
  if ((flags & ~fdflag::kAll) != 0) return Errno::Inval;
  const uint32_t old = descriptor->flags.load();
  // How far writes are flushed is decided when a file is opened.
  const uint32_t fixed = fdflag::kDsync | fdflag::kRsync | fdflag::kSync;
  if (((old ^ flags) & fixed) != 0) return Errno::NotSup;
  if (((old ^ flags) & fdflag::kAppend) != 0 && descriptor->kind == Descriptor::Kind::File) {
    // A file that the embedder lent us is open elsewhere too, in the same mode.
    if (!descriptor->owned.valid()) return Errno::NotSup;
    const int host = os::set_append(descriptor->host, (flags & fdflag::kAppend) != 0);
    if (host != 0) return from_host(host);
  }
  descriptor->flags = flags;
  return Errno::Success;
}

Errno Preview1::fd_fdstat_set_rights(Guest&, i32 fd, i64 base, i64 inheriting) {
  const DescriptorRef descriptor = table_.get(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if ((base & ~descriptor->base.load()) != 0 ||
      (inheriting & ~descriptor->inheriting.load()) != 0) {
    return Errno::NotCapable;
  }
  // Another thread may have dropped others meanwhile: they stay dropped.
  descriptor->base &= base;
  descriptor->inheriting &= inheriting;
  return Errno::Success;
}

Errno Preview1::fd_filestat_get(Guest& guest, i32 fd, i32 result) {
  DescriptorRef descriptor;
  const Errno error = descriptor_for(fd, right::kFdFilestatGet, descriptor);
  if (error != Errno::Success) return error;
  os::FileStatus status;
  if (descriptor->host >= 0) {
    const int host = os::file_status(descriptor->host, status);
    if (host != 0) return from_host(host);
  }
  return store_status(guest.memory, result, status, descriptor->type);
}

Errno Preview1::fd_filestat_set_size(Guest&, i32 fd, i64 size) {
  DescriptorRef descriptor;
  const Errno error = descriptor_for(fd, right::kFdFilestatSetSize, descriptor);
  if (error != Errno::Success) return error;
  return from_host(os::set_size(descriptor->host, size));
}

Errno Preview1::fd_filestat_set_times(Guest&, i32 fd, i64 atim, i64 mtim, i32 fst_flags) {
  DescriptorRef descriptor;
  Errno error = descriptor_for(fd, right::kFdFilestatSetTimes, descriptor);
  if (error != Errno::Success) return error;
  os::TimeChange change;
  error = times_from(atim, mtim, fst_flags, change);
  if (error != Errno::Success) return error;
  if (descriptor->read_only()) return Errno::Rofs;
  return from_host(os::set_times(descriptor->host, change));
}

Errno Preview1::fd_prestat_get(Guest& guest, i32 fd, i32 result) {
  const DescriptorRef descriptor = table_.get(fd);
  if (descriptor == nullptr || !descriptor->preopened) return Errno::Badf;
  const bool stored =
      guest.memory.contains(result, layout::kPrestatSize) &&
      guest.memory.store<uint32_t>(result, 0) &&
      guest.memory.store<uint32_t>(uint64_t{result} + layout::kPrestatNameLength,
                                   static_cast<uint32_t>(descriptor->mount->guest_path.size()));
  return stored ? Errno::Success : Errno::Fault;
}

Errno Preview1::fd_prestat_dir_name(Guest& guest, i32 fd, i32 path, i32 path_len) {
  const DescriptorRef descriptor = table_.get(fd);
  if (descriptor == nullptr || !descriptor->preopened) return Errno::Badf;
  const std::string& name = descriptor->mount->guest_path;
  if (path_len < name.size()) return Errno::NameTooLong;
  uint8_t* bytes = guest.memory.view(path, name.size());
  if (bytes == nullptr) return Errno::Fault;
  std::copy(name.begin(), name.end(), bytes);  // without a zero byte: the guest knows the length
  return Errno::Success;
}

Errno Preview1::fd_renumber(Guest&, i32 fd, i32 to) { return table_.renumber(fd, to); }

Errno Preview1::fd_seek(Guest& guest, i32 fd, i64 offset, i32 whence, i32 result) {
  constexpr os::SeekFrom kFrom[] = {os::SeekFrom::Start, os::SeekFrom::Current, os::SeekFrom::End};
  const bool only_tells = offset == 0 && whence == 1;
  DescriptorRef descriptor;
  Errno error = descriptor_for(fd, right::kFdSeek, descriptor);
  if (error != Errno::Success && descriptor != nullptr && only_tells) {
    error = descriptor->require(right::kFdTell);
  }
  if (error != Errno::Success) return error;
  if (whence >= std::size(kFrom)) return Errno::Inval;
  if (!guest.memory.contains(result, 8)) return Errno::Fault;
  uint64_t position = 0;
  const int host =
      os::seek(descriptor->host, static_cast<int64_t>(offset), kFrom[whence], position);
  if (host != 0) return from_host(host);
  guest.memory.store<uint64_t>(result, position);
  return Errno::Success;
}

Errno Preview1::fd_tell(Guest& guest, i32 fd, i32 result) {
  DescriptorRef descriptor;
  Errno error = descriptor_for(fd, right::kFdTell, descriptor);
  // The right to seek includes it.
  if (error != Errno::Success && descriptor != nullptr &&
      descriptor->require(right::kFdSeek) == Errno::Success) {
    error = Errno::Success;
  }
  if (error != Errno::Success) return error;
  if (!guest.memory.contains(result, 8)) return Errno::Fault;
  uint64_t position = 0;
  const int host = os::seek(descriptor->host, 0, os::SeekFrom::Current, position);
  if (host != 0) return from_host(host);
  guest.memory.store<uint64_t>(result, position);
  return Errno::Success;
}

Errno Preview1::fd_readdir(Guest& guest, i32 fd, i32 buffer, i32 buffer_len, i64 cookie,
                           i32 result) {
  const DescriptorRef descriptor = table_.get(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if (descriptor->kind != Descriptor::Kind::Directory) return Errno::NotDir;
  const Errno allowed = descriptor->require(right::kFdReaddir);
  if (allowed != Errno::Success) return allowed;
  uint8_t* bytes = guest.memory.view(buffer, buffer_len);
  if (bytes == nullptr || !guest.memory.contains(result, 4)) return Errno::Fault;

  os::FileStatus self;
  int host = os::file_status(descriptor->host, self);
  if (host != 0) return from_host(host);
  const bool at_top =
      self.device == descriptor->mount->device && self.inode == descriptor->mount->inode;
  const std::lock_guard lock(descriptor->directory_position);
  // About what fits; at least one entry with the longest name.
  std::vector<char> names(std::clamp<size_t>(buffer_len, 2048, 32768));
  std::vector<os::DirectoryEntry> entries;
  uint32_t used = 0;
  while (used < buffer_len) {
    host = os::read_directory(descriptor->host, cookie, names, entries);
    if (host != 0) return from_host(host);
    if (entries.empty()) break;
    for (const os::DirectoryEntry& entry : entries) {
      cookie = entry.next;
      // What is above the mount is nobody's business.
      const bool above = at_top && entry.name == "..";
      uint8_t record[layout::kDirentSize] = {};
      const GuestMemory view(record, sizeof record);
      view.store<uint64_t>(0, entry.next);
      view.store<uint64_t>(layout::kDirentIno, above ? self.inode : entry.inode);
      view.store<uint32_t>(layout::kDirentNameLength, static_cast<uint32_t>(entry.name.size()));
      view.store<uint8_t>(layout::kDirentType, static_cast<uint8_t>(filetype_of(entry.type)));
      const auto put = [&](const void* from, size_t size) {
        const size_t fits = std::min<size_t>(size, buffer_len - used);
        std::memcpy(bytes + used, from, fits);
        used += static_cast<uint32_t>(fits);
      };
      put(record, sizeof record);
      put(entry.name.data(), entry.name.size());
      if (used == buffer_len) break;
    }
  }
  guest.memory.store<uint32_t>(result, used);
  return Errno::Success;
}

}  // namespace wasmrt::wasi
