// directory.h on Linux.
//
// Calls that change a name (mkdir, unlink, rename, link, symlink) resolve the directory the name is
// in and then use the bare last component there; the system never follows a link in it. Calls about
// an object (status, times) resolve the object itself to an O_PATH descriptor and use that.
#include "sys/os/directory.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sys/os/posix_records.h"
#include "sys/os/resolve.h"

namespace wasmrt::os {
namespace {

int open_directory_for_reading(int base, const std::string& path) {
  const int flags = O_DIRECTORY | O_CLOEXEC;
  const int descriptor = openat(base, path.c_str(), O_RDONLY | flags);
  // A directory that can be searched but not listed still is a base.
  return descriptor >= 0 || errno != EACCES ? descriptor
                                            : openat(base, path.c_str(), O_PATH | flags);
}

// The directory a name is in, and the name, with the slashes the caller wrote behind it.
struct Parent {
  OwnedDescriptor owned;
  int directory = -1;
  std::string name;

  bool slash_after() const { return !name.empty() && name.back() == '/'; }
};

int resolve_parent(int directory, std::string_view path, Parent& out) {
  if (path.empty()) return ENOENT;
  size_t name_end = path.size();
  while (name_end > 0 && path[name_end - 1] == '/') --name_end;
  if (name_end == 0) return EPERM;  // an absolute path, "/"
  size_t name_begin = name_end;
  while (name_begin > 0 && path[name_begin - 1] != '/') --name_begin;
  const std::string_view name = path.substr(name_begin, name_end - name_begin);
  std::string parent(path.substr(0, name_begin));
  const bool dots = name == "." || name == "..";
  if (dots) parent = std::string(path);
  if (parent.empty()) {
    out.directory = directory;
  } else {
    const int opened = open_resolved(directory, parent, O_PATH | O_DIRECTORY, 0);
    if (opened < 0) return errno;
    out.owned.reset(opened);
    out.directory = opened;
  }
  out.name = dots ? "." : std::string(path.substr(name_begin));
  return 0;
}

int open_object(int directory, std::string_view path, bool follow, OwnedDescriptor& out) {
  const int flags = O_PATH | (follow ? 0 : O_NOFOLLOW);
  const int opened = open_resolved(directory, std::string(path), flags, 0);
  if (opened < 0) return errno;
  out.reset(opened);
  return 0;
}

// With a slash behind it a name means the directory it leads to, links followed. The calls below
// cannot work on that; this finds out what they have to say instead.
int error_of_directory_name(int directory, std::string_view path, int if_directory) {
  OwnedDescriptor object;
  const int error = open_object(directory, path, true, object);
  return error != 0 ? error : if_directory;
}

FileType type_of_entry(unsigned char type) {
  static constexpr struct {
    unsigned char native;
    FileType type;
  } kTypes[] = {{6, FileType::BlockDevice},   {2, FileType::CharacterDevice},
                {4, FileType::Directory},     {8, FileType::Regular},
                {12, FileType::StreamSocket}, {10, FileType::SymbolicLink},
                {1, FileType::Fifo}};
  for (const auto& entry : kTypes) {
    if (entry.native == type) return entry.type;
  }
  return FileType::Unknown;
}

// The kernel's record; the name follows it.
struct RawEntry {
  uint64_t inode;
  int64_t next;
  unsigned short length;
  unsigned char type;
};
constexpr size_t kNameOffset = 19;

}  // namespace

int open_base_directory(const std::string& host_path, OwnedDescriptor& out) {
  const int descriptor = open_directory_for_reading(AT_FDCWD, host_path);
  if (descriptor < 0) return errno;
  out.reset(descriptor);
  return 0;
}

int open_beneath(int directory, std::string_view path, const OpenOptions& options,
                 OwnedDescriptor& out) {
  int flags = options.write ? (options.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  // O_NONBLOCK: a FIFO must not hold us here; regular files do not care.
  flags |= O_NOCTTY | O_NONBLOCK;
  if (options.append) flags |= O_APPEND;
  if (options.create) flags |= O_CREAT;
  if (options.create && options.exclusive) flags |= O_EXCL;
  if (options.truncate) flags |= O_TRUNC;
  if (options.directory) flags |= O_DIRECTORY;
  if (!options.follow) flags |= O_NOFOLLOW;
  if (options.sync) flags |= O_SYNC;
  if (options.data_sync) flags |= O_DSYNC;
  const std::string text(path);
  int opened = open_resolved(directory, text, flags, static_cast<mode_t>(options.mode));
  if (opened < 0 && errno == EACCES && !options.write && !options.create && !options.truncate) {
    // A directory without read permission can still be a base for names below it.
    const int kept = O_PATH | O_DIRECTORY | (flags & O_NOFOLLOW);
    opened = open_resolved(directory, text, kept, 0);
    if (opened < 0) errno = EACCES;
  }
  if (opened < 0) return errno;
  out.reset(opened);
  return 0;
}

int status_beneath(int directory, std::string_view path, bool follow, FileStatus& out) {
  OwnedDescriptor object;
  const int error = open_object(directory, path, follow, object);
  return error != 0 ? error : file_status(object.get(), out);
}

int set_times_beneath(int directory, std::string_view path, bool follow, const TimeChange& change) {
  OwnedDescriptor object;
  const int error = open_object(directory, path, follow, object);
  if (error != 0) return error;
  timespec times[2];
  fill_times(change, times);
  if (utimensat(object.get(), "", times, AT_EMPTY_PATH) == 0) return 0;
  if (errno != EINVAL && errno != ENOENT) return errno;
  // Kernels before 5.8: through the descriptor's name, which leads to the object itself.
  char name[64];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", object.get());
  return utimensat(AT_FDCWD, name, times, 0) == 0 ? 0 : errno;
}

int make_directory_beneath(int directory, std::string_view path) {
  Parent parent;
  const int error = resolve_parent(directory, path, parent);
  if (error != 0) return error;
  return mkdirat(parent.directory, parent.name.c_str(), 0777) == 0 ? 0 : errno;
}

int remove_file_beneath(int directory, std::string_view path) {
  Parent parent;
  const int error = resolve_parent(directory, path, parent);
  if (error != 0) return error;
  return unlinkat(parent.directory, parent.name.c_str(), 0) == 0 ? 0 : errno;
}

int remove_directory_beneath(int directory, std::string_view path) {
  Parent parent;
  const int error = resolve_parent(directory, path, parent);
  if (error != 0) return error;
  return unlinkat(parent.directory, parent.name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
}

int rename_beneath(int from_directory, std::string_view from, int to_directory,
                   std::string_view to) {
  Parent source;
  Parent target;
  int error = resolve_parent(from_directory, from, source);
  if (error == 0) error = resolve_parent(to_directory, to, target);
  if (error != 0) return error;
  return renameat(source.directory, source.name.c_str(), target.directory, target.name.c_str()) == 0
             ? 0
             : errno;
}

int link_beneath(int from_directory, std::string_view from, int to_directory, std::string_view to) {
  Parent source;
  Parent target;
  int error = resolve_parent(from_directory, from, source);
  if (error == 0) error = resolve_parent(to_directory, to, target);
  if (error != 0) return error;
  if (source.slash_after()) return error_of_directory_name(from_directory, from, EPERM);
  return linkat(source.directory, source.name.c_str(), target.directory, target.name.c_str(), 0) ==
                 0
             ? 0
             : errno;
}

int symlink_beneath(std::string_view target, int directory, std::string_view path) {
  if (!target.empty() && target[0] == '/') return EPERM;
  Parent parent;
  const int error = resolve_parent(directory, path, parent);
  if (error != 0) return error;
  const std::string text(target);
  return symlinkat(text.c_str(), parent.directory, parent.name.c_str()) == 0 ? 0 : errno;
}

int read_link_beneath(int directory, std::string_view path, std::span<char> buffer, size_t& used) {
  Parent parent;
  const int error = resolve_parent(directory, path, parent);
  if (error != 0) return error;
  if (parent.slash_after()) return error_of_directory_name(directory, path, EINVAL);
  char text[PATH_MAX];
  const ssize_t length = readlinkat(parent.directory, parent.name.c_str(), text, sizeof text);
  if (length < 0) return errno;
  if (length > 0 && text[0] == '/') return EPERM;
  used = static_cast<size_t>(length) < buffer.size() ? static_cast<size_t>(length) : buffer.size();
  std::memcpy(buffer.data(), text, used);
  return 0;
}

int read_directory(int directory, uint64_t cookie, std::span<char> buffer,
                   std::vector<DirectoryEntry>& entries) {
  entries.clear();
  if (lseek(directory, static_cast<off_t>(cookie), SEEK_SET) < 0) return errno;
  const long count = syscall(SYS_getdents64, directory, buffer.data(), buffer.size());
  if (count < 0) return errno;
  for (size_t at = 0; at < static_cast<size_t>(count);) {
    RawEntry raw;
    std::memcpy(&raw, buffer.data() + at, kNameOffset);
    const char* name = buffer.data() + at + kNameOffset;
    entries.push_back({static_cast<uint64_t>(raw.next), raw.inode, type_of_entry(raw.type),
                       std::string_view(name)});
    at += raw.length;
  }
  return 0;
}

}  // namespace wasmrt::os
