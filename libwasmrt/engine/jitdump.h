// Compiled code for perf, in its jitdump format: DIR/jit-PID.dump.
//
// In: a published image and its module. Out: a record per function, with its code, which `perf
// inject
// --jit` turns into files that `perf report` and `perf annotate` read. Guaranteed: one file per
// process, in the directory of the first engine that asks; after a fork the child begins its own;
// what cannot be written is said once in the log and left out, a profile is no reason to fail.
#pragma once

#include <string>

#include "libwasmrt/engine/native_image.h"
#include "libwasmrt/frontend/module.h"

namespace wasmrt::engine {

void write_jitdump(const std::string& directory, const NativeImage& image,
                   const DecodedModule& module);

}  // namespace wasmrt::engine
