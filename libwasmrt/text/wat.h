// The text format: a `.wat` module in, the bytes of the binary format out.
//
// In: UTF-8 text of one module, with or without the surrounding `(module ...)`. Out: a binary
// module, or an Error with code Text, line, column and the offending token. The result is
// syntactically well-formed but not validated: that is the work of frontend/. Time and memory are
// linear in the size of the text; nesting costs heap, not stack.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <wasmrt/result.hpp>

namespace wasmrt::text {

struct WatOptions {
  /// Keep identifiers in a name section, so that traps and listings show them.
  bool names = true;
};

/// Converts the text of a module into the binary format.
Result<std::vector<std::uint8_t>> wat_to_wasm(std::string_view text,
                                              const WatOptions& options = {});

}  // namespace wasmrt::text
