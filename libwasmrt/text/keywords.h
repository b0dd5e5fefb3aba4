// The keywords of the text format: instructions come from opcodes.def, the rest is listed here
// once.
#pragma once

#include <string_view>

#include "libwasmrt/wasm/opcode.h"

namespace wasmrt::text {

/// The op of an instruction keyword, or kNoOp. Where ops share a keyword: the first row of the
/// table.
Op find_op(std::string_view keyword);

/// Whether any module or script can contain this keyword. What is not known is an
/// `unknown operator`, what is known but misplaced an `unexpected token`.
bool is_known_keyword(std::string_view keyword);

}  // namespace wasmrt::text
