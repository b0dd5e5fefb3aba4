// Names below a directory, confined: nothing reached here lies outside it.
//
// In:  a directory's descriptor and a relative path, without zero bytes, as an untrusted program
//      wrote it.
// Out: 0 or an errno value of <cerrno>; EPERM for whatever would lead out of the directory: an
//      absolute path, too many "..", a symbolic link that is absolute or climbs out.
// Guaranteed: the path is resolved by the kernel beneath the directory (openat2), or, where the
//      kernel lacks that, component by component, never following a link by accident and never
//      using the system's "..". Renames and link swaps made by others at the same time can make a
//      call fail, but not leave. Every change happens in a directory that was itself reached so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/os/descriptor.h"

namespace wasmrt::os {

/// How paths are resolved.
enum class PathWalk : uint8_t {
  Kernel,      ///< openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS
  Components,  ///< one openat with O_NOFOLLOW per component
};

/// The way in use: found out on the first call.
PathWalk path_walk();
/// Forces a way (tests; or kernels whose openat2 misbehaves). Applies to the whole process.
void set_path_walk(PathWalk walk);

/// What open_beneath may do.
struct OpenOptions {
  bool read = false;
  bool write = false;
  bool append = false;
  bool create = false;
  bool exclusive = false;  ///< with create: fail where the name exists
  bool truncate = false;
  bool directory = false;  ///< fail where it is no directory
  bool follow = false;     ///< follow a symbolic link in the last component
  bool sync = false;
  bool data_sync = false;
  uint32_t mode = 0666;  ///< permission bits of a new file, before the umask
};

/// Opens a directory of the host by the embedder's path, to be the base of the calls below.
int open_base_directory(const std::string& host_path, OwnedDescriptor& out);

/// Opens a file or directory. Does not wait for the other end of a FIFO.
int open_beneath(int directory, std::string_view path, const OpenOptions& options,
                 OwnedDescriptor& out);

int status_beneath(int directory, std::string_view path, bool follow, FileStatus& out);
int set_times_beneath(int directory, std::string_view path, bool follow, const TimeChange& change);
int make_directory_beneath(int directory, std::string_view path);
int remove_file_beneath(int directory, std::string_view path);
int remove_directory_beneath(int directory, std::string_view path);
int rename_beneath(int from_directory, std::string_view from, int to_directory,
                   std::string_view to);
/// A hard link; a symbolic link is linked itself, not followed.
int link_beneath(int from_directory, std::string_view from, int to_directory, std::string_view to);
/// A symbolic link with the text `target`, which must be relative.
int symlink_beneath(std::string_view target, int directory, std::string_view path);
/// The text of a symbolic link, cut to the buffer. EPERM when it is an absolute path.
int read_link_beneath(int directory, std::string_view path, std::span<char> buffer, size_t& used);

/// One entry of a directory.
struct DirectoryEntry {
  uint64_t next = 0;  ///< the cookie with which to go on after this entry
  uint64_t inode = 0;
  FileType type = FileType::Unknown;
  std::string_view name;  ///< points into the buffer of read_directory
};

/// Reads entries from `cookie` on (0: from the start) into `entries`; none at the end. `buffer`
/// holds the names and limits how much is read.
int read_directory(int directory, uint64_t cookie, std::span<char> buffer,
                   std::vector<DirectoryEntry>& entries);

}  // namespace wasmrt::os
