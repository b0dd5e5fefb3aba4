// Arguments and results of --invoke as text.
//
// In: words of the command line and the function's type. Out: values, or an error that names the
// word and the type it should have. Results print so that they read back as arguments.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <wasmrt/result.hpp>
#include <wasmrt/types.hpp>
#include <wasmrt/value.hpp>

namespace wasmrt::tools {

/// Reads one value per parameter. Integers may be decimal (signed or unsigned) or 0x hexadecimal;
/// floats decimal, hexadecimal, inf, nan; v128 as 0x and 32 hexadecimal digits, or i32x4:A,B,C,D
/// (likewise i8x16, i16x8, i64x2, f32x4, f64x2); references only as null.
Result<std::vector<Value>> parse_arguments(const FuncType& type,
                                           std::span<const std::string> words);

/// A result as a line of output, without the line end.
std::string print_result(const Value& value);

}  // namespace wasmrt::tools
