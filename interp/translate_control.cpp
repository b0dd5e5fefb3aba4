// The translator's blocks, branches and returns.
//
// At the end of a block that is branched to, and at a loop header, each operand is in its own slot.
// A forward branch is a link in the chain of its label until the label is bound.
#include <algorithm>

#include "interp/translate.h"

namespace wasmrt::interp {

namespace {
// Values of a branch that are moved one by one.
constexpr std::size_t kFewMoves = 4;
}  // namespace

// --- labels ---

void Translator::add_patch(std::uint32_t& chain, std::uint32_t at, std::uint32_t from) {
  patches_.push_back({at, from, chain});
  chain = static_cast<std::uint32_t>(patches_.size() - 1);
}

void Translator::bind(std::uint32_t& chain) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(code_.data());
  for (std::uint32_t i = chain; i != kNone; i = patches_[i].next) {
    const auto distance = static_cast<std::int32_t>(pos_ - patches_[i].from);
    __builtin_memcpy(bytes + patches_[i].at, &distance, sizeof distance);
  }
  chain = kNone;
  forget_accs();
  forget_last();
  barrier_ = pos_;
}

void Translator::open(const ControlFrame& frame, FrameKind kind) {
  const auto params = frame.params().size();
  const auto height = static_cast<std::uint32_t>(stack_.size() - params);
  const std::uint16_t slot = params != 0 ? stack_[height].slot : next_slot();
  labels_.push_back({.kind = kind, .slot = slot, .height = height});
}

void Translator::on_block(const ControlFrame& frame) {
  materialize_all();
  open(frame, FrameKind::Block);
}

void Translator::on_loop(const ControlFrame& frame) {
  materialize_all();
  forget_accs();
  forget_last();
  open(frame, FrameKind::Loop);
  labels_.back().target = barrier_ = pos_;
  note(pos_);
}

void Translator::on_if(const ControlFrame& frame) {
  const Condition condition = pop_condition();
  materialize_all();
  open(frame, FrameKind::If);
  shorten(labels_.back().else_trail, static_cast<std::uint32_t>(trail_.size()));
  emit_branch(condition, false, nullptr, &labels_.back().else_patches);
}

void Translator::on_else(const ControlFrame& frame) {
  Label& l = labels_.back();
  if (frame.fallthrough_live) {
    materialize_from(l.height);
    emit_br(l);
  }
  bind(l.else_patches);
  // The end is reached from the then-part with what it assigned, from here with less.
  const std::uint32_t before = left_of(l.else_trail);
  shorten(l.trail, before);
  unassign(before);
  l.else_trail = {};
  l.has_else = true;
  reset_stack(l, frame.params());
}

void Translator::on_end(const ControlFrame& frame) {
  Label& l = labels_.back();
  if (l.kind == FrameKind::Function) {
    if (frame.fallthrough_live) {
      if (l.patches == kNone) {
        emit_return(frame.results());
      } else {
        materialize_from(l.height);
      }
    }
    if (l.patches != kNone) {
      bind(l.patches);
      reset_stack(l, frame.results());
      emit_return(frame.results());
    }
    labels_.pop_back();
    return;
  }
  const bool joins = l.patches != kNone || l.else_patches != kNone;
  if (joins) {
    if (frame.fallthrough_live) materialize_from(l.height);
    bind(l.patches);
    bind(l.else_patches);
    unassign(std::min(left_of(l.trail), left_of(l.else_trail)));
  }
  if (frame.end_live && (joins || !frame.fallthrough_live)) reset_stack(l, frame.results());
  if (!frame.end_live) truncate(l.height);
  labels_.pop_back();
}

// --- conditions ---

