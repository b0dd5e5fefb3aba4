// Bytecode as text, one instruction per line; for tests, WASMRT_DUMP=bytecode and people.
#pragma once

#include <string>

#include "interp/code.h"

namespace wasmrt::interp {

/// The name and operands of every instruction of a translated function.
std::string print_code(const FuncCode& func);
/// One instruction, `at` bytes into its function, and its length; "?" and 0 when it is none.
std::string print_ins(const Ins& ins, std::uint32_t at, std::uint32_t& length);

/// The name of a handler, e.g. "i32.add.rs>s"; empty for numbers without one.
std::string handler_name(HandlerId id);

/// The number of a handler, or kNoHandler.
HandlerId handler_number(Handler handler);

}  // namespace wasmrt::interp
