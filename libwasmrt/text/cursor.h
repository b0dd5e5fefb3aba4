// A place in the token sequence, and the error that ends the work.
//
// The first error is kept and moves the cursor to the end of input, where nothing matches: parsers
// need no error path, their loops run dry. `failed()` is asked once, at the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libwasmrt/text/token.h"

namespace wasmrt::text {

class Cursor {
 public:
  Cursor(const TokenList& list, std::size_t position) : list_(list), pos_(position) {}

  [[nodiscard]] const TokenList& list() const { return list_; }
  [[nodiscard]] std::size_t position() const { return pos_; }
  void seek(std::size_t position) {
    if (!failed_) pos_ = position;
  }

  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
    const std::size_t last = list_.tokens.size() - 1;
    return list_.tokens[pos_ + ahead < last ? pos_ + ahead : last];
  }
  [[nodiscard]] TokenKind kind(std::size_t ahead = 0) const { return peek(ahead).kind; }
  [[nodiscard]] std::string_view text(std::size_t ahead = 0) const {
    return list_.text_of(peek(ahead));
  }
  [[nodiscard]] std::uint32_t offset() const { return peek().offset; }

  [[nodiscard]] bool at_keyword(std::string_view keyword, std::size_t ahead = 0) const {
    return kind(ahead) == TokenKind::Keyword && text(ahead) == keyword;
  }
  /// At `( keyword`.
  [[nodiscard]] bool at_open(std::string_view keyword) const {
    return kind() == TokenKind::LParen && at_keyword(keyword, 1);
  }
  [[nodiscard]] bool at_close() const { return kind() == TokenKind::RParen; }
  [[nodiscard]] bool at_index() const {
    return kind() == TokenKind::Nat || kind() == TokenKind::Id;
  }

  void skip(std::size_t count = 1) {
    const std::size_t last = list_.tokens.size() - 1;
    pos_ = pos_ + count < last ? pos_ + count : last;
  }
  bool take_keyword(std::string_view keyword) {
    if (!at_keyword(keyword)) return false;
    skip();
    return true;
  }
  bool take_open(std::string_view keyword) {
    if (!at_open(keyword)) return false;
    skip(2);
    return true;
  }
  bool take_close() {
    if (!at_close()) return false;
    skip();
    return true;
  }
  void expect_open(std::string_view keyword) {
    if (!take_open(keyword)) unexpected_in_open();
  }
  void expect_close() {
    if (!take_close()) unexpected();
  }
  /// Skips a whole `( ... )`; the cursor is at the opening parenthesis.
  void skip_group();

  /// A string literal's bytes.
  std::string string();
  /// A string literal that must be UTF-8.
  std::string name();
  /// A nat below 2^32 or 2^64.
  std::uint32_t nat32();
  std::uint64_t nat64();

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const TextError& error() const { return error_; }
  /// Records an error at the current token, or at a given offset.
  void fail(Err err, std::string_view detail = {}) { fail_at(offset(), err, detail); }
  void fail_at(std::uint32_t offset, Err err, std::string_view detail = {});
  /// The current token does not belong here.
  void unexpected();
  /// The same where `( keyword` was wanted: the keyword is to blame if there is one.
  void unexpected_in_open();

 private:
  const TokenList& list_;
  std::size_t pos_;
  bool failed_ = false;
  TextError error_;
};

/// The whole message: category, wording, detail, line and column.
std::string describe(const TextError& error, std::string_view text);

}  // namespace wasmrt::text
