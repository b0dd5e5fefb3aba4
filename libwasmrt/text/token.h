// Tokens of the text format as the lexer leaves them: kind and place, no copies of the text.
//
// Annotations are not in the token sequence: those that mean something to us are kept on a side
// list, tied to the index of the token they stand before, so that no parser has to expect them
// everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libwasmrt/wasm/errors.h"

namespace wasmrt::text {

enum class TokenKind : std::uint8_t {
  Eof,
  LParen,
  RParen,
  Nat,       // 12, 0x1f, 1_000
  Int,       // a Nat with a sign
  Float,     // also inf, nan, nan:0x...
  String,    // escapes are checked but not yet replaced
  Id,        // $name or $"name"
  Keyword,   // [a-z] followed by identifier characters
  Reserved,  // a run of characters that is none of the above
};

struct Token {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  TokenKind kind = TokenKind::Eof;
};

enum class AnnotationKind : std::uint8_t { Custom, Name, BranchHint };

struct Annotation {
  std::uint32_t at = 0;     // index of the token that follows
  std::uint32_t first = 0;  // its contents: TokenList::annotation_tokens[first, first + count)
  std::uint32_t count = 0;
  std::uint32_t offset = 0;
  AnnotationKind kind = AnnotationKind::Custom;
};

struct TextError {
  std::uint32_t offset = 0;
  Err err = Err::UnexpectedToken;
  std::string detail;  // what follows the wording: the offending token
};

struct TokenList {
  std::string_view text;
  std::vector<Token> tokens;  // the last one is Eof
  std::vector<Token> annotation_tokens;
  std::vector<Annotation> annotations;

  [[nodiscard]] std::string_view text_of(const Token& t) const {
    return text.substr(t.offset, t.length);
  }
};

}  // namespace wasmrt::text
