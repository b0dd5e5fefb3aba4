// WASI preview 1: the state of one guest program and the functions it may call.
//
// In:  a configuration that says what is granted, and calls with the guest's memory.
// Out: an errno per call; exits and interruptions are marked in the Guest record.
// Guaranteed: nothing is reached that the configuration does not grant; no call waits without
//      watching for an interruption; calls of different threads may run at the same time.
#pragma once

#include <wasmrt/result.hpp>
#include <wasmrt/wasi.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "sys/os/descriptor.h"
#include "sys/wasi/descriptor.h"
#include "sys/wasi/guest_memory.h"
#include "sys/wasi/types.h"

namespace wasmrt::wasi {

using i32 = uint32_t;
using i64 = uint64_t;

/// See the top of the file.
class Preview1 {
 public:
  /// Opens the mounts and streams of a configuration. Errors: Io, InvalidArgument.
  static Result<std::shared_ptr<Preview1>> create(WasiConfig config);

#define P(type, name) , type name
#define WASI(name, ...) Errno name(Guest& guest __VA_ARGS__);
#define WASI_NORETURN(name, ...) Errno name(Guest& guest __VA_ARGS__);
#include "sys/wasi/preview1.def"
#undef WASI_NORETURN
#undef WASI
#undef P

  /// Whether calls are to be traced.
  bool tracing() const { return static_cast<bool>(config_.trace); }
  /// Hands one call to the trace callback.
  void trace(std::string_view function, std::string_view arguments, const TraceRecord& record,
             Errno result) const;

 private:
  explicit Preview1(WasiConfig config);

  // process.cpp
  Errno string_list_get(Guest& guest, const std::vector<std::string>& list, i32 pointers,
                        i32 buffer) const;
  Errno string_list_sizes(Guest& guest, const std::vector<std::string>& list, i32 count,
                          i32 size) const;

  // transfer.cpp
  Errno read_some(Guest& guest, Descriptor& descriptor, std::span<const os::IoSlice> slices,
                  size_t& done);
  Errno write_some(Guest& guest, Descriptor& descriptor, std::span<const os::IoSlice> slices,
                   size_t& done);
  /// The same within the descriptor's cap, and counted; may shorten the slices.
  Errno write_capped(Guest& guest, Descriptor& descriptor, std::span<os::IoSlice> slices,
                     size_t& done);

  // files.cpp
  Errno descriptor_for(i32 fd, Rights rights, DescriptorRef& out) const;

  // paths.cpp
  /// A name below an open directory.
  struct Place {
    DescriptorRef directory;
    std::string path;
  };
  Errno place_of(Guest& guest, i32 fd, Rights rights, i32 path, i32 length, Place& out) const;
  Errno open_at(Descriptor& directory, const std::string& path, i32 dirflags, i32 oflags,
                Rights base, Rights inheriting, i32 fdflags, DescriptorRef& out);

  // clocks.cpp
  Errno clock_now(i32 id, uint64_t& ns) const;
  /// The time of the host's monotonic clock at which a subscription to a clock is due.
  Errno clock_deadline(i32 id, uint64_t timeout, bool absolute, uint64_t& host_ns) const;

  WasiConfig config_;
  std::vector<std::string> env_;
  DescriptorTable table_;
  uint64_t start_ns_ = 0;  // the host's monotonic clock when the guest's began
  std::mutex random_mutex_;
  uint64_t random_state_[4] = {};
};

/// The slices a guest's array of (pointer, length) pairs describes; at most `slices.size()` of
/// them, so that a longer transfer is cut short.
Errno read_slices(const GuestMemory& memory, i32 iovs, i32 count, std::span<os::IoSlice> slices,
                  size_t& used);

/// Waits until a descriptor can be read (or written). Intr, and guest.interrupted: the call is to
/// end.
Errno wait_until_ready(Guest& guest, int host, bool for_writing);

/// The bytes of all slices together.
uint64_t total_size(std::span<const os::IoSlice> slices);

}  // namespace wasmrt::wasi
