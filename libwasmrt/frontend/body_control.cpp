// BodyState: blocks, labels, branches.
#include "libwasmrt/frontend/body_control.h"

#include <algorithm>

#include "libwasmrt/frontend/type_reader.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

bool BodyState::read_block_type(ControlFrame& frame) {
  frame = ControlFrame{};
  frame.offset = offset();
  std::uint8_t first = 0;
  if (!reader_.peek(first)) return reader_.u8(first);
  if (first == 0x40) {
    reader_.u8(first);
    return true;
  }
  if ((first & 0xC0) == 0x40) {  // a negative s33 of one byte: a value type
    frame.single_result = true;
    if (read_val_type(reader_, TypeScope{module_}, frame.single)) return true;
    if (reader_.failure().err == Err::MalformedValueType && !reader_.failure().needs_feature) {
      return reader_.fail_at(reader_.failure().offset, Err::MalformedBlockType);
    }
    return false;
  }
  const std::size_t at = reader_.offset();
  std::int64_t index = 0;
  if (!reader_.s33(index)) return false;
  if (index < 0) return reader_.fail_at(at, Err::MalformedBlockType);
  if (!need(Feature::MultiValue, "block type by index")) return false;
  if (!func_type_at(static_cast<std::uint32_t>(std::min<std::int64_t>(index, UINT32_MAX)),
                    frame.type)) {
    return false;
  }
  if (frame.type->results.size() == 1) {
    frame.single_result = true;
    frame.single = frame.type->results[0];
  }
  return true;
}

bool BodyState::open_frame(FrameKind kind, ControlFrame& frame) {
  if (frames_.size() >= kMaxBlockNesting) return fail(Err::LimitNesting);
  frame.kind = kind;
  frame.announced = live_;
  frame.init_height = static_cast<std::uint32_t>(init_trail_.size());
  const std::span<const ValType> params = frame.params();
  if (!params.empty() && !pop_all(params)) return false;
  frame.height = height();
  frames_.push_back(frame);
  if (!params.empty()) push_all(params);
  return true;
}

bool BodyState::check_label(std::uint32_t depth) {
  return depth < frames_.size() || fail_index(Err::UnknownLabel, depth);
}

bool BodyState::check_results(ControlFrame& frame) {
  const std::span<const ValType> results = frame.results();
  ValType* const base = frame_base();
  // The commonest cases first: no result or one, exactly as it should be.
  const bool exact = static_cast<std::size_t>(top_ - base) == results.size() &&
                     std::equal(results.begin(), results.end(), base);
  if (!exact) {
    if (!pop_all(results)) return false;
    if (top_ != base) {
      const auto present = static_cast<std::size_t>(top_ - base) + results.size();
      return fail(Err::TypeMismatch, ": values remaining on stack at end of block: expected " +
                                         std::to_string(results.size()) + ", found " +
                                         std::to_string(present));
    }
    push_all(results);
  }
  frame.fallthrough_live = live_;
  return true;
}

bool BodyState::check_end() {
  ControlFrame& frame = frames_.back();
  if (frame.kind == FrameKind::If) {
    // The missing `else` passes the parameters on.
    const std::span<const ValType> params = frame.params();
    const std::span<const ValType> results = frame.results();
    bool same = params.size() == results.size();
    for (std::size_t i = 0; same && i < params.size(); ++i)
      same = is_subtype(params[i], results[i]);
    if (!same) {
      return fail(Err::TypeMismatch, ": if without else: instruction requires " +
                                         types_text(module_, results) + " but stack has " +
                                         types_text(module_, params));
    }
  }
  if (!check_results(frame)) return false;
  if (frame.height + frame.results().size() > kMaxOperands) return fail(Err::LimitOperands);
  frame.end_live = frame.announced && (live_ || frame.kind == FrameKind::If ||
                                       (frame.kind != FrameKind::Loop && frame.branched_to));
  return true;
}

bool BodyState::check_else() {
  ControlFrame& frame = frames_.back();
  if (frame.kind != FrameKind::If) return fail(Err::UnmatchedElse);
  return check_results(frame);
}

