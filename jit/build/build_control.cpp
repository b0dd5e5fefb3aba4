// Blocks, branches and joins.
#include <algorithm>
#include <utility>

#include "jit/build/builder.h"

namespace wasmrt::jit {

using namespace ir;

namespace {
// Values recorded for branches, per byte of body. Compiled code stays below 4.
constexpr std::uint64_t kValuesPerByte = 64;
// A phi is an instruction, which takes more room.
constexpr std::uint64_t kValuesPerPhi = 8;
// Bytes of memory, of all stages together: docs/JIT.md, "Memory". An argument of a call becomes a
// move, as a rule; an operand of a phi seldom.
constexpr std::uint64_t kPerInst = 110;
constexpr std::uint64_t kPerBlock = 100;
constexpr std::uint64_t kPerOperand = 40;
constexpr std::uint64_t kPerCallOperand = 130;
constexpr std::uint64_t kPerVector = 48;
constexpr std::uint64_t kPerEdgeValue = 12;
constexpr std::uint32_t kEnd = ~0u;
}  // namespace

Type ir_type(ValType type) {
  switch (type.kind()) {
    case ValKind::I32: return Type::I32;
    case ValKind::I64: return Type::I64;
    case ValKind::F32: return Type::F32;
    case ValKind::F64: return Type::F64;
    case ValKind::V128: return Type::V128;
    case ValKind::Ref: return Type::I64;
    case ValKind::Bottom: break;
  }
  return Type::Void;
}

void Builder::begin_function() {
  f_.clear();
  call_operands_ = 0;
  look_at_ = 0;
  f_.index = raw(state_->function());
  f_.most_memory = sections_ != nullptr ? kSectionMemory : most_memory(state_->body_size());
  f_.memories.assign(context_.memories.begin(), context_.memories.end());
  for (const ValType t : state_->function_type().results) f_.results.push_back(ir_type(t));
}

void Builder::begin(const BodyState& state) {
  state_ = &state;
  declined_ = nullptr;
  begin_function();
  for (const ValType t : state.function_type().params) f_.params.push_back(ir_type(t));
  locals_.clear();
  stack_.clear();
  frames_.clear();
  edges_.clear();
  next_edge_.clear();
  edge_values_.clear();
  loop_phis_.clear();
  table_.clear();
  memory_version_ = vm_version_ = calls_version_ = 0;
  work_ = 0;
  budget_ = std::uint64_t{state.body_size()} * kValuesPerByte + 65536;
  section_ = {};
  const auto hints = module_.branch_hints.find(f_.index);
  hints_ = hints == module_.branch_hints.end() ? nullptr : &hints->second;

  start_block(f_.new_block());
  for (std::uint32_t i = 0; i < f_.params.size(); ++i) {
    Inst param;
    param.op = IrOp::Param;
    param.type = f_.params[i];
    param.imm = i;
    locals_.push_back(append_raw(param));
  }
  V zeros[6];
  std::fill(std::begin(zeros), std::end(zeros), kNoValue);
  for (std::uint32_t i = state.param_count(); i < state.local_count(); ++i) {
    const Type t = ir_type(state.local_type(i));
    V& z = zeros[static_cast<unsigned>(t)];
    if (z == kNoValue) z = zero(t);
    locals_.push_back(z);
  }
  Frame frame{};
  frame.kind = FrameKind::Function;
  frame.label_arity = static_cast<std::uint32_t>(f_.results.size());
  frame.first_edge = frame.last_edge = kEnd;
  frame.label = frame.else_label = kNoLabel;
  frames_.push_back(frame);
  frame_number_ = 1;
  if (sections_ != nullptr) begin_sections();
}

void Builder::finish() {
  if (sections_ != nullptr) {
    close_section();
  } else {
    finish_function();
  }
}

std::uint64_t Builder::takes() const {
  return f_.insts.size() * kPerInst + f_.blocks.size() * kPerBlock + f_.pool.size() * kPerOperand +
         call_operands_ * kPerCallOperand + f_.v128s.size() * kPerVector +
         edge_values_.size() * kPerEdgeValue;
}

bool Builder::look_around() {
  if (takes() > f_.most_memory) decline(kTooLarge);
  if (work_ > budget_) decline(kTooManyValues);
  if (declined_ == nullptr && state_->body_offset() >= section_.end) next_section(true);
  look_at_ = std::min(section_.end, state_->body_offset() + kLookBytes);
  return declined_ == nullptr;
}

/// What is left to do when all of a function's blocks are there, or all of a section's.
void Builder::finish_function() {
  if (work_ > budget_) {  // phis are missing
    decline(kTooManyValues);
    return;
  }
  remove_trivial_phis();
  find_loops();
}

// ---- frames
// ---------------------------------------------------------------------------------------

void Builder::open(const ControlFrame& frame, Frame& out) {
  look_at_ = 0;
  out = {};
  out.kind = frame.kind;
  out.number = frame_number_++;
  out.height = static_cast<std::uint32_t>(stack_.size() - frame.params().size());
  out.label_arity = static_cast<std::uint32_t>(frame.label_types().size());
  out.first_edge = out.last_edge = kEnd;
  out.scope = table_.scope();
  out.header = out.otherwise = kNoBlock;
  out.label = out.else_label = kNoLabel;
  // Ways out of it into other sections need not store what it does not assign.
  if (assigned_.end_of(out.number) >= section_.end) store_assigned();
}

/// Notes the values that a branch to the frame's label brings: its assigned locals, then the
/// operands.
std::uint32_t Builder::record(const Frame& frame) {
  const auto at = static_cast<std::uint32_t>(edge_values_.size());
  if (work_ > budget_) return at;
  for (const std::uint32_t local : assigned_.frame(frame.number)) {
    edge_values_.push_back(raw(this->local(local)));
  }
  for (std::size_t n = stack_.size() - frame.label_arity; n < stack_.size(); ++n) {
    edge_values_.push_back(raw(operand(n)));
  }
  work_ += edge_values_.size() - at;
  return at;
}

void Builder::add_edge(Frame& frame, BlockId from) {
  look_at_ = 0;
  const auto edge = static_cast<std::uint32_t>(edges_.size());
  edges_.push_back({from, record(frame)});
  next_edge_.push_back(kEnd);
  (frame.first_edge == kEnd ? frame.first_edge : next_edge_[frame.last_edge]) = edge;
  frame.last_edge = edge;
  ++frame.edge_count;
  if (frame.header != kNoBlock) return;
  frame.header = f_.new_block();
  if (sections_ != nullptr)
    section_.open.push_back(static_cast<std::uint32_t>(&frame - frames_.data()));
}

/// Blocks are started in the order of the text: forward edges go forward in it, loops are
/// contiguous.
void Builder::start_block(BlockId block) {
  block_ = block;
  open_check_ = kNoValue;
  f_.order.push_back(block);
}

void Builder::jump(BlockId from, BlockId to) {
  Inst i;
  i.op = IrOp::Jump;
  i.args[0] = raw(to);
  i.pos = state_->offset();
  f_.append(from, i);
  f_.add_pred(to, from);
}

void Builder::branch(V condition, BlockId then, BlockId otherwise, Hint hint) {
  Inst i;
  i.op = IrOp::Branch;
  i.args[0] = raw(condition);
  i.args[1] = raw(then);
  i.args[2] = raw(otherwise);
  i.aux = static_cast<std::uint16_t>(hint);
  i.pos = state_->offset();
  f_.append(block_, i);
  f_.add_pred(then, block_);
  f_.add_pred(otherwise, block_);
}

Hint Builder::hint_here() const {
  if (hints_ == nullptr) return Hint::None;
  const std::uint32_t at = state_->body_offset();
  const auto hint =
      std::lower_bound(hints_->begin(), hints_->end(), at,
                       [](const BranchHint& h, std::uint32_t o) { return h.offset < o; });
  if (hint == hints_->end() || hint->offset != at) return Hint::None;
  return hint->likely ? Hint::Likely : Hint::Unlikely;
}

// ---- constructs
// -----------------------------------------------------------------------------------

void Builder::on_block(const ControlFrame& frame) {
  Frame f;
  open(frame, f);
  frames_.push_back(f);
}

void Builder::on_loop(const ControlFrame& frame) {
  if (assigned_.end_of(frame_number_) >= section_.end) {
    // A loop lies within one section, the next if not this one, unless it is larger than any.
    if (assigned_.end_of(frame_number_) - state_->body_offset() >= sections_->bytes) {
      return split_loop(frame);
    }
    next_section(true);
  }
  Frame f;
  open(frame, f);
  f.header = f_.new_block();
  add_edge(f, block_);
  jump(block_, f.header);
  start_block(f.header);
  f.first_phi = static_cast<std::uint32_t>(loop_phis_.size());
  work_ += kValuesPerPhi * (assigned_.frame(f.number).size() + stack_.size() - f.height);
  const auto phi = [&](V v) {
    Inst i;
    i.op = IrOp::Phi;
    i.type = f_[v].type;
    i.args[1] = 0;
    loop_phis_.push_back(append_raw(i));
    ++f.phi_count;
    return loop_phis_.back();
  };
  if (work_ <= budget_) {
    for (const std::uint32_t n : assigned_.frame(f.number)) set_local(n, phi(local(n)));
    const std::size_t count = stack_.size() - f.height;
    merged_.clear();
    for (std::size_t n = f.height; n < stack_.size(); ++n) merged_.push_back(phi(operand(n)));
    cut(f.height);
    for (std::size_t n = 0; n < count; ++n) push(merged_[n]);
  }
  // What the body writes may reach its beginning.
  ++memory_version_;
  ++vm_version_;
  ++calls_version_;
  frames_.push_back(f);
}

void Builder::on_if(const ControlFrame& frame) {
  const V condition = pop();
  Frame f;
  open(frame, f);
  const BlockId then = f_.new_block();
  f.otherwise = f_.new_block();
  branch(condition, then, f.otherwise, hint_here());
  f.entry_values = static_cast<std::uint32_t>(edge_values_.size());
  for (const std::uint32_t local : assigned_.frame(f.number)) {
    edge_values_.push_back(raw(this->local(local)));
  }
  for (std::size_t n = f.height; n < stack_.size(); ++n) edge_values_.push_back(raw(operand(n)));
  work_ += edge_values_.size() - f.entry_values;
  start_block(then);
  if (sections_ != nullptr) section_.open.push_back(static_cast<std::uint32_t>(frames_.size()));
  frames_.push_back(f);
}

/// The other way of an if begins: with the values that the if began with.
void Builder::begin_otherwise(Frame& f, std::span<const ValType> params) {
  if (f.else_label != kNoLabel) {
    enter_frame(f, f.else_label, params);
  } else {
    std::uint32_t at = f.entry_values;
    for (const std::uint32_t local : assigned_.frame(f.number)) {
      set_local(local, static_cast<V>(edge_values_[at++]));
    }
    cut(f.height);
    for (std::size_t n = 0; n < params.size(); ++n) push(static_cast<V>(edge_values_[at++]));
    start_block(std::exchange(f.otherwise, kNoBlock));
  }
  f.kind = FrameKind::Else;
  table_.leave(f.scope);
}

void Builder::on_else(const ControlFrame& frame) {
  if (!frame.fallthrough_live && state_->body_offset() >= section_.end) next_section(false);
  Frame& f = frames_.back();
  if (frame.fallthrough_live) {
    add_edge(f, block_);
    jump(block_, f.header);
  }
  begin_otherwise(f, frame.params());
  ++memory_version_;
  ++vm_version_;
}

void Builder::on_end(const ControlFrame& frame) {
  if (frames_.back().kind == FrameKind::Function) {
    if (frame.fallthrough_live) return_values();
    return;
  }
  if (!frame.fallthrough_live && state_->body_offset() >= section_.end) next_section(false);
  if (frames_.back().kind == FrameKind::Loop && frames_.back().label != kNoLabel) {
    return end_split_loop(frame);
  }
  if (frames_.back().kind == FrameKind::Loop) {
    close_loop(frames_.back());
    if (!frame.fallthrough_live) {
      cut(frames_.back().height);
    } else if (f_[frames_.back().header].is_loop_header) {
      // What follows is not part of the loop.
      if (f_[block_].first == kEnd) {
        --f_[frames_.back().header].loop_end;
      } else {
        const BlockId next = f_.new_block();
        jump(block_, next);
        start_block(next);
      }
    }
    frames_.pop_back();
    return;
  }
  if (frames_.back().kind == FrameKind::If) {  // no else: the other way brings the parameters
    if (frame.fallthrough_live) {
      add_edge(frames_.back(), block_);
      jump(block_, frames_.back().header);
    }
    Frame& f = frames_.back();
    begin_otherwise(f, frame.params());
    add_edge(f, block_);
    jump(block_, f.header);
    come_from_sections(frame);
    join(f);
  } else if (frame.fallthrough_live && frames_.back().edge_count == 0 &&
             frames_.back().label == kNoLabel && frames_.back().kind == FrameKind::Block) {
    // Nothing branches here: the block is transparent.
  } else {
    if (frame.fallthrough_live) {
      add_edge(frames_.back(), block_);
      jump(block_, frames_.back().header);
    }
    come_from_sections(frame);
    if (frames_.back().edge_count == 0) {
      cut(frames_.back().height);
    } else {
      join(frames_.back());
    }
  }
  frames_.pop_back();
}

/// Continues in the frame's label block, with phis where the incoming values differ.
void Builder::join(Frame& frame) {
  table_.leave(frame.scope);
  ++memory_version_;
  ++vm_version_;
  cut(frame.height);
  if (!merge(frame)) {
    for (std::uint32_t n = 0; n < frame.label_arity; ++n) push(V{});
    return;
  }
  const std::span<const std::uint32_t> locals = assigned_.frame(frame.number);
  for (std::size_t n = 0; n < locals.size(); ++n) set_local(locals[n], merged_[n]);
  for (std::size_t n = locals.size(); n < merged_.size(); ++n) push(merged_[n]);
}

/// Starts the frame's label block. What it finds goes to merged_: the locals that the frame
/// assigns, then the label's operands. False when the function is to be declined.
bool Builder::merge(const Frame& frame) {
  look_at_ = 0;
  start_block(frame.header);
  if (work_ > budget_) return false;
  merged_.clear();
  const auto count =
      static_cast<std::uint32_t>(assigned_.frame(frame.number).size()) + frame.label_arity;
  incoming_.clear();  // where the values of each edge lie
  for (std::uint32_t e = frame.first_edge; e != kEnd; e = next_edge_[e]) {
    incoming_.push_back(edges_[e].values);
  }
  for (std::uint32_t n = 0; n < count; ++n) {
    const std::uint32_t first = edge_values_[incoming_.front() + n];
    const bool same = std::all_of(incoming_.begin() + 1, incoming_.end(),
                                  [&](std::uint32_t at) { return edge_values_[at + n] == first; });
    V value = static_cast<V>(first);
    if (!same) {
      Inst phi;
      phi.op = IrOp::Phi;
      phi.type = f_[value].type;
      phi.args[0] = static_cast<std::uint32_t>(f_.pool.size());
      phi.args[1] = static_cast<std::uint32_t>(incoming_.size());
      for (const std::uint32_t at : incoming_) f_.pool.push_back(edge_values_[at + n]);
      value = append_raw(phi);
      loop_phis_.push_back(value);
      work_ += kValuesPerPhi;
    }
    merged_.push_back(value);
  }
  return true;
}

/// Gives the header's phis their operands, now that all ways back are known, and the loop its poll.
void Builder::close_loop(Frame& frame) {
  if (work_ > budget_) return;
  for (std::uint32_t n = 0; n < frame.phi_count; ++n) {
    Inst& phi = f_[loop_phis_[frame.first_phi + n]];
    phi.args[0] = static_cast<std::uint32_t>(f_.pool.size());
    phi.args[1] = frame.edge_count;
    for (std::uint32_t e = frame.first_edge; e != kEnd; e = next_edge_[e]) {
      f_.pool.push_back(edge_values_[edges_[e].values + n]);
    }
  }
  if (frame.edge_count < 2) return;
  f_[frame.header].is_loop_header = true;
  f_[frame.header].loop_end = static_cast<std::uint32_t>(f_.order.size());
  std::uint32_t at = f_[frame.header].first;
  while (at != kEnd && f_.insts[at].op == IrOp::Phi) at = f_.next[at];
  Inst poll;
  poll.op = IrOp::Poll;
  poll.pos = f_.insts[at].pos;
  f_.insert_before(static_cast<V>(at), poll);
}

// ---- branches
// ---------------------------------------------------------------------------------------

void Builder::return_values() {
  look_at_ = 0;
  Inst i;
  i.op = IrOp::Return;
  const std::size_t n = f_.results.size();
  std::vector<std::uint32_t> values;
  for (std::size_t k = stack_.size() - n; k < stack_.size(); ++k) {
    values.push_back(raw(operand(k)));
  }
  i.args[0] = f_.add_list(values);
  i.args[1] = static_cast<std::uint32_t>(n);
  i.pos = state_->offset();
  f_.append(block_, i);
}

void Builder::jump_to(std::uint32_t depth) {
  Frame& f = frame_at(depth);
  if (f.kind == FrameKind::Function) {
    return_values();
    return;
  }
  add_edge(f, block_);
  jump(block_, f.header);
}

void Builder::branch_if(V condition, std::uint32_t depth, Hint hint) {
  Frame& f = frame_at(depth);
  const BlockId next = f_.new_block();
  if (f.kind == FrameKind::Function) {
    const BlockId leave = f_.new_block();
    branch(condition, leave, next, hint);
    start_block(leave);
    return_values();
  } else {
    add_edge(f, block_);
    branch(condition, f.header, next, hint);
  }
  start_block(next);
}

void Builder::on_br(std::uint32_t depth) { jump_to(depth); }

void Builder::on_br_if(std::uint32_t depth) { branch_if(pop(), depth, hint_here()); }

void Builder::on_return() { return_values(); }
void Builder::on_unreachable() { trap(TrapKind::Unreachable); }

void Builder::on_br_on_null(std::uint32_t depth, ValType) {
  const V ref = pop();
  branch_if(icmp(Cond::Eq, Type::I64, ref, constant(Type::I64, 0)), depth, hint_here());
  push(ref);
}

void Builder::on_br_on_non_null(std::uint32_t depth, ValType) {
  const V ref = top();
  branch_if(icmp(Cond::Ne, Type::I64, ref, constant(Type::I64, 0)), depth, hint_here());
  pop();
}

void Builder::find_loops() {
  std::vector<BlockId> open;
  for (std::uint32_t n = 0; n < f_.order.size(); ++n) {
    const BlockId b = f_.order[n];
    while (!open.empty() && f_[open.back()].loop_end <= n) open.pop_back();
    if (f_[b].is_loop_header) open.push_back(b);
    f_[b].loop_depth = static_cast<std::uint32_t>(open.size());
    f_[b].loop_header = open.empty() ? kNoBlock : open.back();
  }
}

// ---- clean-up
// -----------------------------------------------------------------------------------------

/// A phi whose operands are one value and itself is that value.
void Builder::remove_trivial_phis() {
  std::vector<std::uint32_t> replaced(f_.insts.size());
  for (std::uint32_t n = 0; n < replaced.size(); ++n) replaced[n] = n;
  const auto resolve = [&](std::uint32_t v) {
    while (replaced[v] != v) {
      replaced[v] = replaced[replaced[v]];
      v = replaced[v];
    }
    return v;
  };
  bool any = false;
  for (int round = 0; round < 8; ++round) {
    bool changed = false;
    for (const V phi : loop_phis_) {
      const std::uint32_t id = raw(phi);
      if (replaced[id] != id) continue;
      std::uint32_t only = kEnd;
      bool trivial = true;
      for (const std::uint32_t raw_value : f_.list(f_[phi])) {
        const std::uint32_t value = resolve(raw_value);
        if (value == id || value == only) continue;
        if (only != kEnd) {
          trivial = false;
          break;
        }
        only = value;
      }
      if (!trivial || only == kEnd) continue;
      replaced[id] = only;
      changed = any = true;
    }
    if (!changed) break;
  }
  if (!any) return;
  for (std::uint32_t n = 0; n < f_.insts.size(); ++n) {
    if (f_.block_of[n] == kNoBlock) continue;
    if (replaced[n] != n) {
      f_.remove(static_cast<V>(n));
      continue;
    }
    for_each_arg(f_, f_.insts[n], [&](std::uint32_t& v) { v = resolve(v); });
  }
}

}  // namespace wasmrt::jit
