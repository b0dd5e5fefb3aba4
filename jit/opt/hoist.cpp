// Loop-invariant work goes in front of the loops it does not depend on.
//
// Only what is pure and costs more than a place in a register: constants that are no immediates,
// words of the runtime that never change, arithmetic that the producer could not see. Not over
// calls, which would drive most of it out of its register, and not more than registers can hold.
#include <bit>
#include <vector>

#include "jit/opt/loops.h"
#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

using namespace ir;

namespace {

constexpr std::uint32_t kMostVectors = 8;  // per loop
/// Of the registers for integers, the share that may be taken: one in so many.
constexpr std::uint32_t kShare = 3;
constexpr std::uint32_t kMostLevels = 64;  // that one instruction goes up, in nests of thousands

bool is_vector(Type t) { return t == Type::F32 || t == Type::F64 || t == Type::V128; }

/// By value: the integer constants of loops that somebody there needs in a register. Empty where
/// the machine does not tell.
std::vector<bool> constants_in_registers(const Target& target, const Func& func,
                                         const Loops& loops) {
  std::vector<bool> found;
  if (target.takes_constant == nullptr) return found;
  found.assign(func.insts.size(), false);
  for (const BlockId b : func.order) {
    if (loops.innermost[raw(b)] == ~0u) continue;
    for (std::uint32_t v = func[b].first; v != ~0u; v = func.next[v]) {
      const Inst& user = func.insts[v];
      const std::uint8_t n = info(user.op).operands;
      for (unsigned k = 0; n != kList && k < n; ++k) {
        const Inst& c = func[user.arg(k)];
        if (c.op != IrOp::Const || (c.type != Type::I32 && c.type != Type::I64)) continue;
        if (!target.takes_constant(func, user, k)) found[user.args[k]] = true;
      }
    }
  }
  return found;
}

bool worth_moving(const Inst& i, std::uint32_t id, const std::vector<bool>& in_register) {
  switch (i.op) {
    case IrOp::Const:
      if (i.type == Type::F32 || i.type == Type::F64) return true;
      if (!in_register.empty()) return in_register[id];
      return i.type == Type::I64 && static_cast<std::int64_t>(i.imm) !=
                                        static_cast<std::int32_t>(static_cast<std::int64_t>(i.imm));
    case IrOp::ConstV128:
    case IrOp::VmLoadConst:
    case IrOp::Mul:
    case IrOp::MulHiS:
    case IrOp::MulHiU:
    case IrOp::And:
    case IrOp::Or:
    case IrOp::Xor:
    case IrOp::Shl:
    case IrOp::ShrS:
    case IrOp::ShrU:
    case IrOp::Rotl:
    case IrOp::Rotr:
    case IrOp::Clz:
    case IrOp::Ctz:
    case IrOp::Popcnt:
    case IrOp::Fadd:
    case IrOp::Fsub:
    case IrOp::Fmul:
    case IrOp::Fdiv:
    case IrOp::Fsqrt:
    case IrOp::ConvS:
    case IrOp::ConvU:
    case IrOp::Promote:
    case IrOp::Demote:
    case IrOp::Simd1:
    case IrOp::Simd2: return true;
    default: return false;
  }
}

}  // namespace

void hoist_invariants(const Target& machine, Func& func) {
  Loops info_of(func);
  std::vector<Loop>& loops = info_of.loops;
  if (loops.empty()) return;
  const std::vector<bool> in_register = constants_in_registers(machine, func, info_of);
  const auto most_integers =
      static_cast<std::uint32_t>(std::popcount(machine.allocatable[0])) / kShare;
  struct Room {
    std::uint32_t integers, vectors;
    std::vector<std::uint32_t> constants;  // moved here
  };
  std::vector<Room> rooms(loops.size(), {most_integers, kMostVectors, {}});
  std::vector<std::uint32_t> same;  // by value: the equal constant that replaces it
  const std::vector<BlockId> order = func.order;
  for (const BlockId b : order) {
    const std::uint32_t inner = info_of.innermost[raw(b)];
    if (inner == ~0u) continue;
    for (std::uint32_t v = func[b].first; v != ~0u;) {
      const std::uint32_t id = v;
      v = func.next[v];
      Inst& inst = func.insts[id];
      if (!worth_moving(inst, id, in_register)) continue;
      if (!same.empty()) {  // a removed constant stands nowhere
        for_each_arg(func, inst, [&](std::uint32_t& a) {
          if (a < same.size() && same[a] != ~0u) a = same[a];
        });
      }
      // The outermost loop around it that has none of its operands.
      std::uint32_t target = ~0u;
      std::uint32_t levels = 0;
      for (std::uint32_t at = inner; at != ~0u && levels < kMostLevels; at = loops[at].parent) {
        ++levels;
        bool inside = loops[at].has_calls || loops[at].before == kNoBlock;
        for_each_arg(func, inst, [&](const std::uint32_t& a) {
          inside |=
              func.insts[a].op != IrOp::Const && info_of.contains(loops[at], func.block_of[a]);
        });
        if (inside) break;
        target = at;
      }
      if (target == ~0u) continue;
      Room& room = rooms[target];
      const bool constant = inst.op == IrOp::Const;
      if (constant) {
        std::uint32_t other = ~0u;
        for (const std::uint32_t c : room.constants) {
          if (func.insts[c].imm == inst.imm && func.insts[c].type == inst.type) other = c;
        }
        if (other != ~0u) {
          if (same.empty()) same.assign(func.insts.size(), ~0u);
          same[id] = other;
          func.remove(static_cast<ValueId>(id));
          continue;
        }
      }
      std::uint32_t& left = is_vector(inst.type) ? room.vectors : room.integers;
      if (left == 0) continue;
      --left;
      if (constant) room.constants.push_back(id);
      const auto place = static_cast<ValueId>(func[loops[target].before].last);
      for_each_arg(func, inst, [&](const std::uint32_t& a) {
        if (info_of.contains(loops[target], func.block_of[a])) {  // an immediate: comes along
          func.move_before(static_cast<ValueId>(a), place);
        }
      });
      func.move_before(static_cast<ValueId>(id), place);
    }
  }
  if (same.empty()) return;
  for (const BlockId b : order) {
    for (std::uint32_t v = func[b].first; v != ~0u; v = func.next[v]) {
      for_each_arg(func, func.insts[v], [&](std::uint32_t& a) {
        if (a < same.size() && same[a] != ~0u) a = same[a];
      });
    }
  }
}

}  // namespace wasmrt::jit::opt
