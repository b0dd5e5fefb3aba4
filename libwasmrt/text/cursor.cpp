// Literals and errors of the cursor.
#include "libwasmrt/text/cursor.h"

#include "libwasmrt/text/keywords.h"
#include "libwasmrt/text/lexer.h"
#include "libwasmrt/text/number.h"
#include "libwasmrt/text/utf8.h"

namespace wasmrt::text {

void Cursor::skip_group() {
  std::size_t depth = 0;
  do {
    if (kind() == TokenKind::Eof) return unexpected();
    if (kind() == TokenKind::LParen) ++depth;
    if (kind() == TokenKind::RParen) --depth;
    skip();
  } while (depth > 0);
}

std::string Cursor::string() {
  std::string bytes;
  if (kind() != TokenKind::String) {
    unexpected();
  } else {
    append_string(text(), bytes);
    skip();
  }
  return bytes;
}

std::string Cursor::name() {
  const std::uint32_t at = offset();
  std::string bytes = string();
  if (!failed_ && !is_utf8(bytes)) fail_at(at, Err::TextMalformedUtf8);
  return bytes;
}

std::uint32_t Cursor::nat32() {
  if (kind() != TokenKind::Nat) {
    unexpected();
    return 0;
  }
  const auto value = parse_nat(text());
  if (!value || *value > 0xffff'ffff) {
    fail(Err::I32ConstantOutOfRange, text());
    return 0;
  }
  skip();
  return static_cast<std::uint32_t>(*value);
}

std::uint64_t Cursor::nat64() {
  if (kind() != TokenKind::Nat) {
    unexpected();
    return 0;
  }
  const auto value = parse_nat(text());
  if (!value) {
    fail(Err::I64ConstantOutOfRange, text());
    return 0;
  }
  skip();
  return *value;
}

void Cursor::fail_at(std::uint32_t offset, Err err, std::string_view detail) {
  if (failed_) return;
  failed_ = true;
  error_ = {offset, err, std::string(detail)};
  pos_ = list_.tokens.size() - 1;
}

void Cursor::unexpected() {
  const TokenKind k = kind();
  if (k == TokenKind::Eof) return fail(Err::UnexpectedToken, "end of input");
  const bool unknown =
      k == TokenKind::Reserved || (k == TokenKind::Keyword && !is_known_keyword(text()));
  fail(unknown ? Err::UnknownOperator : Err::UnexpectedToken, text());
}

void Cursor::unexpected_in_open() {
  if (kind() == TokenKind::LParen && kind(1) != TokenKind::Eof) skip();
  unexpected();
}

namespace {

/// What stands at an offset, for errors that do not say it: a word, a parenthesis, or a byte that
/// cannot be shown.
std::string token_at(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "end of input";
  const std::string_view rest = text.substr(offset);
  const auto first = static_cast<unsigned char>(rest[0]);
  if (first < 0x20 || first == 0x7f || utf8_char(rest, 0) == 0) {
    constexpr char kDigits[] = "0123456789abcdef";
    return {'0', 'x', kDigits[first >> 4], kDigits[first & 15]};
  }
  if (rest[0] == '(' || rest[0] == ')') {
    const bool two = rest.substr(0, 2) == "(;" || rest.substr(0, 2) == "(@";
    return std::string(rest.substr(0, two ? 2 : 1));
  }
  std::size_t n = 0;
  while (n < rest.size() && static_cast<unsigned char>(rest[n]) > ' ' && rest[n] != '(' &&
         rest[n] != ')') {
    ++n;
  }
  return std::string(rest.substr(0, n));
}

}  // namespace

std::string describe(const TextError& error, std::string_view text) {
  // Long tokens and control characters help nobody.
  constexpr std::size_t kMaxDetail = 60;
  const std::string detail = error.detail.empty() ? token_at(text, error.offset) : error.detail;
  const Position p = position_of(text, error.offset);
  std::string message(err_prefix(err_category(error.err)));
  message += ": ";
  message += err_wording(error.err);
  message += ' ';
  std::size_t n = 0;
  while (n < detail.size() && n < kMaxDetail) {
    const std::size_t c = utf8_char(detail, n);
    if (c == 0) break;
    n += c;
  }
  message += detail.substr(0, n);
  if (n < detail.size()) message += "...";
  message += " at line " + std::to_string(p.line) + ", column " + std::to_string(p.column);
  return message;
}

}  // namespace wasmrt::text
