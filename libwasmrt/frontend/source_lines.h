// Source lines: from an offset in the module's bytes to file, line and column, by DWARF.
//
// In: the custom sections .debug_line, .debug_line_str and .debug_str of a decoded module, versions
// 2 to 5 (DWARF 5 §6.2). Out: the place an instruction comes from. The sections are the guest's own
// word: anything malformed ends the unit it stands in and nothing else. Memory: 16 bytes per row of
// the tables and 32 per file, which take at least a byte each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libwasmrt/frontend/module.h"

namespace wasmrt {

/// A place in a source file; line and column count from 1, column 0 is the whole line.
struct SourceLine {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// The line table of a module, whose bytes must outlive it. Immutable once read.
class SourceLines {
 public:
  SourceLines() = default;
  /// Reads what the module has; empty when it has nothing.
  explicit SourceLines(const DecodedModule& module);

  [[nodiscard]] bool empty() const { return sequences_.empty(); }
  /// The place of the instruction at an offset in the module.
  [[nodiscard]] std::optional<SourceLine> find(std::uint64_t offset) const;

 private:
  friend class LineProgram;
  struct File {
    std::string_view directory;
    std::string_view path;
  };
  /// One row of the table that DWARF's line program describes.
  struct Row {
    std::uint32_t address = 0;  ///< From the beginning of the code section's contents.
    std::uint32_t file = 0;     ///< Index in files_.
    std::uint32_t line = 1;
    std::uint32_t column = 0;
  };
  /// Rows of contiguous code, ascending.
  struct Sequence {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::size_t first = 0;  ///< Index in rows_.
    std::size_t count = 0;
  };

  std::uint64_t code_offset_ = 0;
  std::vector<File> files_;
  std::vector<Row> rows_;
  std::vector<Sequence> sequences_;
};

}  // namespace wasmrt
