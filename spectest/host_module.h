// The module `spectest` that scripts import: print functions, globals, tables and memories.
#pragma once

#include <wasmrt/linker.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>

namespace wasmrt::spectest {

/// Defines the host module's items in a linker, those with state in a store.
Result<void> define_host_module(const Store& store, Linker& linker, bool threads);

}  // namespace wasmrt::spectest
