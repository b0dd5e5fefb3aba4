// Files that only their owner may have written: caches and keys.
//
// In:  a directory of the user's, and names in it without slashes.
// Out: 0, an errno value of <cerrno>, or kOpenToOthers; EPERM for what belongs to somebody else, is
//      a link, or is no regular file, and for files that are open to others.
// Guaranteed: a file appears complete or not at all, whenever the writer dies; no link is followed
//      below the directory; nobody else can write what is opened here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sys/os/descriptor.h"

namespace wasmrt::os {

/// Beside errno values: others may write a directory.
inline constexpr int kOpenToOthers = -1;

/// Opens a directory of this user's; with `create` makes it and what lies above it, mode 0700.
int open_private_directory(const std::string& path, bool create, OwnedDescriptor& out);
/// The same below another.
int open_private_directory_at(int directory, const std::string& name, bool create,
                              OwnedDescriptor& out);

/// What identifies a file's content as long as nobody sets the times back.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;
};
int identify(int descriptor, FileIdentity& out);
/// Any file, by the user's path, links followed.
int open_for_reading(const std::string& path, OwnedDescriptor& out);

/// Whether nobody but this user and the system's can change an open file: 0, else EPERM for what is
/// not regular or belongs to somebody else, or kOpenToOthers.
int check_own_file(int descriptor);

/// Opens for reading.
int open_private_file(int directory, const std::string& name, OwnedDescriptor& out, uint64_t& size);
/// Reads all of a small one; EFBIG beyond `limit`.
int read_private_file(int directory, const std::string& name, size_t limit,
                      std::vector<uint8_t>& out);
/// Writes the parts, one after the other, to a temporary name, flushes, and gives the file its
/// name: in place of one that is there, or, without `replace`, EEXIST.
int write_private_file(int directory, const std::string& name,
                       std::span<const std::span<const uint8_t>> parts, bool replace);
/// Marks as used now: sets the time of modification.
void touch_private_file(int descriptor);

struct PrivateEntry {
  std::string name;
  bool directory = false;
  uint64_t size = 0;
  int64_t modified_ns = 0;
};
int list_private_directory(int directory, std::vector<PrivateEntry>& out);
int remove_private_file(int directory, const std::string& name);
int remove_empty_directory(int directory, const std::string& name);

/// A lock between processes, held by an open file and given back with the descriptor; EAGAIN when
/// it is taken. The file has that name when the lock is got: who holds it may remove the file.
/// `create`: makes a file that is not there, else ENOENT.
enum class FileLock : uint8_t { Shared, Exclusive };
int lock_private_file(int directory, const std::string& name, FileLock kind, bool create,
                      OwnedDescriptor& out);

/// Nanoseconds since 1970, to compare with modified_ns.
int64_t file_time_now();
/// Value of an environment variable of this process; empty without one.
std::string environment(const char* name);

/// A part of a file, mapped privately. Executable ones cannot be written, ever.
class FileMapping {
 public:
  FileMapping() = default;
  ~FileMapping();
  FileMapping(FileMapping&& other) noexcept;
  FileMapping& operator=(FileMapping&& other) noexcept;
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;

  /// `offset` is a multiple of the page size. `populate`: all pages at once, as all will be read.
  /// The pages in front of and behind what is executable are inaccessible.
  static int map(int descriptor, uint64_t offset, size_t size, bool executable, bool populate,
                 FileMapping& out);
  [[nodiscard]] std::span<const uint8_t> bytes() const { return {data_, size_}; }

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t guard_ = 0;  // bytes on either side that belong to it
};

}  // namespace wasmrt::os
