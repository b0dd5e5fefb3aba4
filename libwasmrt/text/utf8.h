// UTF-8: checking and encoding. Both reject surrogates, overlong forms and values above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wasmrt::text {

/// Length in bytes of the well-formed character at `at`, or 0.
std::size_t utf8_char(std::string_view text, std::size_t at);

bool is_utf8(std::string_view text);

void append_utf8(std::uint32_t code_point, std::string& out);

}  // namespace wasmrt::text
