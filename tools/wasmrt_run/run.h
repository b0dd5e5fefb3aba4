// One run of wasmrt-run: from options to exit code.
#pragma once

#include "tools/wasmrt_run/options.h"

namespace wasmrt::tools {

/// Compiles, links and runs what the options say. Messages go to standard error. Returns the exit
/// code of the process.
int run(const Options& options);

}  // namespace wasmrt::tools
