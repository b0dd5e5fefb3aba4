// The guest's linear memory as the system calls see it.
//
// In:  base and size at the time of the call.
// Out: views and values; nothing when any byte lies outside.
// Guaranteed: offsets and lengths are the guest's and never trusted; values are little-endian on
//      every host; the memory may be written by other threads of the guest at the same time, so
//      what was read once is not read again to be believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "sys/wasi/types.h"

namespace wasmrt::wasi {

/// See the top of the file.
class GuestMemory {
 public:
  GuestMemory() = default;
  GuestMemory(uint8_t* base, uint64_t size) : base_(base), size_(size) {}

  /// Whether [at, at + length) lies inside.
  bool contains(uint64_t at, uint64_t length) const { return at <= size_ && length <= size_ - at; }

  /// The bytes at `at`, or null. An empty range inside the bounds gives a pointer too.
  uint8_t* view(uint64_t at, uint64_t length) const {
    return contains(at, length) ? base_ + at : nullptr;
  }

  /// Reads an unsigned integer.
  template <typename T>
  bool load(uint64_t at, T& out) const {
    const uint8_t* bytes = view(at, sizeof(T));
    if (bytes == nullptr) return false;
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[i]) << (8 * i)));
    }
    out = value;
    return true;
  }

  /// Writes an unsigned integer.
  template <typename T>
  bool store(uint64_t at, T value) const {
    uint8_t* bytes = view(at, sizeof(T));
    if (bytes == nullptr) return false;
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes[i] = static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i));
    }
    return true;
  }

  /// Copies a string of the guest out. False when out of bounds.
  bool copy_string(uint64_t at, uint64_t length, std::string& out) const {
    const uint8_t* bytes = view(at, length);
    if (bytes == nullptr) return false;
    out.assign(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
    return true;
  }

 private:
  uint8_t* base_ = nullptr;
  uint64_t size_ = 0;
};

/// What a trace tells about one call besides its arguments and result.
struct TraceRecord {
  std::string guest_path;
  std::string host_path;
  const char* reason = nullptr;  ///< why the call was refused, where the errno does not say it
};

/// One call of the guest: its memory, and how the host ends a wait.
struct Guest {
  GuestMemory memory;
  /// A descriptor that becomes readable when the call is to end, asked for only before a wait;
  /// null or -1: waits cannot be interrupted.
  int (*interrupt_descriptor)(void* user) = nullptr;
  void* user = nullptr;
  /// Set when a wait was interrupted: the call's result is not to reach the guest.
  bool interrupted = false;
  /// Set by proc_exit.
  bool exited = false;
  uint32_t exit_code = 0;
  /// Filled where it is not null.
  TraceRecord* trace = nullptr;

  int interrupt() const {
    return interrupt_descriptor == nullptr ? -1 : interrupt_descriptor(user);
  }
};

}  // namespace wasmrt::wasi
