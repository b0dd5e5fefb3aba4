// The names of compiled functions for perf: lines "START SIZE NAME" appended to /tmp/perf-PID.map.
//
// In: a published image and its module. Out: the lines. Guaranteed: a name cannot break a line;
// what cannot be written is left out and said in the log, a profile is no reason to fail; nothing
// is written through links or into files of others.
#pragma once

#include "libwasmrt/engine/native_image.h"
#include "libwasmrt/frontend/module.h"

namespace wasmrt::engine {

void write_perf_map(const NativeImage& image, const DecodedModule& module);

}  // namespace wasmrt::engine
