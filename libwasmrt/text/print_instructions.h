// Instructions of a body or a constant expression as text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libwasmrt/frontend/module.h"
#include "libwasmrt/frontend/reader.h"

namespace wasmrt::text {

/// What a printer needs to know besides the module.
struct PrintNames {
  std::vector<std::string> funcs;  ///< Identifier or index of each function.
};

/// A string literal, quotes included.
std::string string_literal(std::span<const std::uint8_t> bytes);
std::string string_literal(std::string_view text);

/// Appends the instructions up to the `end` that closes them: one a line, indented by `indent`
/// levels, or all in one line separated by blanks when `indent` is 0. `hints` may be null.
void print_instructions(const DecodedModule& module, const PrintNames& names, Reader& reader,
                        unsigned indent, std::size_t body_start,
                        const std::vector<BranchHint>* hints, std::string& out);

}  // namespace wasmrt::text
