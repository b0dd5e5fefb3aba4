// Control structure: which frame a token opens, continues or closes.
#include "libwasmrt/text/instructions.h"

#include "libwasmrt/text/keywords.h"

namespace wasmrt::text {

void InstructionEncoder::sequence() { run(false); }

void InstructionEncoder::single() {
  if (in_.kind() != TokenKind::LParen) return in_.unexpected();
  run(true);
}

void InstructionEncoder::run(bool one) {
  while (!in_.failed()) {
    switch (in_.kind()) {
      case TokenKind::LParen: open(); break;
      case TokenKind::RParen:
        if (frames_.empty()) return;
        close();
        break;
      case TokenKind::Keyword: keyword(); break;
      default: in_.unexpected();
    }
    if (one && frames_.empty()) return;
  }
}

// Whether plain instructions may stand here, and blocks: not among operands.
bool InstructionEncoder::takes_plain() const {
  if (frames_.empty()) return true;
  const FrameKind k = frames_.back().kind;
  return k != FrameKind::FoldedIf && k != FrameKind::FoldedTail && k != FrameKind::FoldedPlain;
}

std::string_view InstructionEncoder::take_label() {
  if (in_.kind() != TokenKind::Id) return {};
  const std::string_view name = id_name(in_.text(), e_.strings);
  in_.skip();
  return name;
}

void InstructionEncoder::push_block(FrameKind kind, std::string_view label) {
  Label l{label, std::nullopt};
  if (!label.empty()) {
    label_names_.push_back({label_count_, label});
    const auto [found, added] = label_ids_.emplace(label, labels_.size());
    if (!added) {
      l.shadowed = found->second;
      found->second = labels_.size();
    }
  }
  ++label_count_;
  labels_.push_back(l);
  frames_.push_back({kind, pending_.size(), label, std::nullopt});
}

void InstructionEncoder::pop_label() {
  const Label& l = labels_.back();
  if (!l.name.empty()) {
    if (l.shadowed) {
      label_ids_[l.name] = *l.shadowed;
    } else {
      label_ids_.erase(l.name);
    }
  }
  labels_.pop_back();
}

void InstructionEncoder::flush_pending(Frame& frame) {
  hint_before(std::move(frame.hint), out_.size());
  out_.raw(pending_.view(frame.pending));
  pending_.truncate(frame.pending);
}

void InstructionEncoder::hint_before(std::optional<std::string> hint, std::size_t offset) {
  if (hint) hints_.push_back({static_cast<std::uint32_t>(offset), std::move(*hint)});
}

// At `(`.
void InstructionEncoder::open() {
  if (!frames_.empty()) {
    Frame& top = frames_.back();
    if (top.kind == FrameKind::FoldedIf && in_.take_open("then")) {
      flush_pending(top);
      top.kind = FrameKind::FoldedTail;
      const std::string_view label = top.label;
      push_block(FrameKind::FoldedThen, label);
      return;
    }
    if (top.kind == FrameKind::FoldedTail && in_.take_open("else")) {
      out_.byte(op_info(Op::Else).code);
      frames_.push_back({FrameKind::FoldedElse, pending_.size(), {}, std::nullopt});
      return;
    }
    if (top.kind == FrameKind::FoldedTail) return in_.unexpected();
  }
  std::optional<std::string> hint = branch_hint(e_);
  in_.skip();
  const Op op = in_.kind() == TokenKind::Keyword ? find_op(in_.text()) : kNoOp;
  switch (op) {
    case Op::Block:
    case Op::Loop:
    case Op::TryTable: {
      if (hint) return in_.fail(Err::BranchHintInvalidTarget, in_.text());
      in_.skip();
      const std::string_view label = take_label();
      opcode(op);
      block_type();
      if (op == Op::TryTable) catch_clauses();
      return push_block(FrameKind::FoldedBlock, label);
    }
    case Op::If: {
      in_.skip();
      const std::string_view label = take_label();
      const std::size_t start = out_.size();
      opcode(op);
      block_type();
      frames_.push_back({FrameKind::FoldedIf, pending_.size(), label, std::move(hint)});
      pending_.raw(out_.view(start));
      return out_.truncate(start);
    }
    case Op::Else:
    case Op::End: return in_.unexpected();
    default: break;
  }
  if (op == kNoOp) return in_.unexpected();
  if (hint && op != Op::BrIf) return in_.fail(Err::BranchHintInvalidTarget, in_.text());
  const std::size_t start = out_.size();
  instruction(op);
  frames_.push_back({FrameKind::FoldedPlain, pending_.size(), {}, std::move(hint)});
  pending_.raw(out_.view(start));
  out_.truncate(start);
}

// At a `)` inside of a frame.
void InstructionEncoder::close() {
  Frame& top = frames_.back();
  switch (top.kind) {
    case FrameKind::FoldedPlain: flush_pending(top); break;
    case FrameKind::FoldedBlock:
      out_.byte(op_info(Op::End).code);
      pop_label();
      break;
    case FrameKind::FoldedThen: break;  // its label lasts until the if is closed
    case FrameKind::FoldedElse:
      // Nothing may follow the second arm.
      in_.skip();
      frames_.pop_back();
      if (!in_.at_close()) return in_.unexpected();
      return;
    case FrameKind::FoldedTail:
      out_.byte(op_info(Op::End).code);
      pop_label();
      break;
    case FrameKind::FoldedIf:
    case FrameKind::Block:
    case FrameKind::If:
    case FrameKind::Else: return in_.unexpected();
  }
  in_.skip();
  frames_.pop_back();
}

// A plain instruction, or the head, middle or end of a block.
void InstructionEncoder::keyword() {
  if (!takes_plain()) return in_.unexpected();
  std::optional<std::string> hint = branch_hint(e_);
  const Op op = find_op(in_.text());
  if (hint && op != Op::If && op != Op::BrIf) {
    return in_.fail(Err::BranchHintInvalidTarget, in_.text());
  }
  hint_before(std::move(hint), out_.size());
  switch (op) {
    case Op::Block:
    case Op::Loop:
    case Op::If:
    case Op::TryTable: {
      in_.skip();
      const std::string_view label = take_label();
      opcode(op);
      block_type();
      if (op == Op::TryTable) catch_clauses();
      return push_block(op == Op::If ? FrameKind::If : FrameKind::Block, label);
    }
    case Op::Else: return else_keyword();
    case Op::End: return end_keyword();
    default: break;
  }
  if (op == kNoOp) return in_.unexpected();
  instruction(op);
}

void InstructionEncoder::check_label(const Frame& frame) {
  const std::uint32_t at = in_.offset();
  if (in_.kind() != TokenKind::Id) return;
  const std::string_view token = in_.text();
  if (take_label() != frame.label) in_.fail_at(at, Err::MismatchingLabel, token);
}

void InstructionEncoder::else_keyword() {
  if (frames_.empty() || frames_.back().kind != FrameKind::If) return in_.unexpected();
  in_.skip();
  frames_.back().kind = FrameKind::Else;
  check_label(frames_.back());
  out_.byte(op_info(Op::Else).code);
}

void InstructionEncoder::end_keyword() {
  if (frames_.empty()) return in_.unexpected();
  const FrameKind k = frames_.back().kind;
  if (k != FrameKind::Block && k != FrameKind::If && k != FrameKind::Else) return in_.unexpected();
  in_.skip();
  check_label(frames_.back());
  out_.byte(op_info(Op::End).code);
  pop_label();
  frames_.pop_back();
}

void constant_expression(Encoder& e, ByteWriter& out) {
  InstructionEncoder(e, out, nullptr).sequence();
  out.byte(op_info(Op::End).code);
}

void constant_instruction(Encoder& e, ByteWriter& out) {
  InstructionEncoder(e, out, nullptr).single();
  out.byte(op_info(Op::End).code);
}

void function_body(Encoder& e, std::uint32_t function, IndexSpace& locals) {
  // Locals, as runs of equal types.
  ByteWriter body;
  ByteWriter runs;
  ByteWriter type;
  std::string run_type;
  std::uint32_t run_count = 0;
  std::uint32_t run_total = 0;
  auto finish_run = [&] {
    if (run_count == 0) return;
    runs.u(run_count);
    runs.raw(run_type);
    ++run_total;
    run_count = 0;
  };
  auto add_local = [&] {
    type.clear();
    val_type(e, type);
    if (type.view() != run_type) finish_run();
    run_type = type.view();
    ++run_count;
    ++locals.count;
  };
  while (e.in.take_open("local")) {
    if (e.in.kind() == TokenKind::Id) {
      bind_id(e, locals, locals.count);
      add_local();
    } else {
      while (!e.in.at_close() && !e.in.failed()) add_local();
    }
    e.in.expect_close();
  }
  finish_run();
  body.u(run_total);
  body.append(runs);

  InstructionEncoder code(e, body, &locals);
  code.sequence();
  body.byte(op_info(Op::End).code);
  e.code_section.count++;
  e.code_section.bytes.sized(body);

  FunctionNames names{function, std::move(locals.names), code.take_label_names()};
  if (!names.locals.empty() || !names.labels.empty()) e.function_names.push_back(std::move(names));
  FunctionHints hints{function, code.take_hints()};
  if (!hints.hints.empty()) e.function_hints.push_back(std::move(hints));
}

}  // namespace wasmrt::text