Translator::Condition Translator::pop_condition() {
  const Operand o = pop();
  Condition c;
  if (o.kind == Operand::Kind::Acc && fusible() && acc_[kInt].def == last_.pos) {
    bool negate = false;
    for (;;) {
      const HandlerId id = last_.id;
      if (!fusible() || id >= kOpCount * kForms) break;
      const Op op = static_cast<Op>(id / kForms);
      const std::uint32_t form = id % kForms;
      if ((op == Op::I32Eqz || op == Op::I64Eqz) && (form == 0 || form == 2)) {
        c.compare = kNoOp;
        negate = !negate;
        c.negate = negate;
        c.wide = op == Op::I64Eqz;
        c.a = {form == 0 ? Place::Kind::R : Place::Kind::S, form == 0 ? Place::kNoSlot : last_.a,
               0};
        const bool from_acc = form == 0 && last_.before.def == prev_.pos;
        undo_last();
        if (from_acc && fusible()) continue;
        return c;
      }
      if (is_compare2(op) && form % 2 == 0) {
        const bool wide = op >= Op::I64Eq && !(op >= Op::F32Eq && op <= Op::F32Ge);
        const Place imm = {Place::Kind::I, 0, wide ? last_.wide : last_.w};
        const Place acc = {Place::Kind::R, Place::kNoSlot, 0};
        const Place slot_a = {Place::Kind::S, last_.a, 0};
        const Place slot_b = {Place::Kind::S, static_cast<std::uint16_t>(last_.w), 0};
        c.compare = op;
        c.negate = negate;
        switch (static_cast<Form>(form / 2)) {
          case Form::RS: c.a = acc, c.b = slot_a; break;
          case Form::SR: c.a = slot_a, c.b = acc; break;
          case Form::SS: c.a = slot_a, c.b = slot_b; break;
          case Form::RI: c.a = acc, c.b = imm; break;
          case Form::SI: c.a = slot_a, c.b = imm; break;
          case Form::IR: c.a = imm, c.b = acc; break;
          case Form::IS: c.a = imm, c.b = slot_a; break;
        }
        undo_last();
        return c;
      }
      break;
    }
    if (c.a.kind == Place::Kind::R && negate) return c;
  }
  c.a = place(o);
  return c;
}

void Translator::emit_branch(const Condition& condition, bool when, Label* target,
                             std::uint32_t* chain) {
  const bool back = target != nullptr && target->kind == FrameKind::Loop;
  const bool taken_if = when != condition.negate;
  Place a = condition.a;
  Place b = condition.b;
  std::uint32_t at;
  if (fuse_branch(condition, taken_if, target, chain)) return;
  if (condition.compare == kNoOp) {
    if (a.is_i()) {
      if ((a.bits != 0) == taken_if) {
        at = emit(handler_id(Br, back ? 1 : 0), 0, 0, 0);
      } else {
        return;
      }
    } else {
      read_place(a);
      const std::uint32_t variant = (a.is_s() ? 2u : 0u) + (back ? 1u : 0u);
      at = emit(handler_id(taken_if ? BrIf : BrIfNot, variant), 0, a.slot, 0);
    }
  } else {
    Op op = condition.compare;
    const bool is_float = is_float_compare(op);
    if (!taken_if && !is_float) op = negated(op);
    if (a.is_i() || (b.is_r() && a.is_s())) {
      std::swap(a, b);
      op = mirrored(op);
    }
    read_place(a);
    read_place(b);
    const std::uint32_t index = compare_index(op) + (is_float && !taken_if ? 12 : 0);
    const std::uint32_t variant = 2 * index + (back ? 1u : 0u);
    if (b.is_s()) {
      at = a.is_r() ? emit(handler_id(BrCmpRS, variant), 0, b.slot, 0)
                    : emit(handler_id(BrCmpSS, variant), b.slot, a.slot, 0);
    } else {
      const bool is_64 = op >= Op::I64Eq;
      const auto value = is_64 ? static_cast<std::int64_t>(b.bits)
                               : static_cast<std::int32_t>(static_cast<std::uint32_t>(b.bits));
      if (!is_float && value == static_cast<std::int16_t>(value)) {
        at = emit(handler_id(a.is_r() ? BrCmpRI : BrCmpSI, variant),
                  static_cast<std::uint16_t>(value), a.slot, 0);
      } else {
        at = emit(handler_id(a.is_r() ? BrCmpRW : BrCmpSW, variant), 0, a.slot, 0);
        emit_wide(b.bits);
      }
    }
  }
  link_branch(at, target, chain);
}

