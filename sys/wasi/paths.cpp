// The path_ calls: names below a directory that was granted or opened.
//
// Confinement is the business of sys/os/directory.h; here are rights, read-only mounts, and what
// the interface says about names.
#include <cstring>
#include <utility>

#include "sys/os/directory.h"
#include "sys/wasi/files.h"
#include "sys/wasi/preview1.h"

namespace wasmrt::wasi {
namespace {

// Well-formed UTF-8, as the interface demands of all strings.
bool is_utf8(const std::string& text) {
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  const auto* const end = at + text.size();
  while (at < end) {
    const uint8_t first = *at++;
    if (first < 0x80) continue;
    int more;
    uint32_t least;
    uint32_t code;
    if (first >= 0xc2 && first <= 0xdf) {
      more = 1, least = 0x80, code = first & 0x1fu;
    } else if (first >= 0xe0 && first <= 0xef) {
      more = 2, least = 0x800, code = first & 0x0fu;
    } else if (first >= 0xf0 && first <= 0xf4) {
      more = 3, least = 0x10000, code = first & 0x07u;
    } else {
      return false;
    }
    for (; more > 0; --more, ++at) {
      if (at == end || (*at & 0xc0) != 0x80) return false;
      code = code << 6 | (*at & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
  }
  return true;
}

std::string join(const std::string& base, const std::string& path) {
  if (base.empty()) return path;
  return base.back() == '/' ? base + path : base + "/" + path;
}

bool follows(i32 flags) { return (flags & kLookupSymlinkFollow) != 0; }
bool bad_lookup(i32 flags) { return (flags & ~kLookupSymlinkFollow) != 0; }

}  // namespace

Errno Preview1::place_of(Guest& guest, i32 fd, Rights rights, i32 path, i32 length,
                         Place& out) const {
  out.directory = table_.get(fd);
  if (out.directory == nullptr) return Errno::Badf;
  const Descriptor& directory = *out.directory;
  if (directory.kind != Descriptor::Kind::Directory) return Errno::NotDir;
  const Errno allowed = directory.require(rights);
  if (allowed != Errno::Success) return allowed;
  // A longer one would not be accepted by any host; do not copy it.
  constexpr i32 kMaxPath = 64 * 1024;
  if (!guest.memory.contains(path, length)) return Errno::Fault;
  if (length > kMaxPath) return Errno::NameTooLong;
  guest.memory.copy_string(path, length, out.path);
  if (guest.trace != nullptr) {
    const auto add = [](std::string& list, const std::string& item) {
      if (!list.empty()) list += " -> ";
      list += item;
    };
    add(guest.trace->guest_path, join(join(directory.mount->guest_path, directory.path), out.path));
    add(guest.trace->host_path, join(join(directory.mount->host_path, directory.path), out.path));
  }
  if (out.path.find('\0') != std::string::npos) return Errno::Inval;
  return is_utf8(out.path) ? Errno::Success : Errno::Ilseq;
}

Errno Preview1::path_create_directory(Guest& guest, i32 fd, i32 path, i32 path_len) {
  Place at;
  const Errno error = place_of(guest, fd, right::kPathCreateDirectory, path, path_len, at);
  if (error != Errno::Success) return error;
  if (at.directory->read_only()) return Errno::Rofs;
  return from_host(os::make_directory_beneath(at.directory->host, at.path));
}

Errno Preview1::path_filestat_get(Guest& guest, i32 fd, i32 flags, i32 path, i32 path_len,
                                  i32 result) {
  if (bad_lookup(flags)) return Errno::Inval;
  Place at;
  const Errno error = place_of(guest, fd, right::kPathFilestatGet, path, path_len, at);
  if (error != Errno::Success) return error;
  os::FileStatus status;
  const int host = os::status_beneath(at.directory->host, at.path, follows(flags), status);
  if (host != 0) return from_host(host);
  return store_status(guest.memory, result, status, filetype_of(status.type));
}

Errno Preview1::path_filestat_set_times(Guest& guest, i32 fd, i32 flags, i32 path, i32 path_len,
                                        i64 atim, i64 mtim, i32 fst_flags) {
  if (bad_lookup(flags)) return Errno::Inval;
  os::TimeChange change;
  Errno error = times_from(atim, mtim, fst_flags, change);
  if (error != Errno::Success) return error;
  Place at;
  error = place_of(guest, fd, right::kPathFilestatSetTimes, path, path_len, at);
  if (error != Errno::Success) return error;
  if (at.directory->read_only()) return Errno::Rofs;
  return from_host(os::set_times_beneath(at.directory->host, at.path, follows(flags), change));
}

Errno Preview1::path_link(Guest& guest, i32 fd, i32 old_flags, i32 old_path, i32 old_path_len,
                          i32 new_fd, i32 new_path, i32 new_path_len) {
  // A link is made to what the name is, never to what it leads to.
  if (old_flags != 0) return Errno::Inval;
  Place from;
  Place to;
  Errno error = place_of(guest, fd, right::kPathLinkSource, old_path, old_path_len, from);
  if (error != Errno::Success) return error;
  error = place_of(guest, new_fd, right::kPathLinkTarget, new_path, new_path_len, to);
  if (error != Errno::Success) return error;
  // The source too: a second name in a writable mount would make a read-only file writable.
  if (from.directory->read_only() || to.directory->read_only()) return Errno::Rofs;
  return from_host(os::link_beneath(from.directory->host, from.path, to.directory->host, to.path));
}

Errno Preview1::open_at(Descriptor& directory, const std::string& path, i32 dirflags, i32 oflags,
                        Rights base, Rights inheriting, i32 fdflags, DescriptorRef& out) {
  const Rights available = directory.inheriting.load();
  const bool truncate = (oflags & oflag::kTrunc) != 0;
  os::OpenOptions options;
  options.read = (base & right::kNeedsRead) != 0;
  options.write = (base & right::kFdWrite) != 0;
  options.create = (oflags & oflag::kCreat) != 0;
  options.exclusive = (oflags & oflag::kExcl) != 0;
  options.directory = (oflags & oflag::kDirectory) != 0;
  options.follow = follows(dirflags);
  options.append = (fdflags & fdflag::kAppend) != 0;
  options.sync = (fdflags & (fdflag::kSync | fdflag::kRsync)) != 0;
  options.data_sync = (fdflags & fdflag::kDsync) != 0;
  options.truncate = truncate;
  if (options.directory && options.write) return Errno::IsDir;
  if (options.directory && options.create) return Errno::Inval;
  // Other rights than these two are simply not passed on when the directory lacks them: programs
  // ask for all there are.
  const Rights access = base & (right::kFdRead | right::kFdWrite);
  if ((access & ~available) != 0) return Errno::NotCapable;
  const bool read_only = directory.read_only();
  if (read_only && (options.write || truncate)) return Errno::Rofs;
  const bool must_not_exist = options.create && options.exclusive;
  // What exists may be opened there with O_CREAT.
  if (read_only) options.create = false;

  auto opened = std::make_shared<Descriptor>();
  // Truncating needs the host's permission to write, whatever the guest may do afterwards.
  os::OpenOptions asked = options;
  if (truncate && !options.write) {
    asked.read = options.read;
    asked.write = true;
  }
  const int host = os::open_beneath(directory.host, path, asked, opened->owned);
  if (host != 0) {
    const bool creating = read_only && (oflags & oflag::kCreat) != 0;
    const Errno error = from_host(host);
    return creating && error == Errno::NoEnt ? Errno::Rofs : error;
  }
  if (read_only && must_not_exist) return Errno::Exist;
  Rights granted = base & available;
  if (!options.write) granted &= ~right::kNeedsWrite;
  const Errno error = describe(opened->owned.get(), granted, *opened);
  if (error != Errno::Success) return error;
  const bool is_directory = opened->kind == Descriptor::Kind::Directory;
  opened->inheriting = is_directory ? inheriting & available : 0;
  opened->flags = fdflags;
  opened->mount = directory.mount;
  if (tracing()) opened->path = path == "." ? directory.path : join(directory.path, path);
  out = std::move(opened);
  return Errno::Success;
}

Errno Preview1::path_open(Guest& guest, i32 fd, i32 dirflags, i32 path, i32 path_len, i32 oflags,
                          i64 base, i64 inheriting, i32 fdflags, i32 result) {
  Rights needed = right::kPathOpen;
  if ((oflags & oflag::kCreat) != 0) needed |= right::kPathCreateFile;
  if ((oflags & oflag::kTrunc) != 0) needed |= right::kPathFilestatSetSize;
  if (bad_lookup(dirflags) || (oflags & ~oflag::kAll) != 0 || (fdflags & ~fdflag::kAll) != 0) {
    return Errno::Inval;
  }
  Place at;
  Errno error = place_of(guest, fd, needed, path, path_len, at);
  if (error != Errno::Success) return error;
  if (!guest.memory.contains(result, 4)) return Errno::Fault;
  DescriptorRef opened;
  error = open_at(*at.directory, at.path, dirflags, oflags, base, inheriting, fdflags, opened);
  if (error != Errno::Success) return error;
  uint32_t number = 0;
  error = table_.insert(std::move(opened), number);
  if (error != Errno::Success) return error;
  guest.memory.store<uint32_t>(result, number);
  return Errno::Success;
}

Errno Preview1::path_readlink(Guest& guest, i32 fd, i32 path, i32 path_len, i32 buffer,
                              i32 buffer_len, i32 result) {
  Place at;
  const Errno error = place_of(guest, fd, right::kPathReadlink, path, path_len, at);
  if (error != Errno::Success) return error;
  uint8_t* bytes = guest.memory.view(buffer, buffer_len);
  if (bytes == nullptr || !guest.memory.contains(result, 4)) return Errno::Fault;
  size_t used = 0;
  const int host = os::read_link_beneath(at.directory->host, at.path,
                                         {reinterpret_cast<char*>(bytes), buffer_len}, used);
  if (host != 0) return from_host(host);
  guest.memory.store<uint32_t>(result, static_cast<uint32_t>(used));
  return Errno::Success;
}

Errno Preview1::path_remove_directory(Guest& guest, i32 fd, i32 path, i32 path_len) {
  Place at;
  const Errno error = place_of(guest, fd, right::kPathRemoveDirectory, path, path_len, at);
  if (error != Errno::Success) return error;
  if (at.directory->read_only()) return Errno::Rofs;
  return from_host(os::remove_directory_beneath(at.directory->host, at.path));
}

Errno Preview1::path_rename(Guest& guest, i32 fd, i32 old_path, i32 old_path_len, i32 new_fd,
                            i32 new_path, i32 new_path_len) {
  Place from;
  Place to;
  Errno error = place_of(guest, fd, right::kPathRenameSource, old_path, old_path_len, from);
  if (error != Errno::Success) return error;
  error = place_of(guest, new_fd, right::kPathRenameTarget, new_path, new_path_len, to);
  if (error != Errno::Success) return error;
  if (from.directory->read_only() || to.directory->read_only()) return Errno::Rofs;
  return from_host(
      os::rename_beneath(from.directory->host, from.path, to.directory->host, to.path));
}

Errno Preview1::path_symlink(Guest& guest, i32 old_path, i32 old_path_len, i32 fd, i32 new_path,
                             i32 new_path_len) {
  Place at;
  const Errno error = place_of(guest, fd, right::kPathSymlink, new_path, new_path_len, at);
  if (error != Errno::Success) return error;
  std::string target;
  if (!guest.memory.copy_string(old_path, old_path_len, target)) return Errno::Fault;
  if (target.find('\0') != std::string::npos) return Errno::Inval;
  if (!is_utf8(target)) return Errno::Ilseq;
  if (at.directory->read_only()) return Errno::Rofs;
  return from_host(os::symlink_beneath(target, at.directory->host, at.path));
}

Errno Preview1::path_unlink_file(Guest& guest, i32 fd, i32 path, i32 path_len) {
  Place at;
  const Errno error = place_of(guest, fd, right::kPathUnlinkFile, path, path_len, at);
  if (error != Errno::Success) return error;
  if (at.directory->read_only()) return Errno::Rofs;
  return from_host(os::remove_file_beneath(at.directory->host, at.path));
}

}  // namespace wasmrt::wasi
