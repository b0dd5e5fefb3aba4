// Several forms of a function beside each other: what belongs together stands in the same rows.
//
// In: per form its lines, each with the Wasm instruction it comes from, and the code in pieces.
// Out: groups of rows, in the order of the code. Guaranteed: every line of every form appears, in
// its order within what comes from one place; lines that left no code stand with the next ones that
// did.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wasmrt::tools {

/// The forms a function takes, in the order of the pipeline.
enum class Form : std::uint8_t { Wasm, Ir, Opt, Lower, Regalloc, Asm };
inline constexpr std::size_t kForms = 6;
/// As on the command line: those of stages.def, and "wasm".
std::string_view form_name(Form form);

/// A form as text. `keys` has, for each line, the byte offset of its Wasm instruction, or kHeader
/// for what belongs to the line behind it; of Regalloc, the number of the machine instruction.
struct FormText {
  static constexpr std::uint32_t kHeader = ~0u;
  std::vector<std::string> lines;
  std::vector<std::uint32_t> keys;

  void append(std::string_view text, std::span<const std::uint32_t> line_keys);
};

/// A piece of code with what it was made from.
struct Piece {
  std::uint32_t wasm = 0;    ///< 0: nothing in particular.
  std::uint32_t inst = ~0u;  ///< The machine instruction, or none.
  std::vector<std::string> lines;
};

using Forms = std::array<FormText, kForms>;

/// Rows that belong together: per form a list of lines, all of one length or shorter.
using Group = std::array<std::vector<std::string>, kForms>;

/// Only of the chosen forms. `forms[Asm]` is not looked at: that is `pieces`.
std::vector<Group> align(const Forms& forms, const std::vector<Piece>& pieces,
                         const std::array<bool, kForms>& chosen);

/// The chosen forms in columns as wide as they need, with a head.
std::string in_columns(const std::vector<Group>& groups, const std::array<bool, kForms>& chosen);
/// The chosen forms one after the other, as they are.
std::string in_sections(const Forms& forms, const std::vector<Piece>& pieces,
                        const std::array<bool, kForms>& chosen);

}  // namespace wasmrt::tools
