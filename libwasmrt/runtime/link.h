// Matching what a module imports with what there is (spec 3.0 §3.3.13, external subtyping).
#pragma once

#include <string>

#include "libwasmrt/frontend/module.h"
#include "libwasmrt/runtime/instance_state.h"

namespace wasmrt::rt {

/// The type of an import or export of a module, as the API shows it.
ExternType extern_type(const DecodedModule& module, ExternKind kind, std::uint32_t index);
/// The type of what an import was resolved to, with current sizes.
ExternType extern_type(const Import& item);

/// Whether `item` can be imported where `module` declares `index` of that kind.
bool import_matches(const DecodedModule& module, ExternKind kind, std::uint32_t index,
                    const Import& item);

}  // namespace wasmrt::rt
