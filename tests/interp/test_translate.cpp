// What the translator makes of small functions: where results go, what is fused, what must not be.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "interp/code.h"
#include "interp/print.h"
#include "libwasmrt/frontend/decode.h"
#include "tests/interp/hand_made.h"
#include "tests/support/code.h"
#include "tests/support/linear_time.h"

namespace wasmrt::interp::test {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

const CodeOptions kFused = {std::uint64_t{1} << 33, false, true};
const CodeOptions kPlain = {std::uint64_t{1} << 33, false, false};

TEST_CASE("translate: a local.set rewrites the instruction that made the value", "[interp]") {
  HandMade m(
      "(module (func (export \"f\") (param i32 i32) (result i32) (local i32)"
      " (local.set 2 (i32.add (local.get 0) (local.get 1))) (local.get 2)))",
      kPlain);
  const std::string text = m.print("f");
  INFO(text);
  CHECK(has(text, "i32_add s0 s1 -> s4"));
  CHECK(!has(text, "copy"));
  CHECK(m.call("f", {3, 4}).value() == 7);
}

TEST_CASE("translate: a result that loses its accumulator is spilled for nothing", "[interp]") {
  HandMade m(
      "(module (func (export \"f\") (param i32 i32) (result i32)"
      " (i32.sub (i32.rotl (local.get 0) (local.get 1)) (i32.rotr (local.get 0) (local.get 1)))))",
      kFused);
  const std::string text = m.print("f");
  INFO(text);
  CHECK(lines(text) == 4);
  CHECK(has(text, "i32_rotl s0 s1 -> s4"));
  CHECK(m.call("f", {0x80000001, 1}).value() == (3u - 0xC0000000u));
}

TEST_CASE("translate: a stacked local survives its local.set", "[interp]") {
  HandMade m(
      "(module (func (export \"f\") (param i32) (result i32)"
      " (local.get 0) (local.set 0 (i32.const 5)) (i32.mul (local.get 0))))",
      kFused);
  INFO(m.print("f"));
  CHECK(m.call("f", {8}).value() == 40);
}

TEST_CASE("translate: a value made before a branch is not written to a local by it", "[interp]") {
  HandMade m(
      "(module (func (export \"f\") (param i32 i32) (result i32)"
      " (block (local.set 0 (block (result i32) (i32.add (local.get 0) (i32.const 1))"
      " (br_if 1 (local.get 1))))) (local.get 0)))",
      kFused);
  INFO(m.print("f"));
  CHECK(m.call("f", {1, 0}).value() == 2);
  CHECK(m.call("f", {1, 1}).value() == 1);
}

TEST_CASE("translate: counted loops, addresses and pairs are fused", "[interp]") {
  HandMade m(
      "(module (memory 1) (func (export \"f\") (param i32) (result i32) (local i32 i32)"
      " (loop (local.set 2 (i32.add (local.get 2)"
      "   (i32.load offset=4 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))))))"
      " (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 10))))"
      " (local.get 2)))",
      kFused);
  const std::string text = m.print("f");
  INFO(text);
  // Only accesses without checks have computed addresses; this build may not know them.
  if (install_faults()) CHECK(has(text, "load_at/"));
  CHECK(has(text, "add2_br/"));
  CHECK(!has(text, "i32_shl"));
  CHECK(m.call("f", {16}).value() == 0);
}

TEST_CASE("translate: only locals that may be read first are zeroed", "[interp]") {
  HandMade m(
      "(module"
      " (func (export \"set\") (param i32) (result i32) (local i32)"
      "  (local.set 1 (i32.const 3)) (i32.add (local.get 0) (local.get 1)))"
      " (func (export \"maybe\") (param i32) (result i32) (local i32 i32)"
      "  (if (local.get 0) (then (local.set 2 (i32.const 9)))) (local.get 2))"
      " (func (export \"both\") (param i32) (result i32) (local i32)"
      "  (block (br_if 0 (local.get 0)) (local.set 1 (i32.const 4)))"
      "  (block (block (br_if 0 (local.get 0)) (local.set 1 (i32.const 4)) (br 1)))"
      "  (local.get 1))"
      " (func (export \"dirty\") (local i64 i64 i64 i64)"
      "  (local.set 0 (i64.const -1)) (local.set 1 (i64.const -1))"
      "  (local.set 2 (i64.const -1)) (local.set 3 (i64.const -1))))",
      kFused);
  CHECK(has(m.print("set"), "zero/0"));
  CHECK(has(m.print("maybe"), "zero/1"));
  CHECK(has(m.print("both"), "zero/1"));
  m.call("dirty");
  CHECK(m.call("set", {1}).value() == 4);
  CHECK(m.call("maybe", {0}).value() == 0);
  CHECK(m.call("maybe", {1}).value() == 9);
  CHECK(m.call("both", {1}).value() == 0);
  CHECK(m.call("both", {0}).value() == 4);
}

TEST_CASE("translate: what a branch saw assigned is forgotten with what came after it",
          "[interp]") {
  // The outer block is left when $x has a value only; later it loses it and gets it again.
  HandMade m(R"((module (func (export "f") (param i32) (result i32) (local $x i32) (local $y i32)
    (block $out
      (block $in
        (br_if $in (i32.eq (local.get 0) (i32.const 1)))
        (local.set $x (i32.const 7))
        (br_if $out (i32.eq (local.get 0) (i32.const 2))))
      (if (local.get 0) (then (local.set $y (i32.const 30))) (else (local.set $x (i32.const 9))))
      (local.set $x (i32.const 11)))
    (i32.add (local.get $x) (local.get $y)))))",
             kFused);
  INFO(m.print("f"));
  CHECK(m.call("f", {0}).value() == 11);
  CHECK(m.call("f", {1}).value() == 41);
  CHECK(m.call("f", {2}).value() == 7);
  CHECK(m.call("f", {3}).value() == 41);
}

