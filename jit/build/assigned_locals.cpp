// Lists of assigned locals; each list is freed of duplicates when its frame closes and then joins
// the list of the frame around it.
#include "jit/build/assigned_locals.h"

namespace wasmrt::jit {

namespace {
// Entries per byte of body. Compiled C, C++, Rust and Go stay below 2.
constexpr std::uint64_t kEntriesPerByte = 64;
}  // namespace

void AssignedLocals::begin(const BodyState& state) {
  state_ = &state;
  frames_.clear();
  locals_.clear();
  open_.clear();
  mark_.assign(state.local_count(), 0);
  stamp_ = 0;
  work_ = 0;
  not_executable_ = false;
  budget_ = std::uint64_t{state.body_size()} * kEntriesPerByte + 4096;
  open();
}

void AssignedLocals::assign(std::uint32_t local) {
  pending_[open_.size() - 1].push_back(local);
  ++work_;
}

void AssignedLocals::open() {
  open_.push_back(static_cast<std::uint32_t>(frames_.size()));
  frames_.emplace_back();
  if (pending_.size() < open_.size()) pending_.emplace_back();
  pending_[open_.size() - 1].clear();
}

void AssignedLocals::close() {
  std::vector<std::uint32_t>& list = pending_[open_.size() - 1];
  Frame& frame = frames_[open_.back()];
  open_.pop_back();
  frame.first = static_cast<std::uint32_t>(locals_.size());
  frame.end = state_->body_offset();
  work_ += list.size();
  if (over_budget()) return;
  ++stamp_;
  for (const std::uint32_t local : list) {
    if (mark_[local] == stamp_) continue;
    mark_[local] = stamp_;
    locals_.push_back(local);
  }
  frame.count = static_cast<std::uint32_t>(locals_.size()) - frame.first;
  if (open_.empty()) return;
  std::vector<std::uint32_t>& outer = pending_[open_.size() - 1];
  outer.insert(outer.end(), locals_.begin() + frame.first, locals_.end());
}

}  // namespace wasmrt::jit
