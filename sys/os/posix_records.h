// Conversions between POSIX records and those of descriptor.h (internal to sys/os).
#pragma once

#include <sys/stat.h>
#include <time.h>

#include "sys/os/descriptor.h"

namespace wasmrt::os {

void fill_status(const struct stat& from, FileStatus& out);
void fill_times(const TimeChange& change, timespec (&times)[2]);

}  // namespace wasmrt::os
