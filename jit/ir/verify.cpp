// Checks lists, edges, loops, dominance and types, in this order: each relies on those before.
#include "jit/ir/verify.h"

#include <algorithm>
#include <vector>

namespace wasmrt::jit::ir {

namespace {

class Verifier {
 public:
  explicit Verifier(const Func& func) : f_(func) {}
  std::string run();

 private:
  static constexpr std::uint32_t kNone = ~0u;

  bool fail(BlockId b, std::uint32_t inst, const std::string& what);
  bool lists();
  bool list_of(BlockId b);
  bool edges();
  bool loops();
  void dominators();
  [[nodiscard]] bool dominates(BlockId a, BlockId b) const;
  bool uses();
  bool types();
  bool type_of(BlockId b, std::uint32_t v);

  [[nodiscard]] Type type(const Inst& i, unsigned k) const { return f_.insts[arg(i, k)].type; }
  [[nodiscard]] std::uint32_t arg(const Inst& i, unsigned k) const {
    return info(i.op).operands == kList ? f_.list(i)[k] : i.args[k];
  }
  [[nodiscard]] unsigned count(const Inst& i) const {
    const std::uint8_t n = info(i.op).operands;
    return n == kList ? i.args[1] : n;
  }

  const Func& f_;
  std::string error_;
  std::vector<std::uint32_t> position_;  // by block, in Func::order
  std::vector<std::uint32_t> place_;     // by instruction, in its block
  std::vector<std::uint32_t> idom_;      // by position
  std::vector<std::uint32_t> enter_,
      leave_;  // by position: preorder interval in the dominator tree
};

bool Verifier::fail(BlockId b, std::uint32_t inst, const std::string& what) {
  error_ = "b" + std::to_string(raw(b));
  if (inst != kNone) {
    error_ += ", v" + std::to_string(inst) + " (" + info(f_.insts[inst].op).text + ")";
  }
  error_ += ": " + what;
  return false;
}

// ---- lists
// ------------------------------------------------------------------------------------------

bool Verifier::list_of(BlockId b) {
  const Block& block = f_[b];
  if (block.first == kNone) return fail(b, kNone, "empty");
  std::uint32_t before = kNone;
  std::uint32_t n = 0;
  bool phis = true;
  for (std::uint32_t v = block.first; v != kNone; v = f_.next[v]) {
    if (v >= f_.insts.size()) return fail(b, kNone, "links to an instruction that is not there");
    if (place_[v] != kNone) return fail(b, v, "is in two lists");
    if (f_.prev[v] != before) return fail(b, v, "its backward link is wrong");
    if (f_.block_of[v] != b) return fail(b, v, "names another block as its own");
    const Inst& i = f_.insts[v];
    if (i.op == IrOp::Phi && !phis) return fail(b, v, "stands behind another instruction");
    phis = i.op == IrOp::Phi;
    if (info(i.op).terminator != (f_.next[v] == kNone)) {
      return fail(b, v,
                  info(i.op).terminator ? "ends a block in its middle" : "does not end the block");
    }
    if (info(i.op).operands == kList && std::uint64_t{i.args[0]} + i.args[1] > f_.pool.size()) {
      return fail(b, v, "its operand list lies outside the pool");
    }
    place_[v] = n++;
    before = v;
  }
  if (block.last != before)
    return fail(b, kNone, "its last instruction is not the end of the list");
  return true;
}

bool Verifier::lists() {
  const std::size_t n = f_.insts.size();
  if (f_.next.size() != n || f_.prev.size() != n || f_.block_of.size() != n) {
    return fail(BlockId{}, kNone, "the links do not cover the instructions");
  }
  if (f_.order.empty() || f_.order[0] != BlockId{0}) {
    return fail(BlockId{}, kNone, "is not the entry");
  }
  position_.assign(f_.blocks.size(), kNone);
  place_.assign(n, kNone);
  for (std::uint32_t p = 0; p < f_.order.size(); ++p) {
    const BlockId b = f_.order[p];
    if (raw(b) >= f_.blocks.size()) return fail(b, kNone, "does not exist");
    if (position_[raw(b)] != kNone) return fail(b, kNone, "stands in the order twice");
    position_[raw(b)] = p;
    if (!list_of(b)) return false;
  }
  return true;
}

// ---- edges and loops
// --------------------------------------------------------------------------------

bool Verifier::edges() {
  std::vector<std::uint32_t> seen(f_.blocks.size(), 0);  // predecessors found
  std::vector<BlockId> succs;
  for (const BlockId b : f_.order) {
    f_.successors(b, succs);
    for (std::size_t n = 0; n < succs.size(); ++n) {
      const BlockId s = succs[n];
      if (raw(s) >= f_.blocks.size() || position_[raw(s)] == kNone) {
        return fail(b, f_[b].last, "leads to a block that is not in the order");
      }
      if (n == 1 && succs[0] == s) return fail(b, f_[b].last, "has two edges to one block");
      if (succs.size() == 1 && f_.insts[f_[b].last].op != IrOp::Jump) {
        return fail(b, f_[b].last, "has one target only, and is no jump");
      }
      ++seen[raw(s)];
      if (position_[raw(s)] <= position_[raw(b)] && !f_[s].is_loop_header) {
        return fail(b, f_[b].last, "goes back to a block that is no loop header");
      }
    }
  }
  // As many predecessors as edges, each of them once and with such an edge: so they are the same.
  std::vector<std::uint32_t> mark(f_.blocks.size(), kNone);
  std::vector<std::vector<BlockId>> from(f_.blocks.size());
  for (const BlockId b : f_.order) {
    f_.successors(b, succs);
    for (const BlockId s : succs) from[raw(s)].push_back(b);
  }
  for (const BlockId b : f_.order) {
    const BlockList& preds = f_[b].preds;
    if (preds.size() != seen[raw(b)]) {
      return fail(b, kNone,
                  "has " + std::to_string(preds.size()) + " predecessors, but " +
                      std::to_string(seen[raw(b)]) + " edges lead to it");
    }
    for (const BlockId p : from[raw(b)]) mark[raw(p)] = raw(b);
    for (const BlockId p : preds) {
      if (raw(p) >= mark.size() || mark[raw(p)] != raw(b)) {
        return fail(b, kNone,
                    "b" + std::to_string(raw(p)) + " is listed as a predecessor, and is none");
      }
      mark[raw(p)] = kNone;
    }
    if (preds.empty() != (position_[raw(b)] == 0)) return fail(b, kNone, "cannot be reached");
    for (std::uint32_t v = f_[b].first; f_.insts[v].op == IrOp::Phi; v = f_.next[v]) {
      if (f_.insts[v].args[1] != preds.size()) {
        return fail(b, v, "has not one operand for each predecessor");
      }
    }
  }
  return true;
}

/// Loops lie contiguous and nested, and are entered only through their headers.
bool Verifier::loops() {
  std::vector<std::uint32_t> open;  // positions of headers
  for (std::uint32_t p = 0; p < f_.order.size(); ++p) {
    const BlockId b = f_.order[p];
    const Block& block = f_[b];
    while (!open.empty() && f_[f_.order[open.back()]].loop_end <= p) open.pop_back();
    const auto end_of = [&](std::uint32_t header) { return f_[f_.order[header]].loop_end; };
    for (const BlockId from : block.preds) {
      const std::uint32_t q = position_[raw(from)];
      if (q >= p && q >= block.loop_end) return fail(b, kNone, "its loop ends before a way back");
      if (!open.empty() && q < open.back())
        return fail(b, kNone, "the loop around it is entered here");
    }
    if (block.is_loop_header) {
      if (block.loop_end <= p || block.loop_end > f_.order.size()) {
        return fail(b, kNone, "its loop ends where no loop can");
      }
      if (!open.empty() && block.loop_end > end_of(open.back())) {
        return fail(b, kNone, "its loop ends behind the loop around it");
      }
      open.push_back(p);
    }
    if (block.loop_depth != open.size()) return fail(b, kNone, "its loop depth is wrong");
    if (block.loop_header != (open.empty() ? kNoBlock : f_.order[open.back()])) {
      return fail(b, kNone, "its loop header is wrong");
    }
  }
  return true;
}

// ---- dominance
// --------------------------------------------------------------------------------------

/// After Cooper, Harvey and Kennedy; the order is a reverse postorder.
void Verifier::dominators() {
  const auto n = static_cast<std::uint32_t>(f_.order.size());
  idom_.assign(n, kNone);
  idom_[0] = 0;
  const auto meet = [&](std::uint32_t a, std::uint32_t b) {
    while (a != b) (a > b ? a : b) = idom_[a > b ? a : b];
    return a;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t p = 1; p < n; ++p) {
      std::uint32_t dom = kNone;
      for (const BlockId from : f_[f_.order[p]].preds) {
        const std::uint32_t q = position_[raw(from)];
        if (idom_[q] == kNone) continue;
        dom = dom == kNone ? q : meet(dom, q);
      }
      if (idom_[p] == dom) continue;
      idom_[p] = dom;
      changed = true;
    }
  }
  // Preorder intervals: sizes from the leaves up, then places from the root down.
  std::vector<std::uint32_t> size(n, 1);
  for (std::uint32_t p = n; p-- > 1;) size[idom_[p]] += size[p];
  enter_.assign(n, 0);
  leave_.assign(n, n);
  std::vector<std::uint32_t> next(n, 1);
  for (std::uint32_t p = 1; p < n; ++p) {
    const std::uint32_t d = idom_[p];
    enter_[p] = next[d];
    next[d] += size[p];
    next[p] = enter_[p] + 1;
    leave_[p] = enter_[p] + size[p];
  }
}

bool Verifier::dominates(BlockId a, BlockId b) const {
  const std::uint32_t x = position_[raw(a)];
  const std::uint32_t y = position_[raw(b)];
  return enter_[x] <= enter_[y] && enter_[y] < leave_[x];
}

bool Verifier::uses() {
  for (const BlockId b : f_.order) {
    for (std::uint32_t v = f_[b].first; v != kNone; v = f_.next[v]) {
      const Inst& i = f_.insts[v];
      for (unsigned k = 0; k < count(i); ++k) {
        const std::uint32_t u = arg(i, k);
        const std::string who = "operand v" + std::to_string(u);
        if (u >= f_.insts.size() || place_[u] == kNone) return fail(b, v, who + " does not exist");
        if (f_.insts[u].type == Type::Void && i.op != IrOp::Proj)
          return fail(b, v, who + " is no value");
        const BlockId home = f_.block_of[u];
        if (i.op == IrOp::Phi) {
          if (!dominates(home, f_[b].preds[k])) {
            return fail(b, v,
                        who + " does not reach the end of b" + std::to_string(raw(f_[b].preds[k])));
          }
        } else if (home == b ? place_[u] >= place_[v] : !dominates(home, b)) {
          return fail(b, v, who + " does not reach it");
        }
      }
    }
  }
  return true;
}

// ---- types
// ------------------------------------------------------------------------------------------

bool is_int(Type t) { return t == Type::I32 || t == Type::I64; }
bool is_float(Type t) { return t == Type::F32 || t == Type::F64; }
unsigned bits(Type t) { return t == Type::I32 || t == Type::F32 ? 32 : t == Type::V128 ? 128 : 64; }

bool Verifier::type_of(BlockId b, std::uint32_t v) {
  const Inst& i = f_.insts[v];
  const auto all = [&](Type t) {
    for (unsigned k = 0; k < count(i); ++k) {
      if (type(i, k) != t) return false;
    }
    return true;
  };
  const Type t = i.type;
  bool result = true;
  bool operands = true;
  switch (i.op) {
    case IrOp::Param: result = i.imm < f_.params.size() && t == f_.params[i.imm]; break;
    case IrOp::Const: result = is_int(t) || is_float(t); break;
    case IrOp::ConstV128: result = t == Type::V128 && i.imm < f_.v128s.size(); break;
    case IrOp::Phi:
      result = t != Type::Void;
      operands = all(t);
      break;
    case IrOp::Proj: {
      const IrOp call = f_.insts[i.args[0]].op;
      result = t != Type::Void;
      operands = call == IrOp::Call || call == IrOp::CallFunc || call == IrOp::CallCode;
      break;
    }
    case IrOp::Vmctx: result = t == Type::I64; break;
    case IrOp::Add:
    case IrOp::Sub:
    case IrOp::Mul:
    case IrOp::MulHiS:
    case IrOp::MulHiU:
    case IrOp::DivS:
    case IrOp::DivU:
    case IrOp::RemS:
    case IrOp::RemU:
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
    case IrOp::Ext8S:
    case IrOp::Ext16S:
      result = is_int(t);
      operands = all(t);
      break;
    case IrOp::Ext32S:
      result = t == Type::I64;
      operands = all(t);
      break;
    case IrOp::Wrap:
      result = t == Type::I32;
      operands = all(Type::I64);
      break;
    case IrOp::ExtS:
    case IrOp::ExtU:
      result = t == Type::I64;
      operands = all(Type::I32);
      break;
    case IrOp::Icmp:
      result = t == Type::I32 && i.aux <= static_cast<unsigned>(Cond::GeU);
      operands = is_int(i.aux_type) && all(i.aux_type);
      break;
    case IrOp::Fcmp:
      result = t == Type::I32 && i.aux <= static_cast<unsigned>(FCond::Ge);
      operands = is_float(i.aux_type) && all(i.aux_type);
      break;
    case IrOp::Select:
      result = t != Type::Void;
      operands = type(i, 0) == Type::I32 && type(i, 1) == t && type(i, 2) == t;
      break;
    case IrOp::Fadd:
    case IrOp::Fsub:
    case IrOp::Fmul:
    case IrOp::Fdiv:
    case IrOp::Fmin:
    case IrOp::Fmax:
    case IrOp::Fcopysign:
    case IrOp::Fabs:
    case IrOp::Fneg:
    case IrOp::Fsqrt:
    case IrOp::Fceil:
    case IrOp::Ffloor:
    case IrOp::Ftrunc:
    case IrOp::Fnearest:
      result = is_float(t);
      operands = all(t);
      break;
    case IrOp::TruncS:
    case IrOp::TruncU:
    case IrOp::TruncSatS:
    case IrOp::TruncSatU:
      result = is_int(t);
      operands = is_float(i.aux_type) && all(i.aux_type);
      break;
    case IrOp::ConvS:
    case IrOp::ConvU:
      result = is_float(t);
      operands = is_int(i.aux_type) && all(i.aux_type);
      break;
    case IrOp::Promote:
      result = t == Type::F64;
      operands = all(Type::F32);
      break;
    case IrOp::Demote:
      result = t == Type::F32;
      operands = all(Type::F64);
      break;
    case IrOp::Bitcast:
      result = t != Type::Void;
      operands = bits(type(i, 0)) == bits(t);
      break;
    case IrOp::Simd1:
    case IrOp::Simd2:
    case IrOp::Simd3: result = t != Type::Void; break;
    case IrOp::MemCheck:
      result = t == Type::I64;
      operands = is_int(type(i, 0));
      break;
    case IrOp::LimitCheck:
      result =
          t == Type::I64 && i.mem < f_.memories.size() && i.imm <= f_.memories[i.mem].least_bytes;
      operands = is_int(type(i, 0)) && type(i, 1) == Type::I64;
      break;
    case IrOp::Load:
      result = t != Type::Void;
      operands = is_int(type(i, 0));
      break;
    case IrOp::Store:
      result = t == Type::Void;
      operands = is_int(type(i, 0)) && type(i, 1) == i.aux_type;
      break;
    case IrOp::SimdLoad:
      result = t == Type::V128;
      operands = is_int(type(i, 0));
      break;
    case IrOp::SimdLoadLane:
    case IrOp::SimdStoreLane:
      result = t == (i.op == IrOp::SimdLoadLane ? Type::V128 : Type::Void);
      operands = is_int(type(i, 0)) && type(i, 1) == Type::V128;
      break;
    case IrOp::VmLoad:
    case IrOp::VmLoadConst:
      result = t != Type::Void;
      operands = type(i, 0) == Type::I64;
      break;
    case IrOp::VmStore:
      result = t == Type::Void;
      operands = type(i, 0) == Type::I64 && type(i, 1) == i.aux_type;
      break;
    case IrOp::LoadHome: result = t != Type::Void; break;
    case IrOp::StoreHome:
      result = t == Type::Void;
      operands = type(i, 0) != Type::Void;
      break;
    case IrOp::CallTable: result = t == Type::I64; break;
    case IrOp::CallDistance:
      result = t == Type::I64;
      operands = type(i, 0) == Type::I64 && is_int(type(i, 1));
      break;
    case IrOp::CallFunc:
    case IrOp::CallCode:
    case IrOp::TailCallFunc: operands = count(i) > 0 && type(i, 0) == Type::I64; break;
    case IrOp::TrapIf:
    case IrOp::TrapIfNot:
    case IrOp::Branch:
    case IrOp::Switch:
      result = t == Type::Void;
      operands = all(Type::I32);
      break;
    case IrOp::TrapIfInfo:
      result = t == Type::Void;
      operands = type(i, 0) == Type::I32;
      break;
    case IrOp::GuardIndex:
      result = is_int(t);
      operands = type(i, 0) == Type::I32 && type(i, 1) == t;
      break;
    case IrOp::Return:
      operands = count(i) == f_.results.size();
      for (unsigned k = 0; operands && k < count(i); ++k) operands = type(i, k) == f_.results[k];
      break;
    case IrOp::Call:
    case IrOp::Builtin:
    case IrOp::TailCall:
    case IrOp::Poll:
    case IrOp::Jump:
    case IrOp::Leave:
    case IrOp::Trap: break;
  }
  if (!result) return fail(b, v, "its type or its immediate is wrong");
  if (!operands) return fail(b, v, "its operands are not of the types it takes");
  return true;
}

bool Verifier::types() {
  for (const BlockId b : f_.order) {
    for (std::uint32_t v = f_[b].first; v != kNone; v = f_.next[v]) {
      if (!type_of(b, v)) return false;
    }
  }
  return true;
}

std::string Verifier::run() {
  if (lists() && edges() && loops()) {
    dominators();
    if (uses()) types();
  }
  return error_;
}

}  // namespace

std::string verify(const Func& func) { return Verifier(func).run(); }

}  // namespace wasmrt::jit::ir
