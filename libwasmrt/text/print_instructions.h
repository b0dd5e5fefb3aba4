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
/// levels (what is nested more deeply than anybody looks at, no further, or the text would be
/// quadratic), or all in one line separated by blanks when `indent` is 0. `hints` may be null.
/// Where `positions` is given, it gets the byte offset of each instruction in the module.
void print_instructions(const DecodedModule& module, const PrintNames& names, Reader& reader,
                        unsigned indent, std::size_t body_start,
                        const std::vector<BranchHint>* hints, std::string& out,
                        std::vector<std::uint32_t>* positions = nullptr);

/// How functions are called: by name where the names are different from each other.
PrintNames name_functions(const DecodedModule& module);
/// Skips the declarations of locals in front of a body's instructions and appends them, each as
/// text behind `separator`.
void print_locals(const DecodedModule& module, Reader& reader, std::string_view separator,
                  std::string& out);

}  // namespace wasmrt::text
