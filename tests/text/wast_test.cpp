// Scripts: the commands and what they hold.
#include <catch2/catch_test_macros.hpp>

#include "libwasmrt/text/wast.h"

using namespace wasmrt;
using namespace wasmrt::text;

namespace {

std::vector<Command> parse(std::string_view text) {
  auto r = parse_wast(text);
  INFO((r.ok() ? std::string() : r.error().message));
  REQUIRE(r.ok());
  return std::move(*r);
}

}  // namespace

TEST_CASE("modules of a script", "[text]") {
  const auto c = parse(
      "(module $a (func))\n"
      "(module binary \"\\00asm\" \"\\01\\00\\00\\00\")\n"
      "(module $q quote \"(func\" \" nop)\")\n"
      "(module definition $d (memory 1))\n"
      "(module instance $i $d)\n"
      "(register \"name\" $a)");
  REQUIRE(c.size() == 6);
  CHECK(c[0].kind == CommandKind::Module);
  CHECK(c[0].name == "a");
  CHECK(c[0].line == 1);
  CHECK(c[1].module->form == ModuleForm::Binary);
  CHECK(c[1].module->bytes.size() == 8);
  CHECK(c[1].line == 2);
  CHECK(c[2].module->form == ModuleForm::Quote);
  CHECK(c[2].name == "q");
  CHECK_FALSE(c[2].module->error);
  CHECK(c[3].kind == CommandKind::ModuleDefinition);
  CHECK(c[4].kind == CommandKind::ModuleInstance);
  CHECK(c[4].name == "i");
  CHECK(c[4].instance_of == "d");
  CHECK(c[5].text == "name");
  CHECK(c[5].name == "a");
}

TEST_CASE("a file of fields alone is one module", "[text]") {
  const auto c = parse("(func (export \"f\")) (memory 0)");
  REQUIRE(c.size() == 1);
  CHECK_FALSE(c[0].module->error);
}

TEST_CASE("a module that does not encode keeps its error, with the script's lines", "[text]") {
  const auto c = parse(
      "\n(assert_malformed (module quote \"(func\") \"unexpected token\")\n"
      "(assert_invalid (module\n (func foo)) \"x\")");
  REQUIRE(c.size() == 2);
  REQUIRE(c[0].module->error);
  CHECK(c[0].text == "unexpected token");
  REQUIRE(c[1].module->error);
  CHECK(c[1].module->error->line == 4);
}

TEST_CASE("actions and expected results", "[text]") {
  const auto c = parse(
      "(assert_return (invoke $m \"f\" (i32.const -1) (f64.const 0.5) (ref.null func) (ref.extern "
      "7))\n"
      "  (f32.const nan:canonical) (v128.const f32x4 nan:arithmetic 1 0 inf)\n"
      "  (either (i64.const 1) (i64.const 2)) (ref.null) (ref.i31) (ref.func))\n"
      "(assert_trap (invoke \"g\") \"unreachable\")\n"
      "(get \"x\")\n"
      "(assert_trap (module (func)) \"out of bounds\")");
  REQUIRE(c.size() == 4);
  REQUIRE(c[0].action);
  CHECK(c[0].action->module == "m");
  REQUIRE(c[0].action->args.size() == 4);
  CHECK(c[0].action->args[0].bits == 0xffffffffu);
  CHECK(c[0].action->args[1].bits == 0x3fe0000000000000u);
  CHECK(c[0].action->args[2].heap == "func");
  CHECK(c[0].action->args[3].bits == 7);
  REQUIRE(c[0].expected.size() == 6);
  CHECK(c[0].expected[0].nan == NanPattern::Canonical);
  CHECK(c[0].expected[1].lane_nans[0] == NanPattern::Arithmetic);
  CHECK(c[0].expected[1].bytes[7] == 0x3f);
  CHECK(c[0].expected[2].choices.size() == 2);
  CHECK(c[0].expected[3].heap.empty());
  CHECK(c[0].expected[4].kind == ValueKind::RefI31);
  CHECK_FALSE(c[0].expected[5].has_bits);
  CHECK(c[1].text == "unreachable");
  CHECK(c[2].action->is_get);
  CHECK(c[3].module);
}

TEST_CASE("threads", "[text]") {
  const auto c = parse(
      "(module $mem (memory 1 1 shared))\n"
      "(thread $t (shared (module $mem)) (register \"mem\" $mem) (module (func)))\n"
      "(wait $t)");
  REQUIRE(c.size() == 3);
  CHECK(c[1].kind == CommandKind::Thread);
  CHECK(c[1].name == "t");
  CHECK(c[1].shared == std::vector<std::string>{"mem"});
  CHECK(c[1].commands.size() == 2);
  CHECK(c[2].kind == CommandKind::Wait);
}

TEST_CASE("errors of the script itself", "[text]") {
  CHECK(parse_wast("(assert_return (invoke \"f\") (i32.const x))").error().message ==
        "text error: unknown operator x at line 1, column 40");
  CHECK(parse_wast("(modul)").error().message ==
        "text error: unknown operator modul at line 1, column 2");
  CHECK_FALSE(parse_wast("(module (func)").ok());
  CHECK_FALSE(parse_wast("(module \"").ok());
  // Patterns are no arguments.
  CHECK_FALSE(parse_wast("(invoke \"f\" (f32.const nan:canonical))").ok());
  CHECK_FALSE(parse_wast("(thread $t (thread $u))").ok());
}
