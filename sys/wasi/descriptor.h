// What a guest's descriptor numbers stand for, and the table of them.
//
// Guaranteed: an open descriptor stays usable by a call that looked it up even when another thread
//      of the guest closes its number meanwhile; rights only ever shrink.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <wasmrt/wasi.hpp>

#include "sys/os/descriptor.h"
#include "sys/wasi/types.h"

namespace wasmrt::wasi {

class VirtualStream;

/// What an output still takes, and the embedder's counts of what it took and refused.
struct OutputCap {
  OutputCap(uint64_t limit, std::shared_ptr<WasiOutputCounts> to)
      : left(limit), limited(limit != ~uint64_t{0}), counts(std::move(to)) {}
  std::atomic<uint64_t> left;
  const bool limited;
  const std::shared_ptr<WasiOutputCounts> counts;  ///< may be null
};

/// The directory of the host that a descriptor was reached through.
struct Mount {
  std::string host_path;
  std::string guest_path;
  uint64_t device = 0;  ///< identity of the directory itself
  uint64_t inode = 0;
  bool read_only = false;
};

/// An open file, directory, stream or socket.
struct Descriptor {
  enum class Kind : uint8_t { Directory, File, Stream, Connection, Listener, Virtual };

  Kind kind = Kind::Virtual;
  os::FileType host_type = os::FileType::Unknown;
  Filetype type = Filetype::Unknown;
  int host = -1;              ///< the host's descriptor; -1 for Virtual
  os::OwnedDescriptor owned;  ///< closes it, where it is ours
  std::atomic<Rights> base{0};
  std::atomic<Rights> inheriting{0};
  std::atomic<uint32_t> flags{0};  ///< fdflag bits

  std::shared_ptr<const Mount> mount;     ///< for files and directories
  bool preopened = false;                 ///< has a name: mount->guest_path
  std::string path;                       ///< below the mount, for traces
  std::shared_ptr<VirtualStream> stream;  ///< for Virtual
  std::shared_ptr<OutputCap> cap;         ///< for outputs with a limit or counts
  std::mutex directory_position;          ///< held while entries are read

  bool read_only() const { return mount != nullptr && mount->read_only; }
  bool nonblocking() const { return (flags.load() & fdflag::kNonblock) != 0; }

  /// Success, or why an operation that needs `rights` is refused.
  Errno require(Rights rights) const;
};

using DescriptorRef = std::shared_ptr<Descriptor>;

/// The guest's name for a type of the host.
Filetype filetype_of(os::FileType type);

/// Kind, type and rights of an open descriptor of the host. The access the host granted limits
/// reading and writing.
Errno describe(int host, Rights wanted, Descriptor& out);

/// Guest numbers and their descriptors. Thread-safe.
class DescriptorTable {
 public:
  /// More than this many at once is refused with mfile.
  static constexpr uint32_t kMaxDescriptors = 1u << 16;
  /// New descriptors get the lowest free number from here on, so that a closed standard stream is
  /// not replaced by accident.
  static constexpr uint32_t kFirstNumber = 3;

  /// Null: not open.
  DescriptorRef get(uint32_t number) const;
  /// Puts a descriptor at the lowest free number.
  Errno insert(DescriptorRef descriptor, uint32_t& number);
  /// Puts a descriptor at a number, e.g. a standard stream.
  void place(uint32_t number, DescriptorRef descriptor);
  Errno close(uint32_t number);
  /// Moves `from` to `to`, which must be open and is closed.
  Errno renumber(uint32_t from, uint32_t to);

 private:
  mutable std::mutex mutex_;
  std::vector<DescriptorRef> entries_;
};

}  // namespace wasmrt::wasi
