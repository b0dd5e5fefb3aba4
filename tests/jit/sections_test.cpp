// Functions compiled in sections: what a section is, and that the frame fits all of them. That the
// code does what it should is left to the suite, which runs with sections of a few bytes.
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "jit/lower/mir_print.h"
#include "tests/jit/compile.h"

namespace wasmrt {
namespace {

using test::count;

/// A function compiled in sections of so many bytes.
struct InSections : test::Compiled {
  std::vector<std::string> ir;       ///< Of each section,
  std::vector<std::string> machine;  ///< and what allocation made of it.
  int runs = 0;

  InSections(const std::string& fields, std::uint32_t bytes,
             const jit::Target& target = jit::x64_target())
      : Compiled(test::wat("(module " + fields + ")"), target) {
    REQUIRE(checked.ok);
    context.options.section_bytes = bytes;
    state.watch = [this](Stage stage) {
      if (stage == Stage::Ir && !func.follows) {
        ++runs;
        ir.clear();
        machine.clear();
      }
      if (stage == Stage::Ir) ir.push_back(jit::ir::print(func, true));
      if (stage == Stage::Regalloc)
        machine.push_back(jit::print(*context.target, Compiled::machine));
    };
    REQUIRE(compile(checked.module->imported_funcs) == nullptr);
    CHECK(blob.leaves.empty());
  }
};

TEST_CASE("between sections values wait in homes", "[jit][sections]") {
  const InSections c(R"((func (param i32) (result i32) (local i32)
    (local.set 1 (i32.mul (local.get 0) (i32.const 3)))
    (i32.sub (local.get 1) (local.get 0))))",
                     9);
  REQUIRE(c.ir.size() == 2);
  // Both locals were assigned in the first one; the second reads what it needs.
  CHECK(count(c.ir[0], "store_home") == 2);
  CHECK(count(c.ir[0], "leave to 0") == 1);
  CHECK(count(c.ir[1], "load_home") == 2);
  CHECK(count(c.ir[1], "return") == 1);
}

TEST_CASE("a way out of a block stores what the block assigns", "[jit][sections]") {
  const InSections c(R"((func (param i32 i32) (result i32)
    (block
      (br_if 0 (local.get 0))
      (local.set 0 (i32.const 77))
      (local.set 1 (i32.const 78)))
    (i32.sub (local.get 1) (local.get 0))))",
                     8);
  REQUIRE(c.ir.size() >= 2);
  // Two ways lead behind the block: its branch, and its end.
  bool joined = false;
  for (const std::string& text : c.ir) joined |= count(text, "phi") == 2;
  CHECK(joined);
}

TEST_CASE("a loop that fits lies in one section", "[jit][sections]") {
  const std::string loop =
      R"((loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (local.get 1))))))";
  const InSections c("(func (param i32 i32) (local.set 1 (i32.add (local.get 1) (i32.const 1)))" +
                         loop + loop + ")",
                     14);
  REQUIRE(c.ir.size() >= 3);
  for (const std::string& text : c.ir) CHECK(count(text, "loop header") <= 1);
  std::size_t loops = 0;
  for (const std::string& text : c.ir) loops += count(text, "loop header");
  CHECK(loops == 2);
}

TEST_CASE("a loop longer than a section begins one, with a poll", "[jit][sections]") {
  const InSections c(R"((func (param i32 i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (local.set 1 (i32.mul (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (local.get 1)))))))",
                     10);
  REQUIRE(c.ir.size() >= 3);
  std::size_t back = 0;
  for (const std::string& text : c.ir) {
    CHECK(count(text, "loop header") == 0);
    back += count(text, "leave to 0");
  }
  CHECK(back == 2);  // into the loop, and back to its beginning
  for (std::size_t n = 1; n < c.ir.size(); ++n) CHECK(count(c.ir[n], "poll") == 1);
}

TEST_CASE("sections share a frame that fits the largest", "[jit][sections]") {
  // Many operands wait for the second section: more than a first run provides for.
  std::string body;
  for (int n = 0; n < 100; ++n) body += "(i32.load (local.get 0)) ";
  for (int n = 0; n < 99; ++n) body += "(i32.add)";
  for (const jit::Target* target : {&jit::x64_target(), &jit::arm64_target()}) {
    const InSections c("(memory 1) (func (param i32) (result i32) " + body + ")", 502, *target);
    CHECK(c.runs == 2);
    CHECK(c.ir.size() == 2);
    CHECK(c.blob.frame_bytes > 8 * 2 * 100);
  }
}

TEST_CASE("code in sections is the same each time", "[jit][sections]") {
  const std::string text = R"((func (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (local.get 0) (i32.const 7)))
      (else (block (result i32) (br_table 0 1 (i32.const 1) (local.get 0)))))))";
  const InSections a(text, 3);
  const InSections b(text, 3);
  CHECK(a.blob.code == b.blob.code);
  CHECK(a.ir.size() > 4);
}

}  // namespace
}  // namespace wasmrt