void Translator::link_branch(std::uint32_t at, Label* target, std::uint32_t* chain) {
  if (target != nullptr && target->kind == FrameKind::Loop) {
    const std::uint32_t distance = target->target - at;
    code_[at / 8 + 1] |= std::uint64_t{distance} << 32;
  } else {
    if (target != nullptr) note_branch(*target);
    add_patch(target != nullptr ? target->patches : *chain, at + 12, at);
  }
  forget_last();
  mark_branch();
  barrier_ = pos_;
}

void Translator::note_branch(Label& target) {
  shorten(target.trail, static_cast<std::uint32_t>(trail_.size()));
}

void Translator::emit_br(Label& target) {
  if (fuse_table_again(target) || fuse_jump(target)) return;
  const bool back = target.kind == FrameKind::Loop;
  link_branch(emit(handler_id(Br, back ? 1 : 0), 0, 0, 0), &target, nullptr);
}

// --- branches ---

bool Translator::needs_moves(std::uint32_t depth, const Label& target) {
  const std::size_t n = state_->label_types(depth).size();
  return n != 0 && stack_[stack_.size() - n].slot != target.slot;
}

void Translator::move_to_label(std::uint32_t depth, const Label& target) {
  const std::size_t n = state_->label_types(depth).size();
  std::uint16_t d = target.slot;
  // Many at once, as they lie: code that grew with each branch's values could not be bounded.
  if (n > kFewMoves) {
    const std::uint16_t a = stack_[stack_.size() - n].slot;
    const auto slots = static_cast<std::uint16_t>(next_slot() - a);
    kill_mirror(d, slots);
    emit(CopyMany, d, a, slots);
    forget_last();
    return;
  }
  // Destinations lie below their sources: ascending order never overwrites what is still needed.
  for (std::size_t i = stack_.size() - n; i < stack_.size(); ++i) {
    const Operand& o = stack_[i];
    if (o.type == ValKind::V128) {
      copy_slot(d, o.slot, o.type);
    } else {
      store_place(d, o.type, place(o));
    }
    d = static_cast<std::uint16_t>(d + o.width());
  }
}

void Translator::on_br(std::uint32_t depth) {
  Label& target = label(depth);
  const auto types = state_->label_types(depth);
  if (target.kind == FrameKind::Function) {
    emit_return(types);
    return;
  }
  materialize_from(stack_.size() - types.size());
  if (needs_moves(depth, target)) move_to_label(depth, target);
  emit_br(target);
}

void Translator::branch_if(const Condition& condition, bool when, std::uint32_t depth) {
  Label& target = label(depth);
  materialize_from(stack_.size() - state_->label_types(depth).size());
  if (!needs_moves(depth, target)) {
    emit_branch(condition, when, &target, nullptr);
    return;
  }
  std::uint32_t skip = kNone;
  emit_branch(condition, !when, nullptr, &skip);
  // The moves happen on one path only: what they say about mirrors must not outlive them.
  const AccState before[2] = {acc_[0], acc_[1]};
  move_to_label(depth, target);
  emit_br(target);
  bind(skip);
  acc_[0] = before[0];
  acc_[1] = before[1];
  mark_branch();
}

void Translator::on_br_if(std::uint32_t depth) {
  const Condition condition = pop_condition();
  branch_if(condition, true, depth);
}

void Translator::on_br_on_null(std::uint32_t depth, ValType type) {
  materialize(stack_.size() - 1);
  const Operand o = pop();
  Condition condition;
  condition.a = place(o);
  branch_if(condition, false, depth);
  push_temp(type.kind());
}

