// Open files, pipes, terminals and sockets by descriptor: reading, writing, status.
//
// In:  descriptors and scattered buffers.
// Out: 0 or an errno value of <cerrno>; counts and records through references.
// Guaranteed: interrupted system calls are repeated; no write raises SIGPIPE; the `_ready` calls
//      never wait: where nothing can be transferred they say EAGAIN, also for descriptors in
//      blocking mode that belong to somebody else (whose mode is not touched).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace wasmrt::os {

/// What a descriptor or a name refers to.
enum class FileType : uint8_t {
  Unknown,
  BlockDevice,
  CharacterDevice,
  Directory,
  Regular,
  DatagramSocket,
  StreamSocket,
  SymbolicLink,
  Fifo,
};

/// The status of a file.
struct FileStatus {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t links = 0;
  uint64_t size = 0;
  uint64_t access_ns = 0;
  uint64_t modify_ns = 0;
  uint64_t change_ns = 0;
  FileType type = FileType::Unknown;
};

/// One piece of a scattered buffer.
struct IoSlice {
  uint8_t* data;
  size_t size;
};

/// At most this many slices are transferred by one call; the rest is left to the next. Small,
/// because the records for the system lie on the caller's stack.
inline constexpr size_t kMaxSlices = 128;

/// A descriptor that is closed with the object.
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~OwnedDescriptor() { reset(); }
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : descriptor_(other.release()) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;

  int get() const { return descriptor_; }
  bool valid() const { return descriptor_ >= 0; }
  int release() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor;
  }
  void reset(int descriptor = -1);

 private:
  int descriptor_ = -1;
};

/// The status of an open file.
int file_status(int descriptor, FileStatus& out);

/// Whether it is a terminal.
bool is_terminal(int descriptor);

/// How it was opened.
struct AccessMode {
  bool read = false;
  bool write = false;
  bool append = false;
};
int access_mode(int descriptor, AccessMode& out);

/// Reads what is there; 0 bytes with result 0 is the end. Regular files are always ready.
int read_ready(int descriptor, FileType type, std::span<const IoSlice> slices, size_t& done);

/// Writes what fits now. Regular files are always ready.
int write_ready(int descriptor, FileType type, std::span<const IoSlice> slices, size_t& done);

/// Reads at an offset without moving the position.
int read_at(int descriptor, std::span<const IoSlice> slices, uint64_t offset, size_t& done);

/// Writes at an offset without moving the position.
int write_at(int descriptor, std::span<const IoSlice> slices, uint64_t offset, size_t& done);

/// Where a seek counts from.
enum class SeekFrom : uint8_t { Start, Current, End };
int seek(int descriptor, int64_t offset, SeekFrom from, uint64_t& position);

int set_size(int descriptor, uint64_t size);
/// Makes sure that the range is backed by storage, growing the file if needed.
int allocate(int descriptor, uint64_t offset, uint64_t length);
int sync_all(int descriptor);
int sync_data(int descriptor);
/// Switches appending of an open file.
int set_append(int descriptor, bool append);

/// How a range of a file is going to be used.
enum class Advice : uint8_t { Normal, Sequential, Random, WillNeed, DontNeed, NoReuse };
int advise(int descriptor, uint64_t offset, uint64_t length, Advice advice);

/// New values for the times of a file.
struct TimeChange {
  enum class Kind : uint8_t { Keep, Now, Set };
  Kind access = Kind::Keep;
  Kind modify = Kind::Keep;
  uint64_t access_ns = 0;
  uint64_t modify_ns = 0;
};
int set_times(int descriptor, const TimeChange& change);

/// How many bytes can be read at once from a pipe, terminal or socket; 0 when unknown.
uint64_t readable_bytes(int descriptor);

/// Sockets. `accept_ready` never waits on a listener of its own mode once it was seen readable.
int accept_ready(int listener, OwnedDescriptor& out);
int receive_ready(int socket, std::span<const IoSlice> slices, bool peek, size_t& done,
                  bool& truncated);
int send_ready(int socket, std::span<const IoSlice> slices, size_t& done);
int shut_down(int socket, bool receive, bool send);

}  // namespace wasmrt::os
