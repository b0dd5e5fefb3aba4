// What is to be told of how the functions of a module were compiled (`wasmrt-run --stats`).
//
// In: the compiler's word on each function. Out: counts, and a text of them that images carry.
// Guaranteed: `from_text` understands what `text` wrote, and takes of anything else what it
// understands.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace wasmrt::engine {

struct CompileNotes {
  std::map<std::string, std::uint64_t, std::less<>> declined;  ///< Functions by reason.
  std::uint64_t light = 0;      ///< Functions whose registers the light allocator gave.
  std::uint64_t sectioned = 0;  ///< Functions compiled in sections.

  /// Functions without machine code.
  [[nodiscard]] std::uint64_t declined_count() const;
  /// A line each: number and reason; the light ones and those in sections first.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static CompileNotes from_text(std::string_view text);
};

}  // namespace wasmrt::engine
