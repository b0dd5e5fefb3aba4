// Opening names beneath a directory (internal to sys/os: flags and modes are the system's own).
//
// In:  a directory's descriptor, a relative path, open flags and a mode.
// Out: a descriptor, or -1 with errno set; EPERM when the path leads out of the directory.
#pragma once

#include <string>
#include <string_view>

namespace wasmrt::os {

/// Opens `path` beneath `directory` in the way of path_walk(). O_CLOEXEC is added.
int open_resolved(int directory, const std::string& path, int flags, unsigned mode);

/// The same, always component by component.
int open_by_components(int directory, const std::string& path, int flags, unsigned mode);

}  // namespace wasmrt::os
