// Loop-invariant work goes in front of the loops it does not depend on.
//
// Only what is pure and costs more than a place in a register: constants that are no immediates,
// words of the runtime that never change, arithmetic that the producer could not see. But for the
// addresses of tables of code not over calls, which would drive most of it out of its register, and
// not more than registers can hold.
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
// Loops in more others keep theirs: it would live across all that are inside.
constexpr std::uint32_t kMostDepth = 64;

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
    case IrOp::Add:
    case IrOp::Sub: return !in_register.empty();  // else they go into addresses
    case IrOp::Const:
      if (i.type == Type::F32 || i.type == Type::F64) return true;
      if (!in_register.empty()) return in_register[id];
      return i.type == Type::I64 && static_cast<std::int64_t>(i.imm) !=
                                        static_cast<std::int32_t>(static_cast<std::int64_t>(i.imm));
    case IrOp::ConstV128:
    case IrOp::CallTable:
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

class Hoist {
 public:
  Hoist(const Target& machine, Func& func, const Loops& loops)
      : f_(func), info_(loops), in_register_(constants_in_registers(machine, func, info_)) {
    const auto integers = static_cast<std::uint32_t>(std::popcount(machine.allocatable[0]));
    rooms_.assign(info_.loops.size(), {integers / kShare, kMostVectors, 1, {}});
    for (std::size_t n = 0; n < rooms_.size(); ++n) {
      if (const std::uint32_t outer = info_.loops[n].parent; outer != ~0u) {
        rooms_[n].depth = rooms_[outer].depth + 1;
      }
    }
  }
  void run();

 private:
  struct Room {
    std::uint32_t integers, vectors, depth;
    std::vector<std::uint32_t> constants;  // moved here
  };
  void visit(std::uint32_t id);
  [[nodiscard]] std::uint32_t moved_constant(const Room& room, const Inst& inst) const;
  void regroup(std::uint32_t id);
  void count_uses();
  [[nodiscard]] bool inside(const Loop& loop, std::uint32_t v) const {
    return f_.insts[v].op != IrOp::Const && info_.contains(loop, f_.block_of[v]);
  }

  Func& f_;
  const Loops& info_;
  std::vector<bool> in_register_;
  std::vector<Room> rooms_;
  std::vector<std::uint32_t> same_;  // by value: the equal constant that replaces it
  std::vector<std::uint32_t> uses_;
};

void Hoist::count_uses() {
  uses_.assign(f_.insts.size(), 0);
  for (const BlockId b : f_.order) {
    for (std::uint32_t v = f_[b].first; v != ~0u; v = f_.next[v]) {
      for_each_arg(f_, f_.insts[v], [&](const std::uint32_t& a) { ++uses_[a]; });
    }
  }
}

/// (a + b) + c with b from outside and a constant c becomes a + (b + c), and b + c moves out.
void Hoist::regroup(std::uint32_t id) {
  if (f_.insts[id].op != IrOp::Add || f_.insts[id].aux != 0) return;
  const std::uint32_t sum = f_.insts[id].args[0];
  const Inst c = f_[f_.insts[id].arg(1)];
  if (f_.insts[sum].op != IrOp::Add || uses_[sum] != 1 || c.op != IrOp::Const) return;
  const Loop& loop = info_.loops[info_.innermost[raw(f_.block_of[id])]];
  if (!inside(loop, sum) || loop.has_calls || loop.before == kNoBlock) return;
  std::uint32_t* const args = f_.insts[sum].args;
  if (f_[f_.insts[sum].arg(1)].op == IrOp::Const || inside(loop, args[0]) == inside(loop, args[1]))
    return;
  const std::uint32_t moving = args[inside(loop, args[0]) ? 0 : 1];
  const std::uint32_t resting = args[inside(loop, args[0]) ? 1 : 0];
  if (rooms_[info_.innermost[raw(f_.block_of[id])]].integers == 0) return;
  const ValueId constant = f_.insert_before(static_cast<ValueId>(sum), c);
  Inst& inner = f_.insts[sum];
  inner.args[0] = resting;
  inner.args[1] = raw(constant);
  inner.aux = 0;
  f_.insts[id].args[0] = sum;
  f_.insts[id].args[1] = moving;
  visit(sum);
}

