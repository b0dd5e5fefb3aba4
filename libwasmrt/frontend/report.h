// Turns a Failure into the Error a user sees.
//
// Text: "<category>: <wording><detail> (at offset 0x1a, in function 5 <name>)".
#pragma once

#include <optional>

#include <wasmrt/result.hpp>

#include "libwasmrt/frontend/module.h"
#include "libwasmrt/frontend/reader.h"

namespace wasmrt {

/// `module` supplies the function's name and may be null.
Error make_error(const Failure& failure, const DecodedModule* module = nullptr,
                 std::optional<FuncIdx> function = std::nullopt);
/// " in function 5 <name>"-style text without the leading words: "function 5 <name>".
std::string function_text(const DecodedModule& module, FuncIdx function);

}  // namespace wasmrt
