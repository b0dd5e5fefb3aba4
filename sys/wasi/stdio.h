// Standard streams: descriptors of the host, or bytes that come from and go to the embedder.
//
// In:  WasiInput and WasiOutput of the public configuration.
// Out: descriptors for the guest's numbers 0, 1 and 2.
// Guaranteed: an output with a cap takes what fits of the write that crosses it, and refuses later
//      ones with fbig; an empty input reads as its end at once.
#pragma once

#include <wasmrt/wasi.hpp>

#include <cstdint>
#include <mutex>
#include <span>
#include <string>

#include "sys/wasi/descriptor.h"

namespace wasmrt::wasi {

/// A stream without a descriptor of the host. Thread-safe.
class VirtualStream {
 public:
  explicit VirtualStream(WasiInput input) : input_(std::move(input)) {}
  explicit VirtualStream(WasiOutput output) : output_(std::move(output)) {}

  Errno read(std::span<const os::IoSlice> slices, size_t& done);
  Errno write(std::span<const os::IoSlice> slices, size_t& done);
  /// How many bytes can surely be read; `at_end` when there will be no more.
  uint64_t readable(bool& at_end) const;

 private:
  mutable std::mutex mutex_;
  WasiInput input_;
  size_t position_ = 0;
  WasiOutput output_;
};

/// The descriptor for an input or output. `inherited`: the process's own stream, for Inherit.
Result<DescriptorRef> make_input(const WasiInput& input, int inherited);
Result<DescriptorRef> make_output(const WasiOutput& output, int inherited);

/// Reserves up to `wanted` bytes of a cap; gives back 0 when it is used up. Whoever writes less
/// gives the rest back with `cap.left += rest`.
uint64_t take_from_cap(OutputCap& cap, uint64_t wanted);

}  // namespace wasmrt::wasi