/// One that was moved in front of the loop and is equal, or ~0.
std::uint32_t Hoist::moved_constant(const Room& room, const Inst& inst) const {
  if (inst.op != IrOp::Const) return ~0u;
  const auto at = std::find_if(room.constants.begin(), room.constants.end(), [&](std::uint32_t c) {
    return f_.insts[c].imm == inst.imm && f_.insts[c].type == inst.type;
  });
  return at == room.constants.end() ? ~0u : *at;
}

void Hoist::visit(std::uint32_t id) {
  Inst& inst = f_.insts[id];
  if (!worth_moving(inst, id, in_register_)) return;
  if (!same_.empty()) {  // a removed constant stands nowhere
    for_each_arg(f_, inst, [&](std::uint32_t& a) {
      if (a < same_.size() && same_[a] != ~0u) a = same_[a];
    });
  }
  // The outermost loop around it that has none of its operands.
  const std::vector<Loop>& loops = info_.loops;
  std::uint32_t target = ~0u;
  std::uint32_t at = info_.innermost[raw(f_.block_of[id])];
  if (rooms_[at].depth > kMostDepth) return;
  for (; at != ~0u; at = loops[at].parent) {
    // Where the addresses of tables of code are wanted there are always calls, and without a
    // register they are made again.
    const bool calls = loops[at].has_calls && inst.op != IrOp::CallTable;
    bool stays = calls || loops[at].before == kNoBlock;
    for_each_arg(f_, inst, [&](const std::uint32_t& a) { stays |= inside(loops[at], a); });
    if (stays) break;
    target = at;
    // The first one that is met: one value in all of a deep nest, not one for each of its loops.
    if (const std::uint32_t equal = moved_constant(rooms_[at], inst); equal != ~0u) {
      if (same_.size() <= id) same_.resize(f_.insts.size(), ~0u);
      same_[id] = equal;
      f_.remove(static_cast<ValueId>(id));
      return;
    }
  }
  if (target == ~0u) return;
  Room& room = rooms_[target];
  std::uint32_t& left = is_vector(inst.type) ? room.vectors : room.integers;
  if (left == 0) return;
  --left;
  if (inst.op == IrOp::Const) room.constants.push_back(id);
  const auto place = static_cast<ValueId>(f_[loops[target].before].last);
  for_each_arg(f_, inst, [&](const std::uint32_t& a) {
    if (info_.contains(loops[target], f_.block_of[a])) {  // an immediate: comes along
      f_.move_before(static_cast<ValueId>(a), place);
    }
  });
  f_.move_before(static_cast<ValueId>(id), place);
}

void Hoist::run() {
  const bool regroups = !in_register_.empty();
  if (regroups) count_uses();
  const std::vector<BlockId> order = f_.order;
  for (const BlockId b : order) {
    if (info_.innermost[raw(b)] == ~0u || f_[b].cold) continue;
    for (std::uint32_t v = f_[b].first; v != ~0u;) {
      const std::uint32_t id = v;
      v = f_.next[v];
      if (regroups) regroup(id);
      visit(id);
    }
  }
  if (same_.empty()) return;
  for (const BlockId b : order) {
    for (std::uint32_t v = f_[b].first; v != ~0u; v = f_.next[v]) {
      for_each_arg(f_, f_.insts[v], [&](std::uint32_t& a) {
        if (a < same_.size() && same_[a] != ~0u) a = same_[a];
      });
    }
  }
}

}  // namespace

void hoist_invariants(const Target& machine, Func& func, const Loops& loops) {
  if (!loops.loops.empty()) Hoist(machine, func, loops).run();
}

}  // namespace wasmrt::jit::opt
