// Whole files of the host: read, map, replace atomically.
//
// In:  host paths chosen by the embedder (guests use directory.h through their own confinement).
// Out: 0 or an errno value of <cerrno>.
// Guaranteed: a reader of a file replaced by `write_file_atomically` sees the old or the new
//      content, never a mixture; with Links::Refuse the last component is never followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace wasmrt::os {

/// What to do when the last component of a path is a symbolic link.
enum class Links : uint8_t { Follow, Refuse };

/// Reads a whole regular file, pipe or device into `out`; EFBIG when it is longer than `limit`.
int read_file(const std::string& path, Links links, uint64_t limit, std::vector<uint8_t>& out);

/// Reads a descriptor to its end, the same way.
int read_descriptor(int descriptor, uint64_t limit, std::vector<uint8_t>& out);

/// Reads the first bytes of a regular file, where its position stays; how many, 0 for an error too.
size_t read_start(int descriptor, std::span<uint8_t> out);

/// A file mapped read-only and privately. The mapping ends with the object.
class MappedFile {
 public:
  MappedFile() = default;
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Maps a regular file; an empty one gives an empty span.
  static int open(const std::string& path, Links links, MappedFile& out);

  /// The content. It changes, or faults, when another process writes or truncates the file.
  std::span<const uint8_t> bytes() const { return {data_, size_}; }
  /// The owner's user id and the permission bits, for callers that trust only their own files.
  uint32_t owner() const { return owner_; }
  uint32_t mode() const { return mode_; }

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
  uint32_t owner_ = 0;
  uint32_t mode_ = 0;
};

/// Writes `bytes` to a new file beside `path`, flushes it, and renames it over `path`. `mode`:
/// permission bits of the new file.
int write_file_atomically(const std::string& path, std::span<const uint8_t> bytes, uint32_t mode);

}  // namespace wasmrt::os
