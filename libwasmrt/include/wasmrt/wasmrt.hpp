// Everything of the C++ API.
#pragma once

#include <wasmrt/cache.hpp>
#include <wasmrt/deadline.hpp>
#include <wasmrt/engine.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/extern.hpp>
#include <wasmrt/externref.hpp>
#include <wasmrt/features.hpp>
#include <wasmrt/func.hpp>
#include <wasmrt/global.hpp>
#include <wasmrt/instance.hpp>
#include <wasmrt/limits.hpp>
#include <wasmrt/linker.hpp>
#include <wasmrt/memory.hpp>
#include <wasmrt/module.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/table.hpp>
#include <wasmrt/tag.hpp>
#include <wasmrt/trap.hpp>
#include <wasmrt/trap_kind.hpp>
#include <wasmrt/types.hpp>
#include <wasmrt/value.hpp>
#include <wasmrt/version.hpp>
#include <wasmrt/wasi.hpp>
