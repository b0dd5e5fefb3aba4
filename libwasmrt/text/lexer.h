// Text in, tokens out. Guarantees of the result: every string and quoted identifier is valid UTF-8
// outside its escapes, its escapes are well-formed, identifiers are not empty and their names are
// valid UTF-8, annotations are closed. One pass, linear time.
#pragma once

#include <string>
#include <string_view>

#include "libwasmrt/text/token.h"

namespace wasmrt::text {

/// Splits `text` into tokens. False with `error` filled at the first lexical error.
bool lex(std::string_view text, TokenList& out, TextError& error);

/// Appends the bytes that a string literal (with its quotes) denotes.
void append_string(std::string_view literal, std::string& out);

/// Line and column (both from 1, the column in bytes) of an offset.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};
Position position_of(std::string_view text, std::uint32_t offset);

}  // namespace wasmrt::text
