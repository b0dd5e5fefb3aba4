// Tokens: kinds, delimiters, strings and escapes, annotations, lexical errors.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "libwasmrt/text/lexer.h"

using namespace wasmrt;
using namespace wasmrt::text;

namespace {

// One letter per token, e.g. "(KN)".
std::string kinds(std::string_view text) {
  TokenList list;
  TextError error;
  if (!lex(text, list, error)) return std::string(err_wording(error.err));
  std::string out;
  for (const Token& t : list.tokens) out += "$()NIFS#KR"[static_cast<std::size_t>(t.kind)];
  out.pop_back();  // the end
  return out;
}

std::string denoted(std::string_view literal) {
  std::string out;
  append_string(literal, out);
  return out;
}

}  // namespace

TEST_CASE("kinds of tokens", "[text]") {
  CHECK(kinds("(i32.const 1 -1 1.5 nan \"s\" $id)") == "(KNIFFS#)");
  CHECK(kinds("$\"quoted id\" 0$l \"a\"\"b\" a,b ; 1__0 @x") == "#RRRRRR");
  CHECK(kinds("nan:0x1 nan:canonical inf infx offset=4") == "FKFKK");
}

TEST_CASE("blanks, comments and parentheses separate tokens", "[text]") {
  CHECK(kinds("nop;;bla\nnop") == "KK");
  CHECK(kinds("a(;x(;nested;)y;)b") == "KK");
  CHECK(kinds("a;; to the end") == "K");
  CHECK(kinds("a ;; carriage return\rb") == "KK");
  CHECK(kinds("br 0(nop)\"s\"(nop)") == "KN(K)S(K)");
  CHECK(kinds("(; never closed (; ;)") == "unclosed comment");
}

TEST_CASE("strings denote bytes", "[text]") {
  CHECK(denoted("\"a\\n\\t\\\\\\'\\\"\\r\"") == "a\n\t\\'\"\r");
  CHECK(denoted("\"\\00\\ff\"") == std::string("\0\xff", 2));
  CHECK(denoted("\"\\u{3bb}\\u{1_F600}\\u{000041}\"") ==
        "\xce\xbb\xf0\x9f\x98\x80"
        "A");
  CHECK(kinds("\"\\x\"") == "illegal escape");
  CHECK(kinds("\"\\u{110000}\"") == "illegal escape");
  CHECK(kinds("\"\\u{d800}\"") == "illegal escape");
  CHECK(kinds("\"\\u{}\"") == "illegal escape");
  CHECK(kinds("\"\\u{4") == "illegal escape");
  CHECK(kinds("\"open") == "unclosed string");
  CHECK(kinds("\"line\nbreak\"") == "unclosed string");
  CHECK(kinds("\"\x01\"") == "illegal character");
  CHECK(kinds("\"\xff\"") == "malformed UTF-8 encoding");
}

TEST_CASE("identifiers are not empty", "[text]") {
  CHECK(kinds("$") == "empty identifier");
  CHECK(kinds("$ \"a\"") == "empty identifier");
  CHECK(kinds("$\"\"") == "empty identifier");
  CHECK(kinds("$\"a\nb\"") == "empty identifier");
  CHECK(kinds("$\"\\ef\"") == "malformed UTF-8 encoding");
}

TEST_CASE("characters outside of strings and comments are ASCII", "[text]") {
  CHECK(kinds("\xc3\xa4") == "illegal character");
  CHECK(kinds("\x80") == "malformed UTF-8 encoding");
  CHECK(kinds(std::string_view("\0", 1)) == "illegal character");
  CHECK(kinds(";; \xc3\xa4") == "");
  CHECK(kinds(";; \xc0\x80") == "malformed UTF-8 encoding");
  CHECK(kinds("(; \xed\xa0\x80 ;)") == "malformed UTF-8 encoding");
}

TEST_CASE("annotations leave no tokens", "[text]") {
  CHECK(kinds("(@a (x \")\" $ 5x ,{ (@b)) ;) nop") == "K");
  CHECK(kinds("(@\"quoted id\" x)") == "");
  CHECK(kinds("(@)") == "empty annotation id");
  CHECK(kinds("(@\"\\ef\")") == "malformed UTF-8 encoding");
  CHECK(kinds("(@a (b)") == "unclosed annotation");
  CHECK(kinds("(@a \x7f)") == "illegal character");

  TokenList list;
  TextError error;
  REQUIRE(lex("(module (@name \"m\") (@other) (func (@custom \"c\" (after code))))", list, error));
  REQUIRE(list.annotations.size() == 2);
  CHECK(list.annotations[0].at == 2);
  CHECK(list.annotations[0].kind == AnnotationKind::Name);
  CHECK(list.annotations[1].at == 4);
  CHECK(list.annotations[1].count == 5);
}

TEST_CASE("positions count lines and bytes from one", "[text]") {
  CHECK(position_of("ab\ncd", 0).column == 1);
  CHECK(position_of("ab\ncd", 4).line == 2);
  CHECK(position_of("ab\ncd", 4).column == 2);
}