void Translator::on_br_on_non_null(std::uint32_t depth, ValType) {
  materialize(stack_.size() - 1);
  Condition condition;
  condition.a = place(stack_.back());
  branch_if(condition, true, depth);
  pop();
}

void Translator::on_br_table(const Imm& imm) {
  const Operand o = pop();
  const auto targets = imm.targets();
  const std::size_t n = state_->label_types(targets[0]).size();
  HandlerId id = kNoHandler;
  std::uint16_t d = 0;
  std::uint16_t a = 0;
  table_note_ = kNone;
  const bool fused = fuse_table_index(o, id, d, a);
  materialize_from(stack_.size() - n);
  if (!fused) {
    const Place index = place_no_imm(o);
    id = handler_id(BrTable, index.is_s() ? 1 : 0);
    a = index.is_s() ? index.slot : std::uint16_t{0};
  }
  read_slot(a);
  std::uint64_t next = 0;
  if (id == handler_id(BrTableLoad, 1) && fuse_table_next(a, d, next)) id = BrTableNext;
  const std::uint32_t at = emit(id, d, a, static_cast<std::uint32_t>(targets.size() - 1));
  if (id == BrTableNext) emit_wide(next);
  if (table_note_ != kNone) {
    note(at);
    notes_.back().second = table_note_;
  }
  const std::uint32_t table = pos_;
  pos_ += static_cast<std::uint32_t>((targets.size() * 4 + 7) / 8 * 8);
  if (pos_ + 64 > code_.size() * 8) code_.resize((pos_ + 64) / 4);
  forget_last();
  barrier_ = pos_;
  // Targets whose operands must move get a stub behind the table, one per label.
  auto set = [&](std::size_t i, std::uint32_t to) {
    const std::uint32_t distance = to - at;
    __builtin_memcpy(reinterpret_cast<std::uint8_t*>(code_.data()) + table + i * 4, &distance, 4);
  };
  const AccState kept[2] = {acc_[0], acc_[1]};
  stubs_.assign(labels_.size(), kNone);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    Label& target = label(targets[i]);
    if (needs_moves(targets[i], target)) {
      std::uint32_t& stub = stubs_[targets[i]];
      if (stub == kNone) {
        stub = pos_;
        acc_[0] = kept[0];
        acc_[1] = kept[1];
        move_to_label(targets[i], target);
        emit_br(target);
      }
      set(i, stub);
    } else if (target.kind == FrameKind::Loop) {
      set(i, target.target);
    } else {
      note_branch(target);
      add_patch(target.patches, static_cast<std::uint32_t>(table + i * 4), at);
    }
  }
}

void Translator::on_unreachable() { note(emit(Unreachable, 0, 0, 0)); }

// --- returns ---

void Translator::on_return() { emit_return(state_->function_type().results); }

void Translator::emit_return(std::span<const ValType> results) {
  if (results.empty()) {
    emit(return_id(Ret), link_, 0, 0);
  } else if (results.size() > 1) {
    materialize_from(stack_.size() - results.size());
    const std::uint16_t first = stack_[stack_.size() - results.size()].slot;
    emit_leave_far();
    emit(RetMany, link_, first, slots_of(results));
  } else {
    const Operand& o = stack_.back();
    const Place p = place(o);
    if (fuse_return(o)) return forget_last();
    if (p.is_r()) {
      emit(return_id(Ret), link_, 0, 0);
    } else if (p.is_i()) {
      emit(return_id(o.acc() == kVecAcc ? RetConstV : RetConst), link_, 0, 0);
      emit_wide(p.bits);
    } else {
      emit(o.type == ValKind::V128 ? handler_id(RetSlotVec, 0)
                                   : return_id(o.acc() == kVecAcc ? RetSlotV : RetSlot),
           link_, p.slot, 0);
    }
  }
  forget_last();
}

}  // namespace wasmrt::interp
