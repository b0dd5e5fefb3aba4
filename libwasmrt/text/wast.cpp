// Commands of a script, one after the other. Modules are encoded where they stand, so that their
// errors have the lines of the script.
#include "libwasmrt/text/wast.h"

#include <algorithm>

#include "libwasmrt/text/encoder.h"
#include "libwasmrt/text/lexer.h"
#include "libwasmrt/text/script_values.h"

namespace wasmrt::text {
namespace {

Error to_error(const TextError& error, std::string_view text) {
  Error e(ErrorCode::Text, describe(error, text), error.offset);
  const Position p = position_of(text, error.offset);
  e.line = p.line;
  e.column = p.column;
  return e;
}

class ScriptParser {
 public:
  ScriptParser(const TokenList& list, const WatOptions& options)
      : list_(list), in_(list, 0), options_(options) {}

  Result<std::vector<Command>> run();

 private:
  Command command();
  void module(Command& c);
  ScriptModule module_source(std::size_t open, std::string_view id);
  void nested_module(Command& c);
  ScriptModule encode(std::size_t first, std::size_t last, std::string_view id);
  ScriptAction action();
  void assertion(Command& c);
  void thread(Command& c);
  std::string optional_id();
  std::uint32_t line();

  const TokenList& list_;
  Cursor in_;
  WatOptions options_;
  std::deque<std::string> strings_;
  std::uint32_t line_ = 1;  // of line_offset_
  std::uint32_t line_offset_ = 0;
};

std::uint32_t ScriptParser::line() {
  const std::uint32_t offset = in_.offset();
  for (; line_offset_ < offset; ++line_offset_) {
    if (list_.text[line_offset_] == '\n') ++line_;
  }
  return line_;
}

std::string ScriptParser::optional_id() {
  if (in_.kind() != TokenKind::Id) return {};
  std::string name(id_name(in_.text(), strings_));
  in_.skip();
  return name;
}

ScriptModule ScriptParser::encode(std::size_t first, std::size_t last, std::string_view id) {
  ScriptModule m;
  TextError error;
  if (!encode_module(list_, first, last, id, options_, m.bytes, error)) {
    m.error = to_error(error, list_.text);
  }
  return m;
}

// Behind `(module` and what describes it; `open` is the position of the parenthesis.
ScriptModule ScriptParser::module_source(std::size_t open, std::string_view id) {
  ScriptModule m;
  const bool binary = in_.at_keyword("binary");
  if (binary || in_.at_keyword("quote")) {
    in_.skip();
    std::string source;
    while (in_.kind() == TokenKind::String) source += in_.string();
    in_.expect_close();
    m.form = binary ? ModuleForm::Binary : ModuleForm::Quote;
    if (binary) {
      m.bytes.assign(source.begin(), source.end());
      return m;
    }
    auto encoded = wat_to_wasm(source, options_);
    if (encoded.ok()) {
      m.bytes = std::move(*encoded);
    } else {
      m.error = encoded.error();
    }
    return m;
  }
  const std::size_t first = in_.position();
  in_.seek(open);
  in_.skip_group();
  if (in_.failed()) return m;
  return encode(first, in_.position() - 1, id);
}

// (module definition? id? ...) | (module instance id? id?)
void ScriptParser::module(Command& c) {
  const std::size_t open = in_.position();
  in_.skip(2);
  if (in_.take_keyword("instance")) {
    c.kind = CommandKind::ModuleInstance;
    c.name = optional_id();
    c.instance_of = optional_id();
    return in_.expect_close();
  }
  c.kind = CommandKind::Module;
  if (in_.take_keyword("definition")) c.kind = CommandKind::ModuleDefinition;
  const std::string_view id = in_.kind() == TokenKind::Id ? in_.text() : std::string_view();
  c.name = optional_id();
  c.module = module_source(open, id);
}

void ScriptParser::nested_module(Command& c) {
  if (!in_.at_open("module")) return in_.unexpected_in_open();
  const CommandKind kind = c.kind;
  module(c);
  c.kind = kind;
}

// (invoke id? "name" value*) | (get id? "name")
ScriptAction ScriptParser::action() {
  ScriptAction a;
  a.is_get = in_.at_open("get");
  if (!a.is_get && !in_.at_open("invoke")) {
    in_.unexpected_in_open();
    return a;
  }
  in_.skip(2);
  a.module = optional_id();
  a.field = in_.name();
  while (!a.is_get && in_.kind() == TokenKind::LParen) a.args.push_back(script_value(in_, false));
  in_.expect_close();
  return a;
}

void ScriptParser::assertion(Command& c) {
  switch (c.kind) {
    case CommandKind::AssertReturn:
      c.action = action();
      while (in_.kind() == TokenKind::LParen) c.expected.push_back(script_value(in_, true));
      break;
    case CommandKind::AssertException: c.action = action(); break;
    case CommandKind::AssertTrap:
    case CommandKind::AssertExhaustion:
      if (in_.at_open("module")) {
        nested_module(c);
      } else {
        c.action = action();
      }
      c.text = in_.string();
      break;
    default:
      nested_module(c);
      c.text = in_.string();
      break;
  }
  in_.expect_close();
}

// (thread $name (shared (module $m))* command*)
void ScriptParser::thread(Command& c) {
  c.name = optional_id();
  while (in_.take_open("shared")) {
    in_.expect_open("module");
    c.shared.push_back(optional_id());
    in_.expect_close();
    in_.expect_close();
  }
  while (in_.kind() == TokenKind::LParen) {
    if (in_.at_open("thread")) return in_.unexpected_in_open();  // threads do not nest
    c.commands.push_back(command());
  }
  in_.expect_close();
}

Command ScriptParser::command() {
  constexpr struct {
    std::string_view keyword;
    CommandKind kind;
  } kAssertions[] = {{"assert_return", CommandKind::AssertReturn},
                     {"assert_trap", CommandKind::AssertTrap},
                     {"assert_exhaustion", CommandKind::AssertExhaustion},
                     {"assert_exception", CommandKind::AssertException},
                     {"assert_malformed", CommandKind::AssertMalformed},
                     {"assert_invalid", CommandKind::AssertInvalid},
                     {"assert_unlinkable", CommandKind::AssertUnlinkable},
                     {"assert_malformed_custom", CommandKind::AssertMalformedCustom},
                     {"assert_invalid_custom", CommandKind::AssertInvalidCustom}};
  Command c;
  c.line = line();
  if (in_.at_open("module")) {
    module(c);
  } else if (in_.at_open("invoke") || in_.at_open("get")) {
    c.kind = CommandKind::Action;
    c.action = action();
  } else if (in_.take_open("register")) {
    c.kind = CommandKind::Register;
    c.text = in_.name();
    c.name = optional_id();
    in_.expect_close();
  } else if (in_.take_open("thread")) {
    c.kind = CommandKind::Thread;
    thread(c);
  } else if (in_.take_open("wait")) {
    c.kind = CommandKind::Wait;
    c.name = optional_id();
    in_.expect_close();
  } else {
    const auto* found = std::find_if(std::begin(kAssertions), std::end(kAssertions),
                                     [&](const auto& a) { return in_.at_open(a.keyword); });
    if (found == std::end(kAssertions)) {
      in_.unexpected_in_open();
    } else {
      in_.skip(2);
      c.kind = found->kind;
      assertion(c);
    }
  }
  return c;
}

bool begins_field(const Cursor& in) {
  constexpr std::string_view kFields[] = {"type",   "rec",    "import", "func", "table", "memory",
                                          "global", "export", "start",  "elem", "data",  "tag"};
  return std::any_of(std::begin(kFields), std::end(kFields),
                     [&](std::string_view k) { return in.at_open(k); });
}

Result<std::vector<Command>> ScriptParser::run() {
  std::vector<Command> commands;
  if (begins_field(in_)) {
    // A file that is nothing but the fields of one module.
    Command c;
    c.line = line();
    c.module = encode(0, list_.tokens.size() - 1, {});
    commands.push_back(std::move(c));
    return commands;
  }
  while (in_.kind() != TokenKind::Eof) commands.push_back(command());
  if (in_.failed()) return to_error(in_.error(), list_.text);
  return commands;
}

}  // namespace

Result<std::vector<Command>> parse_wast(std::string_view text, const WatOptions& options) {
  TokenList list;
  TextError error;
  if (!lex(text, list, error)) return to_error(error, text);
  return ScriptParser(list, options).run();
}

}  // namespace wasmrt::text
