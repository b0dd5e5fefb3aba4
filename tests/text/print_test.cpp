// Printing: text -> binary -> text -> binary gives the same module.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "libwasmrt/frontend/decode.h"
#include "libwasmrt/text/print_wat.h"
#include "tests/text/compare.h"
#include "tests/text/suite.h"

using namespace wasmrt;
using namespace wasmrt::text;

namespace {

// The text of a binary, or empty when it does not decode.
std::string print(const std::vector<std::uint8_t>& bytes) {
  TypeInterner interner;
  DecodeOptions options;
  options.features = Features::all();
  options.interner = &interner;
  options.keep_custom_sections = true;
  const auto module = decode_module(bytes, options);
  return module.ok() ? print_wat(**module) : std::string();
}

std::string print(std::string_view wat) {
  const auto bytes = wat_to_wasm(wat);
  return bytes.ok() ? print(*bytes) : bytes.error().message;
}

}  // namespace

TEST_CASE("a module as text", "[text]") {
  CHECK(print("(module $m (func $f (export \"e\") (param i32) (result f32) (local i64 i64)"
              "  block (result i32) local.get 0 end drop (f32.const -0.1)))") ==
        "(module $\"m\"\n"
        "  (type (;0;) (func (param i32) (result f32)))\n"
        "  (func $\"f\" (;0;) (type 0)\n"
        "    (local i64 i64)\n"
        "    block (result i32)\n"
        "      local.get 0\n"
        "    end\n"
        "    drop\n"
        "    f32.const -0.1)\n"
        "  (export \"e\" (func $\"f\")))\n");
  CHECK(print("(memory 1) (data (i32.const 1) \"a\\00\\\"\") (@custom \"c\" \"x\")") ==
        "(module\n"
        "  (memory (;0;) 1)\n"
        "  (data (;0;) (memory 0) (offset i32.const 1) \"a\\00\\22\")\n"
        "  (@custom \"c\" \"x\"))\n");
}

TEST_CASE("branch hints stay at their instructions", "[text]") {
  const char* wat = "(func local.get 0 (@metadata.code.branch_hint \"\\01\") br_if 0)";
  CHECK(print(wat).find("(@metadata.code.branch_hint \"\\01\") br_if 0") != std::string::npos);
}

TEST_CASE("floats are printed so that they read back as the same bits", "[text]") {
  const std::string wat =
      "(func f32.const nan:0x1 f32.const -inf f64.const 0x1p-1074 f64.const 1e300 f32.const "
      "0x1.fffffep127"
      " f64.const -nan:0xfffffffffffff f32.const 16777216 drop drop drop drop drop drop drop)";
  const auto first = wat_to_wasm(wat);
  REQUIRE(first.ok());
  const auto second = wat_to_wasm(print(*first));
  REQUIRE(second.ok());
  CHECK(difference(*first, *second).empty());
}

TEST_CASE("every module of the suite survives being printed", "[text][suite]") {
  if (suite_folder().empty()) {
    SKIP("the suite is not at hand");
  }
  int printed = 0;
  for (const char* part : {"wasm-2.0", "wasm-3.0", "custom", "proposals/threads",
                           "proposals/custom-page-sizes", "proposals/wide-arithmetic"}) {
    for (const std::string& path : suite_scripts(part)) {
      const auto commands = read_script(path);
      REQUIRE(commands.ok());
      for (const Command& c : *commands) {
        if (!c.module || c.module->error || c.kind == CommandKind::AssertMalformed) continue;
        if (c.kind == CommandKind::AssertInvalid) continue;
        const std::string text = print(c.module->bytes);
        const auto again = wat_to_wasm(text);
        INFO(path << ":" << c.line << "\n" << text);
        REQUIRE(again.ok());
        // The printed form is the same for all spellings of one module; a binary may have others
        // (LEB lengths), and a body may name another of several equal types.
        CHECK(print(*again) == text);
        const std::string differs = difference(c.module->bytes, *again);
        if (c.module->form != ModuleForm::Binary) {
          CHECK(differs.substr(0, 4) == (differs.empty() ? "" : "body"));
        }
        ++printed;
      }
    }
  }
  CHECK(printed > 3000);
}
