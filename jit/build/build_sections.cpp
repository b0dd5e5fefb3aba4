// Functions too large to be held as a whole, built in sections (docs/JIT.md, "Sections").
//
// A section is a run of the body, at most so many bytes long, as an ir::Func of its own: compiled
// and forgotten before the next one is built. Between sections the locals and the operand stack
// wait in homes, places of the frame that all sections share. Guaranteed: a home is stored only on
// a way out of the section, so what is loaded in the entry is the value on all ways in; a loop lies
// within a section, or begins one and is reached by all branches to it as from outside.
#include <algorithm>
#include <utility>

#include "jit/build/builder.h"

namespace wasmrt::jit {

using namespace ir;

// ---- homes
// --------------------------------------------------------------------------------------------

std::uint32_t Builder::local_home(std::uint32_t local) const { return local * local_words_; }

/// Behind the locals; an operand of either size has the same.
std::uint32_t Builder::operand_home(std::size_t n) const {
  return local_home(state_->local_count()) + 2 * static_cast<std::uint32_t>(n);
}

void Builder::store_home(std::uint32_t home, V value) {
  Inst i;
  i.op = IrOp::StoreHome;
  i.aux_type = f_[value].type;
  i.args[0] = raw(value);
  i.imm = home;
  append_raw(i);
}

Builder::V Builder::load_home(std::uint32_t home, Type type) {
  Inst i;
  i.op = IrOp::LoadHome;
  i.type = type;
  i.imm = home;
  i.pos = state_->offset();
  return f_.append(section_.entry, i);
}

Builder::V Builder::home_of_local(std::uint32_t local) {
  V& home = local_states_[local].home;
  if (home == kNoValue) {
    home = load_home(local_home(local), ir_type(state_->local_type(local)));
    section_.loaded.push_back(local);
  }
  return home;
}

/// What was left of the operand stack by earlier sections.
Builder::V Builder::home_of_operand(std::uint32_t n) {
  return home_of_operand(n, operand_types_[n]);
}

/// Ways into the section may bring values of different types to the same height.
Builder::V Builder::home_of_operand(std::uint32_t n, Type type) {
  const std::uint64_t key = std::uint64_t{n} << 8 | static_cast<std::uint64_t>(type);
  const auto [place, is_new] = operand_homes_.try_emplace(key, kNoValue);
  if (is_new) place->second = load_home(operand_home(n), type);
  return place->second;
}

void Builder::note_assigned(std::uint32_t local) {
  LocalState& state = local_states_[local];
  if (!std::exchange(state.changed, true)) section_.changed.push_back(local);
  if (!std::exchange(state.unsaved, true)) section_.unsaved.push_back(local);
}

/// Brings the homes up to date with everything that was assigned.
void Builder::store_assigned() {
  for (const std::uint32_t n : section_.unsaved) {
    local_states_[n].unsaved = false;
    store_home(local_home(n), local(n));
  }
  section_.unsaved.clear();
  for (std::size_t n = section_.stored; n < stack_.size(); ++n) {
    if (stack_[n] != kNoValue) store_home(operand_home(n), stack_[n]);
  }
  section_.stored = stack_.size();
}

// ---- ways between sections
// ----------------------------------------------------------------------------

void Builder::leave(std::uint32_t label) {
  Inst i;
  i.op = IrOp::Leave;
  i.imm = label;
  append_raw(i);
}

/// What follows is reached from another section by its jump to the label.
void Builder::enter(std::uint32_t label) {
  const BlockId block = f_.new_block();
  section_.ways.push_back({label, block});
  f_.add_pred(block, section_.entry);
  start_block(block);
}

/// The same, with the frame's locals and the operands on top of it as they were there.
void Builder::enter_frame(Frame& frame, std::uint32_t label, std::span<const ValType> operands) {
  enter(label);
  for (const std::uint32_t n : assigned_.frame(frame.number)) set_local(n, home_of_local(n));
  cut(frame.height);
  for (const ValType type : operands) {
    push(home_of_operand(static_cast<std::uint32_t>(stack_.size()), ir_type(type)));
  }
}

/// At a frame's end: the branches to it in earlier sections come here.
void Builder::come_from_sections(const ControlFrame& frame) {
  Frame& f = frames_.back();
  if (f.label == kNoLabel) return;
  enter_frame(f, f.label, frame.label_types());
  add_edge(f, block_);
  jump(block_, f.header);
}

/// The section's branches to a frame that ends in another one, or that began with one.
void Builder::leave_frame(Frame& frame) {
  if (frame.label == kNoLabel) frame.label = label_count_++;
  if (merge(frame)) {
    const std::span<const std::uint32_t> locals = assigned_.frame(frame.number);
    for (std::size_t n = 0; n < merged_.size(); ++n) {
      store_home(n < locals.size() ? local_home(locals[n])
                                   : operand_home(frame.height + n - locals.size()),
                 merged_[n]);
    }
  }
  leave(frame.label);
  frame.first_edge = frame.last_edge = ~0u;
  frame.edge_count = 0;
  frame.header = kNoBlock;
}

void Builder::leave_frames() {
  std::vector<std::uint32_t>& open = section_.open;
  std::sort(open.begin(), open.end());
  open.erase(std::unique(open.begin(), open.end()), open.end());
  for (const std::uint32_t n : open) {
    if (n >= frames_.size()) break;  // closed
    Frame& frame = frames_[n];
    if (frame.kind == FrameKind::If && frame.otherwise != kNoBlock) {
      frame.else_label = label_count_++;
      start_block(std::exchange(frame.otherwise, kNoBlock));
      leave(frame.else_label);  // what it begins with was stored when the if opened
    }
    if (frame.edge_count != 0) leave_frame(frame);
  }
}

// ---- sections
// -----------------------------------------------------------------------------------------

void Builder::begin_sections() {
  section_.end = sections_->bytes;
  section_.entry = block_;
  label_count_ = 0;
  local_words_ = 1;
  local_states_.assign(locals_.size(), {});
  operand_homes_.clear();
  operand_types_.clear();
  for (std::uint32_t n = 0; n < locals_.size(); ++n) {
    if (state_->local_type(n).is_vec()) local_words_ = 2;
    note_assigned(n);  // parameters and zeros
  }
}

/// Before an instruction, which may be unreachable: it is an else or an end then.
void Builder::next_section(bool live) {
  const std::uint32_t label = label_count_++;
  if (live) {
    store_assigned();
    leave(label);
  }
  close_section();
  open_section();
  if (live) enter(label);
}

/// Completes the section and has it taken, which leaves nothing of it.
void Builder::close_section() {
  operand_types_.resize(stack_.size());
  for (std::size_t n = section_.kept; n < stack_.size(); ++n) {
    if (stack_[n] != kNoValue) operand_types_[n] = f_[stack_[n]].type;
  }
  leave_frames();
  if (f_.follows) {
    if (section_.ways.empty()) return;  // nothing reaches it
    std::vector<std::uint32_t> blocks;
    for (const Section::Way& way : section_.ways) {
      f_.labels.push_back(way.label);
      blocks.push_back(raw(way.to));
    }
    Inst end;
    end.pos = state_->offset();
    end.op = blocks.size() == 1 ? IrOp::Jump : IrOp::Switch;
    end.args[0] = blocks[0];
    if (end.op == IrOp::Switch) {
      Inst which;
      which.pos = end.pos;
      which.op = IrOp::LoadHome;
      which.type = Type::I32;
      which.imm = kWhichLabel;
      end.args[0] = raw(f_.append(section_.entry, which));
      end.args[1] = f_.add_list(blocks);
      end.args[2] = static_cast<std::uint32_t>(blocks.size());
    }
    f_.append(section_.entry, end);
  }
  finish_function();
  if (declined_ != nullptr) return;
  if (const char* const why = sections_->take(); why != nullptr) decline(why);
}

void Builder::open_section() {
  std::fill(stack_.begin() + static_cast<std::ptrdiff_t>(section_.kept), stack_.end(), kNoValue);
  for (const std::uint32_t n : section_.changed) {
    locals_[n] = kNoValue;
    local_states_[n] = {};
  }
  for (const std::uint32_t n : section_.loaded) local_states_[n].home = kNoValue;
  operand_homes_.clear();

  begin_function();
  f_.follows = true;
  edges_.clear();
  next_edge_.clear();
  edge_values_.clear();
  loop_phis_.clear();
  table_.forget();
  ++memory_version_;
  ++vm_version_;
  ++calls_version_;

  section_ = {};
  section_.end = state_->body_offset() + sections_->bytes;
  section_.kept = section_.stored = stack_.size();
  section_.entry = f_.new_block();
  start_block(section_.entry);
  // Loops without a poll end soon, but there may be many of them in a large function; and loops
  // that are longer than a section have no other.
  Inst poll;
  poll.op = IrOp::Poll;
  append_raw(poll);
}

/// A loop longer than a section: it begins one, and every branch to it is a way out and in again.
void Builder::split_loop(const ControlFrame& frame) {
  Frame f;
  open(frame, f);
  f.label = label_count_++;
  leave(f.label);
  close_section();
  open_section();
  f.scope = table_.scope();
  frames_.push_back(f);
  enter(f.label);
}

void Builder::end_split_loop(const ControlFrame& frame) {
  Frame& f = frames_.back();
  if (f.edge_count != 0) {
    const BlockId next = f_.new_block();
    if (frame.fallthrough_live) jump(block_, next);
    leave_frame(f);
    if (frame.fallthrough_live) start_block(next);
  }
  if (!frame.fallthrough_live) cut(f.height);
  frames_.pop_back();
}

}  // namespace wasmrt::jit