void BodyState::begin_else() {
  ControlFrame& frame = frames_.back();
  frame.kind = FrameKind::Else;
  frame.branched_to |= frame.fallthrough_live;
  frame.polymorphic = false;
  top_ = stack_.get() + frame.height;
  push_all(frame.params());
  live_ = frame.announced;
  for (; init_trail_.size() > frame.init_height; init_trail_.pop_back()) {
    initialized_[init_trail_.back()] = false;
  }
}

void BodyState::close_frame() {
  const ControlFrame frame = frames_.back();
  frames_.pop_back();
  top_ = stack_.get() + frame.height;
  const std::span<const ValType> results = frame.results();
  if (!results.empty()) push_all(results);
  live_ = frame.end_live;
  for (; init_trail_.size() > frame.init_height; init_trail_.pop_back()) {
    initialized_[init_trail_.back()] = false;
  }
}

bool BodyState::check_body_end() {
  if (reader_.at_end()) return true;
  return reader_.fail(Err::EndOpcodeExpected, ": operators remaining after end of function");
}

bool BodyState::fail_body_end() {
  if (reader_.byte_behind() == op_info(Op::End).code) {
    return reader_.fail(Err::SectionSizeMismatch,
                        ": unexpected end of function, its END opcode lies behind it");
  }
  return reader_.fail(Err::UnexpectedEndOfSection, ": END opcode expected");
}

bool BodyState::check_br_table(const Imm& imm) {
  if (!pop(kI32)) return false;
  const std::span<const std::uint32_t> targets = imm.targets();
  for (const std::uint32_t depth : targets) {
    if (!check_label(depth)) return false;
  }
  const std::size_t arity = label_types(targets.back()).size();
  ValType* const saved = top_;
  const ControlFrame* checked = nullptr;
  for (const std::uint32_t depth : targets) {
    // Tables repeat their targets.
    if (&frame(depth) == checked) continue;
    checked = &frame(depth);
    const std::span<const ValType> types = label_types(depth);
    if (types.size() != arity) {
      return fail(Err::TypeMismatch, ": br_table targets have different numbers of values");
    }
    mark_branch(depth);
    if (!types.empty() && !pop_all(types)) return false;
    top_ = saved;
  }
  return true;
}

bool BodyState::check_br_on_non_null(std::uint32_t depth, ValType& type) {
  if (!check_label(depth)) return false;
  const std::span<const ValType> types = label_types(depth);
  if (types.empty() || !types.back().is_ref()) {
    return fail(Err::TypeMismatch, ": label of br_on_non_null must end in a reference");
  }
  if (!pop_ref(type)) return false;
  push(type.is_bottom() ? types.back() : type.as_nullable(false));
  return peek_all(types);
}

bool BodyState::check_try_table(const Imm& imm) {
  std::vector<ValType> given;
  for (const CatchClause& c : imm.catches()) {
    given.clear();
    if (c.kind == CatchClause::Kind::Catch || c.kind == CatchClause::Kind::CatchRef) {
      if (raw(c.tag) >= module_.tags.size()) return fail_index(Err::UnknownTag, raw(c.tag));
      const FuncType& type = module_.type(module_.tags[raw(c.tag)]).composite.func;
      given = type.params;
    }
    if (c.kind == CatchClause::Kind::CatchRef || c.kind == CatchClause::Kind::CatchAllRef) {
      given.push_back(ValType::ref(HeapKind::Exn, false));
    }
    if (!check_label(c.label)) return false;
    const std::span<const ValType> wanted = label_types(c.label);
    bool fits = given.size() == wanted.size();
    for (std::size_t i = 0; fits && i < given.size(); ++i) fits = is_subtype(given[i], wanted[i]);
    if (!fits) {
      return fail(Err::TypeMismatch, ": catch clause gives " + types_text(module_, given) +
                                         " but label has " + types_text(module_, wanted));
    }
    mark_branch(c.label);
  }
  return true;
}

}  // namespace wasmrt
