// The verifier of the SSA form: what it accepts, and each invariant it watches.
#include <catch2/catch_test_macros.hpp>

#include "jit/ir/verify.h"

namespace wasmrt {
namespace {

using namespace jit::ir;

Inst inst(IrOp op, Type type, std::initializer_list<std::uint32_t> args = {}) {
  Inst i;
  i.op = op;
  i.type = type;
  unsigned n = 0;
  for (const std::uint32_t a : args) i.args[n++] = a;
  return i;
}

/// b0: v0 param, v1 const, branch to b1 or b2; both jump to b3 with a phi of v0 and v1; return.
struct Diamond {
  Func f;
  ValueId param{}, number{}, sum{}, phi{};

  Diamond() {
    f.params = {Type::I32};
    f.results = {Type::I32};
    for (int n = 0; n < 4; ++n) f.order.push_back(f.new_block());
    param = f.append(f.order[0], [] {
      Inst i = inst(IrOp::Param, Type::I32);
      i.imm = 0;
      return i;
    }());
    number = f.append(f.order[0], inst(IrOp::Const, Type::I32));
    f.append(f.order[0], inst(IrOp::Branch, Type::Void, {0, 1, 2}));
    sum = f.append(f.order[1], inst(IrOp::Add, Type::I32, {0, 1}));
    f.append(f.order[1], inst(IrOp::Jump, Type::Void, {3}));
    f.append(f.order[2], inst(IrOp::Jump, Type::Void, {3}));
    const std::uint32_t both[] = {raw(sum), raw(number)};
    phi = f.append(f.order[3], inst(IrOp::Phi, Type::I32, {f.add_list(both), 2}));
    const std::uint32_t result[] = {raw(phi)};
    f.append(f.order[3], inst(IrOp::Return, Type::Void, {f.add_list(result), 1}));
    for (const unsigned n : {1u, 2u}) {
      f.add_pred(f.order[n], f.order[0]);
      f.add_pred(f.order[3], f.order[n]);
    }
  }
  bool complains(const char* of) const { return verify(f).find(of) != std::string::npos; }
};

TEST_CASE("a function that keeps the invariants passes") { CHECK(verify(Diamond().f).empty()); }

TEST_CASE("the verifier watches lists") {
  Diamond d;
  SECTION("backward links") {
    d.f.prev[raw(d.number)] = ~0u;
    CHECK(d.complains("its backward link is wrong"));
  }
  SECTION("the block of an instruction") {
    d.f.block_of[raw(d.number)] = d.f.order[2];
    CHECK(d.complains("names another block"));
  }
  SECTION("blocks end in a terminator") {
    d.f.remove(ValueId{d.f[d.f.order[1]].last});
    CHECK(d.complains("does not end the block"));
  }
  SECTION("terminators stand last") {
    d.f.append(d.f.order[1], inst(IrOp::Const, Type::I32));
    CHECK(d.complains("ends a block in its middle"));
  }
  SECTION("phis stand first") {
    const std::uint32_t one[] = {0, 0};
    const Inst phi = inst(IrOp::Phi, Type::I32, {d.f.add_list(one), 2});
    d.f.insert_before(ValueId{d.f[d.f.order[3]].last}, inst(IrOp::Const, Type::I32));
    d.f.insert_before(ValueId{d.f[d.f.order[3]].last}, phi);
    CHECK(d.complains("stands behind another instruction"));
  }
}

TEST_CASE("the verifier watches edges") {
  Diamond d;
  SECTION("predecessors that are none") {
    d.f[d.f.order[3]].preds[0] = d.f.order[0];
    CHECK(d.complains("is listed as a predecessor"));
  }
  SECTION("predecessors that are missing") {
    d.f[d.f.order[3]].preds.pop_back();
    CHECK(d.complains("has 1 predecessors, but 2 edges"));
  }
  SECTION("phis that are too short") {
    d.f[d.phi].args[1] = 1;
    CHECK(d.complains("not one operand for each predecessor"));
  }
  SECTION("ways back to what is no loop header") {
    d.f.insts[d.f[d.f.order[3]].last] = inst(IrOp::Jump, Type::Void, {1});
    d.f.add_pred(d.f.order[1], d.f.order[3]);
    CHECK(d.complains("is no loop header"));
  }
}

TEST_CASE("the verifier watches loops") {
  Diamond d;
  d.f.insts[d.f[d.f.order[3]].last] = inst(IrOp::Jump, Type::Void, {3});
  Block& b = d.f[d.f.order[3]];
  d.f.add_pred(d.f.order[3], d.f.order[3]);
  b.is_loop_header = true;
  b.loop_depth = 1;
  b.loop_header = d.f.order[3];
  b.loop_end = 4;
  const std::uint32_t three[] = {0, 0, 0};
  d.f[d.phi].args[0] = d.f.add_list(three);
  d.f[d.phi].args[1] = 3;
  CHECK(verify(d.f).empty());
  SECTION("their depth") {
    b.loop_depth = 0;
    CHECK(d.complains("its loop depth is wrong"));
  }
  SECTION("their end") {
    b.loop_end = 9;
    CHECK(d.complains("its loop ends where no loop can"));
  }
}

TEST_CASE("the verifier watches dominance and types") {
  Diamond d;
  SECTION("a value of another branch") {
    const ValueId last{d.f[d.f.order[2]].last};
    d.f.insert_before(last, inst(IrOp::Add, Type::I32, {raw(d.sum), 0}));
    CHECK(d.complains("does not reach it"));
  }
  SECTION("a value before it is made") {
    d.f.insert_before(d.number, inst(IrOp::Clz, Type::I32, {raw(d.number)}));
    CHECK(d.complains("does not reach it"));
  }
  SECTION("a phi's operand from the wrong side") {
    std::swap(d.f.list(d.f[d.phi])[0], d.f.list(d.f[d.phi])[1]);
    CHECK(d.complains("does not reach the end of b2"));
  }
  SECTION("a removed value") {
    d.f.remove(d.number);
    CHECK(d.complains("does not exist"));
  }
  SECTION("operands of another type") {
    d.f[d.number].type = Type::I64;
    CHECK(d.complains("its operands are not of the types it takes"));
  }
  SECTION("results of another type") {
    d.f.results = {Type::F64};
    CHECK(d.complains("its operands are not of the types it takes"));
  }
}

}  // namespace
}  // namespace wasmrt
