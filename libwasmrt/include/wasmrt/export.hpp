// The visibility of public symbols: only what is marked WASMRT_API leaves libwasmrt.so.
#pragma once

#define WASMRT_API __attribute__((visibility("default")))