TEST_CASE("translate: many joins within many blocks take time by their number",
          "[interp][no-tsan][no-emulation]") {
  using namespace wasmrt::test;
  check_linear("joins", 48'000, [](std::uint32_t n) {
    Code c;
    for (std::uint32_t k = 0; k < n; ++k) c.open(kBlock);
    for (std::uint32_t k = 0; k < n; ++k) {
      c.get(0).open(kIf).number(1).set(2).op(kElse).number(1).set(3).op(kEnd);
    }
    for (std::uint32_t k = 0; k < n; ++k) c.get(0).br_if(0).op(kEnd);
    const std::vector<std::uint8_t> bytes = binary_of(c.get(0), 2);
    static TypeInterner interner;
    DecodeOptions options;
    options.interner = &interner;
    auto module = decode_module(bytes, options);
    REQUIRE(module.ok());
    HandMade m(*module, kFused, {});
    const double begin = processor_seconds();
    const Outcome o = m.call("f", {0, 0});  // the first call translates
    CHECK(o.trap == TrapKind::None);
    return processor_seconds() - begin;
  });
}

TEST_CASE("translate: branches with many values take no code for each of them", "[interp]") {
  constexpr int kValues = 1000, kBranches = 300;
  std::string wat = "(module (type $many (func (result";
  for (int i = 0; i < kValues; ++i) wat += " i32";
  wat +=
      "))) (func (export \"f\") (param i32) (result i32) (local i32) (i32.const 7)"
      " (block (type $many) (i32.const 9)";
  for (int i = 0; i < kValues; ++i) wat += " (i32.const " + std::to_string(i) + ")";
  for (int i = 0; i < kBranches; ++i) {
    wat += " (br_if 0 (i32.eq (local.get 0) (i32.const " + std::to_string(i) + ")))";
  }
  wat += " (br 0))";
  for (int i = 0; i < kValues - 3; ++i) wat += " drop";
  // 7, 0, 1, 2
  wat += " (local.set 1) i32.sub (i32.shl (local.get 1) (i32.const 4)) i32.add i32.add))";
  for (const CodeOptions& options : {kFused, kPlain}) {
    HandMade m(wat, options);
    for (const std::uint64_t arg : {0u, 5u, 299u, 1000u}) {
      CHECK(m.call("f", {arg}).value() == 7 - 1 + 32);
    }
    CHECK(m.code().stats().bytecode_bytes < 40'000);
  }
}

TEST_CASE("translate: more locals and parameters than slots have numbers", "[interp]") {
  std::string wat = "(module (func $many (export \"f\") (param i64) (result i64 i64) (local";
  for (int i = 0; i < 49000; ++i) wat += " v128";
  wat +=
      ") (local v128 i64) (local.set 49002 (local.get 0))"
      " (local.set 49001 (i64x2.splat (i64.add (local.get 49002) (i64.const 1))))"
      " (i64x2.extract_lane 1 (local.get 49001)) (local.get 49002)))";
  HandMade m(wat, kFused);
  const Outcome o = m.call("f", {41});
  REQUIRE(o.trap == TrapKind::None);
  CHECK(o.slots == std::vector<std::uint64_t>{42, 41});
}

TEST_CASE("interp: every family of ops.def has all its handlers or says which not", "[interp]") {
  const Handler* table = handler_table();
  std::size_t present = 0;
  for (std::size_t i = 0; i < kHandlerCount; ++i) {
    if (table[i] == nullptr) continue;
    ++present;
    INFO(i);
    CHECK(!handler_name(static_cast<HandlerId>(i)).empty());
  }
  CHECK(present > 5000);
  for (const HandlerId id :
       {HandlerId{CopySlot}, HandlerId{Br}, HandlerId{Call}, HandlerId{CallCopy},
        HandlerId{BrTable}, HandlerId{ZeroLocals}, HandlerId{SelectVecLast_},
        HandlerId{LoadBranchLast_}, HandlerId{LoadAtLast_}, HandlerId{AddBranchLast_},
        HandlerId{SelectCmpLast_}, HandlerId{CanonF64x2Last_}}) {
    CHECK(table[id] != nullptr);
  }
}

}  // namespace
}  // namespace wasmrt::interp::test
