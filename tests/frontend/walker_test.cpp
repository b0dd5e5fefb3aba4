// What a sink hears: order of calls, reachability, the state it may ask.
#include "libwasmrt/frontend/body_walker.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/frontend/support.h"

namespace wasmrt {
namespace {

// Writes every call down; "name@height" shows the operand stack during the call.
struct Recorder : SinkBase<Recorder> {
  std::string log;
  const BodyState* state = nullptr;

  void note(const std::string& what) {
    if (!log.empty()) log += ' ';
    log += what + "@" + std::to_string(state->height());
    if (!state->live() && what.rfind("end", 0) != 0 && what.rfind("else", 0) != 0) log += "!dead";
  }
  static std::string flags(const ControlFrame& f) {
    return std::string(f.fallthrough_live ? "f" : "") + (f.branched_to ? "b" : "");
  }

  void begin(const BodyState& s) { state = &s; }
  void finish() { log += " ."; }
  void on_block(const ControlFrame&) { note("block"); }
  void on_loop(const ControlFrame&) { note("loop"); }
  void on_if(const ControlFrame&) { note("if"); }
  void on_else(const ControlFrame& f) { note("else:" + flags(f)); }
  void on_end(const ControlFrame& f) { note("end:" + flags(f) + (f.end_live ? "+" : "-")); }
  void on_br(std::uint32_t d) { note("br" + std::to_string(d)); }
  void on_br_if(std::uint32_t d) { note("br_if" + std::to_string(d)); }
  void on_br_table(const Imm& imm) { note("br_table" + std::to_string(imm.targets().size())); }
  void on_return() { note("return"); }
  void on_unreachable() { note("unreachable"); }
  void on_call(FuncIdx f, const FuncType&) { note("call" + std::to_string(raw(f))); }
  void on_local_get(std::uint32_t i, ValType t) { note("get" + std::to_string(i) + to_string(t)); }
  void on_local_set(std::uint32_t i, ValType) { note("set" + std::to_string(i)); }
  void on_drop(ValType t) { note("drop:" + to_string(t)); }
  void on_select(ValType t) { note("select:" + to_string(t)); }
  void on_numeric(Op op, const Imm&) { note(std::string(op_name(op))); }
  void on_const(Op, const Imm& imm) { note("c" + std::to_string(imm.value)); }
  void on_load(Op op, const Imm& imm) {
    note(std::string(op_name(op)) + "+" + std::to_string(imm.offset()));
  }
  void on_table(Op op, const Imm&) { note(std::string(op_name(op))); }
  void on_gc(Op op, const Imm&) { note(std::string(op_name(op))); }
};
static_assert(Sink<Recorder>);

std::string record(const std::string& function) {
  const test::Checked c(test::wat("(module (memory 1) (table 1 funcref) " + function + ")"));
  INFO(c.error.message);
  REQUIRE(c.ok);
  Recorder sink;
  BodyWalker<Recorder> walker(*c.module, sink);
  REQUIRE(walker.walk(FuncIdx{0}).ok());
  return sink.log;
}

TEST_CASE("straight code", "[walker]") {
  CHECK(record("(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 5)))") ==
        "get0i32@1 c5@2 i32.add@1 end:f+@1 .");
  CHECK(record("(func (param i32) (drop (i64.load offset=4 (local.get 0))) (nop))") ==
        "get0i32@1 i64.load+4@1 drop:i64@0 end:f+@0 .");
  CHECK(record("(func (result i32) (select (i32.const 1) (i32.const 2) (i32.const 0)))") ==
        "c1@1 c2@2 c0@3 select:i32@1 end:f+@1 .");
}

TEST_CASE("blocks and branches", "[walker]") {
  CHECK(record("(func (block (br_if 0 (i32.const 1))))") ==
        "block@0 c1@1 br_if0@0 end:fb+@0 end:f+@0 .");
  CHECK(record("(func (result i32) (block (result i32) (br 0 (i32.const 3))))") ==
        "block@0 c3@1 br0@1 end:b+@1 end:f+@1 .");
  CHECK(record("(func (loop (br 0)))") == "loop@0 br0@0 end:b-@0 end:-@0 .");
  CHECK(record("(func (loop (br_if 0 (i32.const 1))))") ==
        "loop@0 c1@1 br_if0@0 end:fb+@0 end:f+@0 .");
}

TEST_CASE("if and else", "[walker]") {
  CHECK(record("(func (if (i32.const 1) (then (unreachable))))") ==
        "c1@1 if@0 unreachable@0 end:+@0 end:f+@0 .");
  CHECK(record("(func (result i32) (if (result i32) (i32.const 1) (then (i32.const 2)) (else "
               "(i32.const 3))))") == "c1@1 if@0 c2@1 else:f@1 c3@1 end:fb+@1 end:f+@1 .");
  // Only the then-part ends.
  CHECK(record("(func (if (i32.const 1) (then) (else (return))))") ==
        "c1@1 if@0 else:f@0 return@0 end:b+@0 end:f+@0 .");
  // Neither ends.
  CHECK(record("(func (if (i32.const 1) (then (return)) (else (return))) (drop (i32.const 4)))") ==
        "c1@1 if@0 return@0 else:@0 return@0 end:-@0 end:-@0 .");
}

TEST_CASE("unreachable code is silent", "[walker]") {
  CHECK(
      record(
          "(func (unreachable) (block (loop (br 0))) (if (i32.const 1) (then) (else)) (call 0))") ==
      "unreachable@0 end:-@0 .");
  // What follows a block is reachable again when a branch left it.
  CHECK(record("(func (block (block (br_if 1 (i32.const 1)) (unreachable) (drop (i32.const 9))) "
               "(call 0)) (call 0))") ==
        "block@0 block@0 c1@1 br_if1@0 unreachable@0 end:-@0 end:b+@0 call0@0 end:f+@0 .");
}

TEST_CASE("operands below a block stay and reachable code resumes at its height", "[walker]") {
  CHECK(record("(func (result i32) (i32.const 1) (block (result i32) (i32.const 2) (br 0 "
               "(i32.const 3))) (i32.add))") ==
        "c1@1 block@1 c2@2 c3@3 br0@3 end:b+@2 i32.add@1 end:f+@1 .");
}

TEST_CASE("br_table and calls", "[walker]") {
  CHECK(record("(func (block (block (br_table 0 1 2 (i32.const 1)))))") ==
        "block@0 block@0 c1@1 br_table3@0 end:b+@0 end:fb+@0 end:fb+@0 .");
}

TEST_CASE("the state shows types, frames and locals", "[walker]") {
  struct Asker : SinkBase<Asker> {
    const BodyState* s = nullptr;
    bool asked = false;
    void begin(const BodyState& state) { s = &state; }
    void on_call(FuncIdx, const FuncType&) {
      asked = true;
      CHECK(s->height() == 2);
      CHECK(s->operand(0) == kF64);
      CHECK(s->operand(1) == kI64);
      CHECK(s->frame_count() == 3);
      CHECK(s->frame(0).kind == FrameKind::Loop);
      CHECK(s->frame(0).height == 1);
      CHECK(s->label_types(0).empty());
      CHECK(s->label_types(1).size() == 1);
      CHECK(s->frame(2).kind == FrameKind::Function);
      CHECK(s->local_count() == 2003);
      CHECK(s->local_type(0) == kI32);
      CHECK(s->local_type(2) == kF32);
      CHECK(s->local_type(1023) == kF32);
      CHECK(s->local_type(1024) == kF32);
      CHECK(s->local_type(2001) == kF32);
      CHECK(s->local_type(2002) == kV128);
      CHECK(s->param_count() == 1);
    }
  };
  std::string text = "(module (func (param i32) (local i32) (local";
  for (int i = 0; i < 2000; ++i) text += " f32";
  text += R"() (local v128)
    (block (result i64) (i64.const 1) (loop (f64.const 0) (call 1) (drop)))
    (drop))
    (func)))";
  const test::Checked c(test::wat(text));
  INFO(c.error.message);
  REQUIRE(c.ok);
  Asker sink;
  BodyWalker<Asker> walker(*c.module, sink);
  REQUIRE(walker.walk(FuncIdx{0}).ok());
  CHECK(sink.asked);
}

TEST_CASE("instructions that cannot run yet are heard and noted", "[walker]") {
  const test::Checked c(test::wat("(module (func (drop (ref.i31 (i32.const 1)))))"));
  REQUIRE(c.ok);
  Recorder sink;
  BodyWalker<Recorder> walker(*c.module, sink);
  REQUIRE(walker.walk(FuncIdx{0}).ok());
  CHECK(sink.log == "c1@1 ref.i31@1 drop:(ref i31)@0 end:f+@0 .");
  REQUIRE(walker.state().not_executable().has_value());
  CHECK(walker.state().not_executable()->op == Op::RefI31);
}

}  // namespace
}  // namespace wasmrt
