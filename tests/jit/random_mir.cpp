// Random machine functions: control flow with loops, parameters, constraints and pressure.
#include "tests/jit/random_mir.h"

#include <algorithm>

namespace wasmrt::test {

using namespace jit;

namespace {

constexpr std::uint16_t kOp = kFirstMachineOp;
constexpr std::uint16_t kConstant = kOp + 1;
constexpr std::uint16_t kBranch = kOp + 2;
constexpr std::uint16_t kCall = kOp + 3;
constexpr std::uint16_t kReturn = kOp + 4;
constexpr std::uint16_t kArgs = kOp + 5;

const char* op_name(std::uint16_t op) {
  static constexpr const char* kNames[] = {"op", "constant", "branch", "call", "return", "args"};
  if (op == kMove) return "move";
  if (op == kSwap) return "swap";
  if (op == kJump) return "jump";
  return op >= kOp && op <= kArgs ? kNames[op - kOp] : "?";
}

MOperand def(VReg v) {
  MOperand o;
  o.vreg = v;
  o.is_def = true;
  return o;
}

MOperand use(VReg v) {
  MOperand o;
  o.vreg = v;
  return o;
}

MOperand fixed(MOperand o, unsigned reg) {
  o.constraint = Constraint::Fixed;
  o.fixed = static_cast<std::uint8_t>(reg);
  return o;
}

}  // namespace

const Target& toy_target() {
  static const Target kTarget = [] {
    Target t{};
    t.name = "toy";
    t.allocatable[0] = 0x3F;
    t.allocatable[1] = 0x1F;
    t.call_clobbers[0] = 0x0F;
    t.call_clobbers[1] = 0x1F;
    t.scratch[0] = t.scratch[1] = 7;
    for (unsigned n = 0; n <= 6; ++n) t.alloc_order[0][n] = n < 6 ? n : 32;
    for (unsigned n = 0; n <= 5; ++n) t.alloc_order[1][n] = n < 5 ? n : 32;
    t.op_name = op_name;
    return t;
  }();
  return kTarget;
}

VReg RandomMir::fresh(RegClass cls) {
  VRegInfo info;
  info.cls = cls;
  info.bytes = cls == RegClass::Vec && chance(50) ? 16 : 8;
  m_.vregs.push_back(info);
  return static_cast<VReg>(m_.vregs.size() - 1);
}

VReg RandomMir::any(RegClass cls) {
  const std::vector<VReg>& list = values_[static_cast<unsigned>(cls)];
  // Mostly recent values, some old ones: both short and long lifetimes.
  const auto n = static_cast<unsigned>(list.size());
  return list[chance(60) ? n - 1 - below(std::min(n, 6u)) : below(n)];
}

std::uint32_t RandomMir::new_block() {
  m_.blocks.emplace_back();
  return static_cast<std::uint32_t>(m_.blocks.size() - 1);
}

/// Blocks are renumbered into the order in which they are started at the end.
void RandomMir::start(std::uint32_t block) {
  block_ = block;
  MBlock& b = m_.blocks[block];
  b.loop_depth = static_cast<std::uint32_t>(loops_.size());
  b.loop_header = static_cast<MBlockId>(loops_.empty() ? ~0u : loops_.back());
  b.cold = chance(10);
}

MInst& RandomMir::inst(std::uint16_t op, const std::vector<MOperand>& operands) {
  MInst i;
  i.op = op;
  i.size = 8;
  i.first_op = static_cast<std::uint32_t>(m_.ops.size());
  for (const MOperand& o : operands) {
    m_.ops.push_back(o);
    ++(o.is_def ? i.defs : i.uses);
  }
  m_.insts.push_back(i);
  append(m_.blocks[block_].insts, static_cast<std::uint32_t>(m_.insts.size() - 1));
  if (left_ > 0) --left_;
  return m_.insts.back();
}

void RandomMir::jump(std::uint32_t to, const std::vector<VReg>& args) {
  inst(kJump, {});
  append(m_.blocks[block_].succs,
         {static_cast<MBlockId>(to), m_.lists->copy(std::span<const VReg>(args))});
  append(m_.blocks[to].preds, static_cast<MBlockId>(block_));
}

void RandomMir::branch(std::uint32_t then, std::uint32_t otherwise) {
  std::vector<MOperand> operands;
  if (chance(20)) {
    operands.push_back(def(fresh(RegClass::Int)));
    operands.back().early = true;
  }
  for (unsigned n = below(3); n > 0; --n) {
    operands.push_back(use(any(RegClass::Int)));
    if (chance(30)) operands.back().constraint = Constraint::Any;
  }
  inst(kBranch, operands);
  for (const std::uint32_t to : {then, otherwise}) {
    append(m_.blocks[block_].succs, {static_cast<MBlockId>(to), {}});
    append(m_.blocks[to].preds, static_cast<MBlockId>(block_));
  }
}

std::vector<VReg> RandomMir::params(std::uint32_t block, unsigned count) {
  Slice<VReg>& list = m_.blocks[block].params;
  for (unsigned n = 0; n < count; ++n) append(list, fresh(any_class()));
  return {list.begin(), list.end()};
}

std::vector<VReg> RandomMir::args_for(std::uint32_t block) {
  const std::span<const VReg> list = m_.blocks[block].params;
  std::vector<VReg> args;
  for (const VReg p : list) {
    // Widths of arguments and parameters agree.
    VReg a = any(m_.vregs[raw(p)].cls);
    for (int tries = 0; tries < 20 && m_.vregs[raw(a)].bytes != m_.vregs[raw(p)].bytes; ++tries) {
      a = any(m_.vregs[raw(p)].cls);
    }
    if (m_.vregs[raw(a)].bytes != m_.vregs[raw(p)].bytes) {
      a = fresh(m_.vregs[raw(p)].cls);
      m_.vregs[raw(a)].bytes = m_.vregs[raw(p)].bytes;
      inst(kOp, {def(a)});
    }
    args.push_back(a);
  }
  return args;
}

// ---- straight code
// ----------------------------------------------------------------------------------

void RandomMir::plain() {
  std::vector<MOperand> operands;
  std::vector<VReg> made;
  const bool with_def = chance(80);
  bool late = false;
  if (with_def) {
    made.push_back(fresh(any_class()));
    operands.push_back(def(made[0]));
    operands[0].early = chance(25);
  }
  std::uint32_t taken = 0;
  if (chance(20)) {  // a result in a certain register, as a division has
    const unsigned reg = below(6);
    const VReg v = fresh(RegClass::Int);
    operands.push_back(fixed(def(v), reg));
    made.push_back(v);
    taken |= 1u << reg;
  }
  std::uint32_t used = 0;
  for (unsigned n = below(3); n > 0; --n) {
    operands.push_back(use(any(any_class())));
    if (chance(30)) operands.back().constraint = Constraint::Any;
    if (!late && chance(15)) late = operands.back().late = true;
  }
  if (chance(25)) {
    const unsigned reg = below(6);
    used |= 1u << reg;
    operands.push_back(fixed(use(any(RegClass::Int)), reg));
    if ((taken & used) == 0 && chance(30)) operands.back().late = true;
  }
  inst(kOp, operands);
  for (const VReg v : made) {
    if (chance(90)) values_[static_cast<unsigned>(m_.vregs[raw(v)].cls)].push_back(v);
  }
}

void RandomMir::tied() {
  const RegClass cls = any_class();
  const VReg source = any(cls);
  const VReg v = fresh(cls);
  m_.vregs[raw(v)].bytes = m_.vregs[raw(source)].bytes;
  std::vector<MOperand> operands = {def(v), use(source)};
  operands[0].constraint = Constraint::Same;
  operands[0].fixed = 1;
  for (unsigned n = below(3); n > 0; --n) {
    operands.push_back(use(any(any_class())));
    if (chance(30)) operands.back().constraint = Constraint::Any;
  }
  if (chance(25)) {  // compared and chosen
    operands.push_back(use(source));
    operands.back().constraint = Constraint::Same;
    operands.back().fixed = 1;
  }
  if (chance(20)) operands.push_back(fixed(use(any(RegClass::Int)), 1));  // a shift's count
  inst(kOp, operands);
  values_[static_cast<unsigned>(cls)].push_back(v);
}

void RandomMir::constant() {
  const RegClass cls = any_class();
  const VReg v = fresh(cls);
  MInst& i = inst(kConstant, {def(v)});
  i.can_remat = true;
  i.imm = static_cast<std::int64_t>(below(1000));
  values_[static_cast<unsigned>(cls)].push_back(v);
}

void RandomMir::call() {
  std::vector<MOperand> operands;
  std::vector<VReg> made;
  const unsigned results = below(3);
  for (unsigned n = 0; n < results; ++n) {
    made.push_back(fresh(RegClass::Int));
    operands.push_back(fixed(def(made.back()), n));
  }
  if (chance(30)) {
    made.push_back(fresh(RegClass::Vec));
    operands.push_back(fixed(def(made.back()), 0));
  }
  if (chance(30)) operands.push_back(use(any(RegClass::Int)));
  const unsigned ints = below(5);
  for (unsigned n = 0; n < ints; ++n) operands.push_back(fixed(use(any(RegClass::Int)), n));
  const unsigned vecs = below(3);
  for (unsigned n = 0; n < vecs; ++n) operands.push_back(fixed(use(any(RegClass::Vec)), n));
  inst(kCall, operands).is_call = true;
  m_.has_calls = true;
  for (const VReg v : made) {
    if (chance(80)) values_[static_cast<unsigned>(m_.vregs[raw(v)].cls)].push_back(v);
  }
}

void RandomMir::straight() {
  for (unsigned n = 1 + below(8); n > 0; --n) {
    const unsigned what = below(100);
    if (what < 50)
      plain();
    else if (what < 75)
      tied();
    else if (what < 90)
      constant();
    else
      call();
  }
}

// ---- control
// ----------------------------------------------------------------------------------------

void RandomMir::choice(unsigned depth) {
  const std::uint32_t then = new_block();
  const std::uint32_t otherwise = new_block();
  const std::uint32_t join = new_block();
  const std::vector<VReg> joined = params(join, below(4));
  branch(then, otherwise);
  const std::vector<VReg> ints = values_[0];
  const std::vector<VReg> vecs = values_[1];
  for (const std::uint32_t b : {then, otherwise}) {
    start(b);
    if (chance(70)) region(depth + 1);
    jump(join, args_for(join));
    values_[0] = ints;
    values_[1] = vecs;
  }
  start(join);
  for (const VReg v : joined) values_[static_cast<unsigned>(m_.vregs[raw(v)].cls)].push_back(v);
}

void RandomMir::loop(unsigned depth) {
  const std::uint32_t header = new_block();
  const std::vector<VReg> carried = params(header, below(5));
  jump(header, args_for(header));
  loops_.push_back(header);
  start(header);
  m_.blocks[header].is_loop_header = true;
  for (const VReg v : carried) values_[static_cast<unsigned>(m_.vregs[raw(v)].cls)].push_back(v);
  const std::vector<VReg> ints = values_[0];
  const std::vector<VReg> vecs = values_[1];
  const std::uint32_t exit = new_block();
  const std::vector<VReg> results = params(exit, below(3));
  region(depth + 1);
  for (unsigned n = below(3); n > 0; --n) {  // ways out of the middle
    const std::uint32_t leave = new_block();
    const std::uint32_t stay = new_block();
    branch(leave, stay);
    start(leave);
    jump(exit, args_for(exit));
    start(stay);
    straight();
  }
  const std::uint32_t back = new_block();
  const std::uint32_t out = new_block();
  branch(back, out);
  start(back);
  jump(header, args_for(header));
  m_.blocks[header].loop_end = back;  // its last block; made a position at the end
  loops_.pop_back();
  start(out);
  jump(exit, args_for(exit));
  start(exit);
  values_[0] = ints;
  values_[1] = vecs;
  for (const VReg v : results) values_[static_cast<unsigned>(m_.vregs[raw(v)].cls)].push_back(v);
}

void RandomMir::region(unsigned depth) {
  do {
    straight();
    if (left_ == 0 || depth >= 5) return;
    if (chance(50))
      choice(depth);
    else
      loop(depth);
  } while (left_ > 0 && chance(60));
}

MFunc RandomMir::make() {
  start(new_block());
  std::vector<MOperand> args;
  for (unsigned n = 0; n < 4; ++n) {
    const RegClass cls = n < 3 ? RegClass::Int : RegClass::Vec;
    const VReg v = fresh(cls);
    args.push_back(fixed(def(v), n % 3));
    values_[static_cast<unsigned>(cls)].push_back(v);
  }
  inst(kArgs, args);
  while (left_ > 0) region(0);
  inst(kReturn, {fixed(use(any(RegClass::Int)), 0), fixed(use(any(RegClass::Int)), 1)});

  // Layout: the order of starting is the order of the terminators' numbers.
  const auto n = static_cast<std::uint32_t>(m_.blocks.size());
  std::vector<std::uint32_t> order(n);
  for (std::uint32_t b = 0; b < n; ++b) order[b] = b;
  std::sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) {
    return m_.blocks[x].insts.back() < m_.blocks[y].insts.back();
  });
  std::vector<std::uint32_t> place(n);
  for (std::uint32_t p = 0; p < n; ++p) place[order[p]] = p;
  const auto moved = [&](MBlockId b) { return static_cast<MBlockId>(place[raw(b)]); };
  List<MBlock> blocks;
  for (const std::uint32_t b : order) {
    MBlock& block = m_.blocks[b];
    for (MEdge& edge : block.succs) edge.to = moved(edge.to);
    for (MBlockId& pred : block.preds) pred = moved(pred);
    if (raw(block.loop_header) != ~0u) block.loop_header = moved(block.loop_header);
    if (block.is_loop_header) block.loop_end = place[block.loop_end] + 1;
    blocks.push_back(std::move(block));
  }
  m_.blocks = std::move(blocks);
  return std::move(m_);
}

}  // namespace wasmrt::test
