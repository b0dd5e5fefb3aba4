// BodyState: locals, the operand stack, and failures.
#include "libwasmrt/frontend/body_control.h"

#include <algorithm>

#include "libwasmrt/frontend/type_reader.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

BodyState::BodyState(const DecodedModule& module) : module_(module), features_(module.features) {
  base_ = module.bytes->data();
  grow_stack(256);
}

BodyState::~BodyState() = default;

bool BodyState::enter(FuncIdx function) {
  const FuncBody& body = module_.bodies[raw(function) - module_.imported_funcs];
  reader_ = Reader(module_.bytes->view(), body.offset, std::size_t{body.offset} + body.size);
  op_ = reader_.position();
  body_begin_ = body.offset;
  body_size_ = body.size;
  function_ = function;
  function_type_ = &module_.func_type(function);
  top_ = stack_.get();
  frames_.clear();
  live_ = true;
  not_executable_.reset();

  // Locals: runs of equal types behind the parameters.
  flat_locals_.assign(function_type_->params.begin(), function_type_->params.end());
  local_runs_.clear();
  tracks_init_ = false;
  std::uint64_t total = flat_locals_.size();
  std::uint32_t groups = 0;
  if (!reader_.u32(groups)) return false;
  for (; groups != 0; --groups) {
    const std::size_t at = reader_.offset();
    std::uint32_t count = 0;
    if (!reader_.u32(count)) return false;
    total += count;
    if (total > UINT32_MAX) return reader_.fail_at(at, Err::TooManyLocals);
    if (total > kMaxLocals) return reader_.fail_at(at, Err::LimitLocals);
    ValType type;
    if (!read_val_type(reader_, TypeScope{module_}, type)) return false;
    if (count == 0) continue;
    if (flat_locals_.size() < kFlatLocals) {
      const std::size_t room = kFlatLocals - flat_locals_.size();
      flat_locals_.resize(flat_locals_.size() + std::min<std::size_t>(count, room), type);
    }
    if (total > flat_locals_.size())
      local_runs_.push_back({static_cast<std::uint32_t>(total), type});
    tracks_init_ |= !type.defaultable();
  }
  local_count_ = static_cast<std::uint32_t>(total);
  if (tracks_init_) {
    initialized_.assign(local_count_, false);
    init_trail_.clear();
    for (std::uint32_t i = 0; i < local_count_; ++i) {
      initialized_[i] = i < function_type_->params.size() || local_type(i).defaultable();
    }
  }

  ControlFrame frame{};
  frame.kind = FrameKind::Function;
  frame.announced = true;
  frame.type = function_type_;
  frame.offset = static_cast<std::uint32_t>(reader_.offset());
  if (function_type_->results.size() == 1) {
    frame.single_result = true;
    frame.single = function_type_->results[0];
  }
  frames_.push_back(frame);
  return true;
}

ValType BodyState::far_local_type(std::uint32_t index) const {
  const auto run = std::upper_bound(local_runs_.begin(), local_runs_.end(), index,
                                    [](std::uint32_t i, const LocalRun& r) { return i < r.end; });
  return run->type;
}

bool BodyState::local_index(std::uint32_t index, ValType& type) {
  if (index >= local_count_) return fail_index(Err::UnknownLocal, index);
  type = local_type(index);
  return true;
}

bool BodyState::check_local_initialized(std::uint32_t index) {
  if (!tracks_init_ || initialized_[index]) return true;
  return fail_index(Err::UninitializedLocal, index);
}

void BodyState::initialize_local(std::uint32_t index) {
  if (initialized_[index]) return;
  initialized_[index] = true;
  init_trail_.push_back(index);
}

bool BodyState::global_index(std::uint32_t index, bool for_write, ValType& type) {
  if (index >= module_.globals.size()) return fail_index(Err::UnknownGlobal, index);
  const GlobalType& global = module_.globals[index].type;
  // The tests of version 2 and 3 of the standard word this in two ways.
  if (for_write && !global.is_mutable) {
    return fail(Err::ImmutableGlobal, ": global is immutable: " + std::to_string(index));
  }
  type = global.value;
  return true;
}

void BodyState::grow_stack(std::size_t more) {
  const std::size_t used = stack_ == nullptr ? 0 : height();
  const std::size_t capacity = std::max((used + more + kStackSlack) * 3 / 2, std::size_t{256});
  auto stack = std::make_unique_for_overwrite<ValType[]>(capacity);
  std::copy_n(stack_.get(), used, stack.get());
  stack_ = std::move(stack);
  top_ = stack_.get() + used;
  limit_ = stack_.get() + capacity;
}

void BodyState::push_all(std::span<const ValType> types) {
  reserve(types.size());
  top_ = std::copy(types.begin(), types.end(), top_);
}

bool BodyState::pop(ValType expected) {
  if (top_ > frame_base()) {
    if (!is_subtype(top_[-1], expected)) return mismatch(expected);
    --top_;
    return true;
  }
  return frames_.back().polymorphic || mismatch(expected);
}

bool BodyState::pop_any(ValType& out) {
  if (top_ > frame_base()) {
    out = *--top_;
    return true;
  }
  out = kBottom;
  return frames_.back().polymorphic ||
         fail(Err::TypeMismatch, ": instruction requires a value but stack has []");
}

bool BodyState::pop_ref(ValType& out) {
  if (!pop_any(out)) return false;
  if (out.is_ref() || out.is_bottom()) return true;
  return fail(Err::TypeMismatch,
              ": instruction requires a reference but stack has [" + type_text(module_, out) + "]");
}

bool BodyState::pop_all(std::span<const ValType> types) {
  const ValType* const base = frame_base();
  const ValType* p = top_;
  for (std::size_t i = types.size(); i != 0; --i) {
    if (p == base) {
      if (!frames_.back().polymorphic) return mismatch(types);
      break;
    }
    --p;
    if (*p != types[i - 1] && !is_subtype(*p, types[i - 1])) return mismatch(types);
  }
  top_ = stack_.get() + (p - stack_.get());
  return true;
}

bool BodyState::peek_all(std::span<const ValType> types) {
  if (types.empty()) return true;
  if (!pop_all(types)) return false;
  push_all(types);
  return true;
}

bool BodyState::mismatch(std::span<const ValType> required) {
  const auto present = static_cast<std::size_t>(top_ - frame_base());
  const std::size_t shown = std::min(present, required.size());
  return fail(Err::TypeMismatch, ": instruction requires " + types_text(module_, required) +
                                     " but stack has " +
                                     types_text(module_, {top_ - shown, shown}));
}

bool BodyState::fail(Err err, std::string detail) {
  return reader_.fail_at(offset(), err, std::move(detail));
}

bool BodyState::fail_index(Err err, std::uint64_t index) {
  return fail(err, " " + std::to_string(index));
}

bool BodyState::need(Feature feature, const char* what) {
  return features_.has(feature) || reader_.fail_feature(feature, what, offset());
}

}  // namespace wasmrt
