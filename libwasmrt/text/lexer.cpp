// The lexer. A token is the longest run of identifier characters, strings and `, ; [ ] { }`; what
// the run is made of decides its kind. Parentheses, blanks and comments end a run.
#include "libwasmrt/text/lexer.h"

#include <array>
#include <limits>

#include "libwasmrt/text/number.h"
#include "libwasmrt/text/utf8.h"

namespace wasmrt::text {
namespace {

constexpr bool is_id_char(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != '\0' &&
         std::string_view("!#$%&'*+-./:<=>?@\\^_`|~").find(c) != std::string_view::npos;
}

constexpr std::array<bool, 256> kIdChar = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = is_id_char(static_cast<char>(c));
  return table;
}();

bool id_char(char c) { return kIdChar[static_cast<std::uint8_t>(c)]; }

bool punctuation(char c) {
  return c == ',' || c == ';' || c == '[' || c == ']' || c == '{' || c == '}';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What one escape denotes: a byte (\hh and the short forms) or a code point (\u{...}).
struct Escape {
  std::size_t length = 0;  // with the backslash; 0: malformed
  std::uint32_t value = 0;
  bool code_point = false;
};

Escape read_escape(std::string_view s) {  // s[0] is the backslash
  if (s.size() < 2) return {};
  switch (s[1]) {
    case 't': return {2, '\t', false};
    case 'n': return {2, '\n', false};
    case 'r': return {2, '\r', false};
    case '"':
    case '\'':
    case '\\': return {2, static_cast<std::uint32_t>(s[1]), false};
    case 'u': break;
    default: {
      const int high = hex_value(s[1]);
      const int low = s.size() > 2 ? hex_value(s[2]) : -1;
      if (high < 0 || low < 0) return {};
      return {3, static_cast<std::uint32_t>(high * 16 + low), false};
    }
  }
  const std::size_t close = s.find('}');
  if (s.size() < 4 || s[2] != '{' || close == std::string_view::npos) return {};
  std::string_view digits = s.substr(3, close - 3);
  if (digits.empty()) return {};
  bool after_digit = false;
  std::uint32_t value = 0;
  for (char c : digits) {
    const int digit = hex_value(c);
    if (digit < 0 && !(c == '_' && after_digit)) return {};
    after_digit = digit >= 0;
    if (digit >= 0) value = value * 16 + static_cast<std::uint32_t>(digit);
    if (value > 0x10ffff) return {};
  }
  if (!after_digit || (value >= 0xd800 && value < 0xe000)) return {};
  return {close + 1, value, true};
}

class Lexer {
 public:
  Lexer(std::string_view text, TokenList& out, TextError& error)
      : text_(text), out_(out), error_(error) {}

  bool run();

 private:
  bool fail(std::size_t at, Err err) {
    error_.offset = static_cast<std::uint32_t>(at);
    error_.err = err;
    return false;
  }
  [[nodiscard]] bool at(std::string_view s) const { return text_.substr(pos_, s.size()) == s; }
  bool unexpected_character();
  bool skip_blanks();
  bool skip_block_comment();
  bool skip_string();
  bool next(Token& token);
  TokenKind classify(std::size_t start, bool strings, bool marks);
  bool id_token(std::size_t start, Token& token);
  bool annotation();
  bool annotation_id(std::string& id);
  bool annotation_body(std::size_t open, bool keep);

  std::string_view text_;
  TokenList& out_;
  TextError& error_;
  std::size_t pos_ = 0;
};

bool Lexer::unexpected_character() {
  const std::size_t n = utf8_char(text_, pos_);
  return fail(pos_, n == 0 ? Err::TextMalformedUtf8 : Err::IllegalCharacter);
}

bool Lexer::skip_blanks() {
  while (pos_ < text_.size()) {
    const char c = text_[pos_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++pos_;
    } else if (at(";;")) {
      while (pos_ < text_.size() && text_[pos_] != '\n' && text_[pos_] != '\r') {
        const std::size_t n = utf8_char(text_, pos_);
        if (n == 0) return fail(pos_, Err::TextMalformedUtf8);
        pos_ += n;
      }
    } else if (at("(;")) {
      if (!skip_block_comment()) return false;
    } else {
      break;
    }
  }
  return true;
}

bool Lexer::skip_block_comment() {
  const std::size_t open = pos_;
  pos_ += 2;
  for (std::size_t depth = 1; depth > 0;) {
    if (pos_ >= text_.size()) return fail(open, Err::UnclosedComment);
    if (at("(;")) {
      ++depth;
      pos_ += 2;
    } else if (at(";)")) {
      --depth;
      pos_ += 2;
    } else {
      const std::size_t n = utf8_char(text_, pos_);
      if (n == 0) return fail(pos_, Err::TextMalformedUtf8);
      pos_ += n;
    }
  }
  return true;
}

bool Lexer::skip_string() {
  const std::size_t open = pos_++;
  while (pos_ < text_.size() && text_[pos_] != '"') {
    const char c = text_[pos_];
    if (c == '\n' || c == '\r') break;
    if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f) {
      return fail(pos_, Err::IllegalCharacter);
    }
    std::size_t n = utf8_char(text_, pos_);
    if (n == 0) return fail(pos_, Err::TextMalformedUtf8);
    if (c == '\\') {
      n = read_escape(text_.substr(pos_)).length;
      if (n == 0) return fail(pos_, Err::IllegalEscape);
    }
    pos_ += n;
  }
  if (pos_ >= text_.size() || text_[pos_] != '"') return fail(open, Err::UnclosedString);
  ++pos_;
  return true;
}

bool Lexer::next(Token& token) {
  const std::size_t start = pos_;
  const char first = text_[pos_];
  token.offset = static_cast<std::uint32_t>(start);
  if (first == '(' || first == ')') {
    ++pos_;
    token.length = 1;
    token.kind = first == '(' ? TokenKind::LParen : TokenKind::RParen;
    return true;
  }
  bool strings = false;
  bool marks = false;
  while (pos_ < text_.size()) {
    const char c = text_[pos_];
    if (id_char(c)) {
      ++pos_;
    } else if (c == '"') {
      // A string that does not end cannot be the name of an identifier: the `$` stands alone.
      const bool name = pos_ == start + 1 && first == '$';
      if (!skip_string()) return name ? fail(start, Err::EmptyIdentifier) : false;
      strings = true;
    } else if (punctuation(c) && !at(";;")) {
      ++pos_;
      marks = true;
    } else {
      break;
    }
  }
  if (pos_ == start) return unexpected_character();
  token.length = static_cast<std::uint32_t>(pos_ - start);
  token.kind = classify(start, strings, marks);
  return first != '$' || id_token(start, token);
}

TokenKind Lexer::classify(std::size_t start, bool strings, bool marks) {
  const std::string_view s = text_.substr(start, pos_ - start);
  if (marks) return TokenKind::Reserved;
  if (strings) {
    const std::size_t saved = pos_;
    pos_ = start + (s[0] == '$' ? 1 : 0);
    const bool whole = text_[pos_] == '"' && skip_string() && pos_ == saved;
    pos_ = saved;
    if (!whole) return TokenKind::Reserved;
    return s[0] == '$' ? TokenKind::Id : TokenKind::String;
  }
  if (s[0] == '$') return TokenKind::Id;
  if (is_nat(s)) return TokenKind::Nat;
  if (is_int(s)) return TokenKind::Int;
  if (is_float(s)) return TokenKind::Float;
  return s[0] >= 'a' && s[0] <= 'z' ? TokenKind::Keyword : TokenKind::Reserved;
}

bool Lexer::id_token(std::size_t start, Token& token) {
  const std::string_view s = text_.substr(start, token.length);
  if (s == "$" || s == "$\"\"") return fail(start, Err::EmptyIdentifier);
  if (token.kind == TokenKind::Id && s[1] == '"') {
    std::string name;
    append_string(s.substr(1), name);
    if (!is_utf8(name)) return fail(start, Err::TextMalformedUtf8);
  }
  return true;
}

bool Lexer::annotation_id(std::string& id) {
  const std::size_t start = pos_;
  if (pos_ < text_.size() && text_[pos_] == '"') {
    if (!skip_string()) {
      // A string that does not end is no string, and the annotation has no name.
      return error_.err == Err::TextMalformedUtf8 ? false : fail(start, Err::EmptyAnnotationId);
    }
    append_string(text_.substr(start, pos_ - start), id);
  } else {
    while (pos_ < text_.size() && id_char(text_[pos_])) ++pos_;
    id = text_.substr(start, pos_ - start);
  }
  if (id.empty()) return fail(start, Err::EmptyAnnotationId);
  if (!is_utf8(id)) return fail(start, Err::TextMalformedUtf8);
  return true;
}

bool Lexer::annotation() {
  const std::size_t open = pos_;
  pos_ += 2;
  std::string id;
  if (!annotation_id(id)) return false;
  const bool custom = id == "custom";
  const bool name = id == "name";
  const bool keep = custom || name || id == "metadata.code.branch_hint";
  Annotation a;
  a.at = static_cast<std::uint32_t>(out_.tokens.size());
  a.first = static_cast<std::uint32_t>(out_.annotation_tokens.size());
  a.offset = static_cast<std::uint32_t>(open);
  a.kind = custom ? AnnotationKind::Custom
           : name ? AnnotationKind::Name
                  : AnnotationKind::BranchHint;
  if (!annotation_body(open, keep)) return false;
  if (!keep) return true;
  a.count = static_cast<std::uint32_t>(out_.annotation_tokens.size()) - a.first;
  out_.annotations.push_back(a);
  return true;
}

// Everything up to the closing parenthesis. Nested annotations are plain parentheses here.
bool Lexer::annotation_body(std::size_t open, bool keep) {
  for (std::size_t depth = 1;;) {
    if (!skip_blanks()) return false;
    if (pos_ >= text_.size()) return fail(open, Err::UnclosedAnnotation);
    Token token;
    // A lone `$` is of no concern here; what is no character at all is.
    if (!next(token)) {
      if (error_.err != Err::EmptyIdentifier) return false;
      token.kind = TokenKind::Reserved;
    }
    if (token.kind == TokenKind::LParen) ++depth;
    if (token.kind == TokenKind::RParen && --depth == 0) return true;
    if (keep) out_.annotation_tokens.push_back(token);
  }
}

bool Lexer::run() {
  if (text_.size() >= std::numeric_limits<std::uint32_t>::max()) return fail(0, Err::TextTooLarge);
  out_.text = text_;
  while (true) {
    if (!skip_blanks()) return false;
    if (pos_ >= text_.size()) break;
    if (at("(@")) {
      if (!annotation()) return false;
      continue;
    }
    Token token;
    if (!next(token)) return false;
    out_.tokens.push_back(token);
  }
  Token end;
  end.offset = static_cast<std::uint32_t>(text_.size());
  out_.tokens.push_back(end);
  return true;
}

}  // namespace

bool lex(std::string_view text, TokenList& out, TextError& error) {
  return Lexer(text, out, error).run();
}

void append_string(std::string_view literal, std::string& out) {
  for (std::size_t i = 1; i + 1 < literal.size();) {
    if (literal[i] != '\\') {
      out.push_back(literal[i++]);
      continue;
    }
    const Escape escape = read_escape(literal.substr(i));
    if (escape.code_point) {
      append_utf8(escape.value, out);
    } else {
      out.push_back(static_cast<char>(escape.value));
    }
    i += escape.length;
  }
}

Position position_of(std::string_view text, std::uint32_t offset) {
  Position p;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++p.line;
      line_start = i + 1;
    }
  }
  p.column = offset - static_cast<std::uint32_t>(line_start) + 1;
  return p;
}

}  // namespace wasmrt::text
