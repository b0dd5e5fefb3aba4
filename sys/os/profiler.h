// A file that a profiler finds: whoever records what this process maps sees it being mapped.
//
// In: a path and bytes. Out: the file, replaced at the start, with the bytes in order. Guaranteed:
// never through a link of either kind: EPERM for what is there and is not regular, of this user,
// and without another name; one page of it stays mapped, executable and not writable, which is what
// profilers recognise it by; each append is written whole or reported.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sys/os/descriptor.h"

namespace wasmrt::os {

class ProfilerFile {
 public:
  /// 0 or an error number.
  static int create(const std::string& path, std::span<const std::uint8_t> begin,
                    ProfilerFile& out);
  [[nodiscard]] bool valid() const { return file_.get() >= 0; }
  int append(std::span<const std::uint8_t> bytes);

 private:
  OwnedDescriptor file_;
};

/// Appends to a file that is made, mode 0600, if it is not there.
int append_own_file(const std::string& path, std::span<const std::uint8_t> bytes);

/// The number of the calling thread, as profilers know it.
std::uint32_t thread_id();

}  // namespace wasmrt::os
