// Extern: anything that can be imported or exported.
#pragma once

#include <variant>

#include <wasmrt/func.hpp>
#include <wasmrt/global.hpp>
#include <wasmrt/memory.hpp>
#include <wasmrt/table.hpp>
#include <wasmrt/tag.hpp>
#include <wasmrt/types.hpp>

namespace wasmrt {

/// A handle of any kind, in the order of ExternKind.
using Extern = std::variant<Func, Table, Memory, Global, Tag>;

/// The type of what the handle stands for.
WASMRT_API ExternType type_of(const Extern& item);

}  // namespace wasmrt
