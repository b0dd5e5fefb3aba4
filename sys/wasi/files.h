// Records of files, shared by the calls on descriptors and those on paths.
#pragma once

#include "sys/os/descriptor.h"
#include "sys/wasi/guest_memory.h"
#include "sys/wasi/types.h"

namespace wasmrt::wasi {

/// Writes a filestat record. Fault when it does not fit the memory.
Errno store_status(const GuestMemory& memory, uint32_t at, const os::FileStatus& status,
                   Filetype type);

/// What the flags of a set_times call ask for. Inval for contradictions.
Errno times_from(uint64_t atim, uint64_t mtim, uint32_t fst_flags, os::TimeChange& change);

}  // namespace wasmrt::wasi
