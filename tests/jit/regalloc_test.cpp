// Register allocation of random functions, judged by the symbolic checker; and the checker itself,
// judged by allocations that are wrong.
#include <catch2/catch_test_macros.hpp>

#include "jit/lower/mir_print.h"
#include "jit/regalloc/regalloc.h"
#include "tests/jit/random_mir.h"

namespace wasmrt {
namespace {

using namespace jit;
using test::RandomMir;
using test::toy_target;

/// Allocates random functions; the first that is wrong is printed.
void try_seeds(std::uint32_t from, std::uint32_t to, unsigned size, bool light) {
  RegisterAllocator allocator;
  for (std::uint32_t seed = from; seed < to; ++seed) {
    MFunc func = RandomMir(seed, size).make();
    const MFunc before = func;
    const char* why = allocator.run(toy_target(), func, light);
    INFO("seed " << seed << ", size " << size);
    if (why != nullptr) FAIL(why);
    const std::string wrong = check_allocation(toy_target(), before, func);
    if (!wrong.empty())
      FAIL(wrong << "\n" << print(toy_target(), before) << print(toy_target(), func));
  }
  SUCCEED();
}

TEST_CASE("random functions are allocated correctly", "[jit][regalloc]") {
  try_seeds(1, 400, 30, false);
  try_seeds(1000, 1150, 200, false);
  try_seeds(2000, 2010, 3000, false);
}

TEST_CASE("so they are in the light mode", "[jit][regalloc]") {
  try_seeds(1, 400, 30, true);
  try_seeds(1000, 1100, 200, true);
}

MOperand operand(std::uint32_t v, bool is_def) {
  MOperand o;
  o.vreg = static_cast<VReg>(v);
  o.is_def = is_def;
  return o;
}

/// v0 and v1 are made, a call happens, both are used.
MFunc two_values() {
  MFunc m;
  m.vregs.resize(2);
  m.blocks.resize(1);
  m.blocks[0].insts = m.lists->make<std::uint32_t>(4);
  const auto inst = [&](std::vector<MOperand> ops, bool is_call) {
    MInst i;
    i.op = kFirstMachineOp;
    i.size = 8;
    i.is_call = is_call;
    i.first_op = static_cast<std::uint32_t>(m.ops.size());
    for (const MOperand& o : ops) ++(o.is_def ? i.defs : i.uses);
    m.ops.append(ops);
    m.blocks[0].insts[m.insts.size()] = static_cast<std::uint32_t>(m.insts.size());
    m.insts.push_back(i);
  };
  inst({operand(0, true)}, false);
  inst({operand(1, true)}, false);
  inst({}, true);
  inst({operand(0, false), operand(1, false)}, false);
  return m;
}

void leave_out(MFunc& m, std::size_t block, std::size_t inst) {
  const std::span<const std::uint32_t> all = m.blocks[block].insts;
  const std::span<std::uint32_t> rest = m.lists->make<std::uint32_t>(all.size() - 1);
  for (std::size_t n = 0; n < rest.size(); ++n) rest[n] = all[n + (n >= inst ? 1 : 0)];
  m.blocks[block].insts = rest;
}

TEST_CASE("the checker sees what is wrong", "[jit][regalloc]") {
  const MFunc before = two_values();
  MFunc after = before;
  after.used_callee_saved[0] = 0x30;
  const auto place = [&](std::uint32_t a, std::uint32_t b) {
    after.ops[0].loc = after.ops[2].loc = Loc::reg(a);
    after.ops[1].loc = after.ops[3].loc = Loc::reg(b);
  };
  const auto check = [&] { return check_allocation(toy_target(), before, after); };
  place(4, 5);
  CHECK(check().empty());
  SECTION("a register that the call does not keep") {
    place(4, 0);
    CHECK(check().find("operand 1 (v1) is not in r0") != std::string::npos);
  }
  SECTION("two values in one register") {
    place(4, 4);
    CHECK(check().find("operand 0 (v0) is not in r4") != std::string::npos);
  }
  SECTION("values exchanged") {
    std::swap(after.ops[2].loc, after.ops[3].loc);
    CHECK(check().find("is not in") != std::string::npos);
  }
  SECTION("a register that is not saved") {
    after.used_callee_saved[0] = 0x10;
    CHECK(check().find("r5 is written, but not saved") != std::string::npos);
  }
  SECTION("no location") {
    after.ops[3].loc = {};
    CHECK(check().find("v1 has no location") != std::string::npos);
  }
  SECTION("memory where a register is needed") {
    after.spill_slots = 1;
    after.ops[3].loc = Loc::slot(0);
    CHECK(check().find("must be in a register") != std::string::npos);
  }
  SECTION("an instruction lost") {
    leave_out(after, 0, 1);
    CHECK(check().find("not what they were") != std::string::npos);
  }
}

TEST_CASE("no inserted instruction of a random function can be left out", "[jit][regalloc]") {
  // Each move is there for a reader; without it that reader finds something else. A few are
  // redundant: stores that only a colder way would have read.
  RegisterAllocator allocator;
  std::size_t left_out = 0;
  std::size_t seen = 0;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    MFunc func = RandomMir(seed, 60).make();
    const MFunc before = func;
    REQUIRE(allocator.run(toy_target(), func) == nullptr);
    for (std::size_t b = 0; b < func.blocks.size(); ++b) {
      for (std::size_t n = 0; n < func.blocks[b].insts.size(); ++n) {
        if (func.blocks[b].insts[n] < before.insts.size()) continue;
        MFunc broken = func;
        leave_out(broken, b, n);
        ++left_out;
        seen += check_allocation(toy_target(), before, broken).empty() ? 0 : 1;
      }
    }
  }
  CHECK(left_out > 100);
  CHECK(seen * 10 > left_out * 9);
}

}  // namespace
}  // namespace wasmrt
