// What must be known of a body before it is built: which locals each block, loop and if assigns,
// and where it ends.
//
// In: a function body, walked once. Out: for each announced frame, in the order in which they open,
// the locals that are set between its beginning and its end, and the place of that.
// Guaranteed: work is bounded by a budget in proportion to the body; beyond it the function is
// declined.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "libwasmrt/frontend/body_walker.h"
#include "libwasmrt/frontend/sink.h"

namespace wasmrt::jit {

class AssignedLocals : public SinkBase<AssignedLocals> {
 public:
  void begin(const BodyState& state);
  void on_local_set(std::uint32_t local, ValType) { assign(local); }
  void on_local_tee(std::uint32_t local, ValType) { assign(local); }
  void on_block(const ControlFrame&) { open(); }
  void on_loop(const ControlFrame&) { open(); }
  void on_if(const ControlFrame&) { open(); }
  void on_end(const ControlFrame&) { close(); }
  void on_try_table(const ControlFrame&, const Imm&) {
    not_executable_ = true;
    open();
  }
  void on_gc(Op, const Imm&) { not_executable_ = true; }
  void on_exception(Op, const Imm&) { not_executable_ = true; }
  void on_atomic(Op, const Imm&) { not_executable_ = true; }

  /// The locals of the n-th announced frame; 0 is the function's own.
  [[nodiscard]] std::span<const std::uint32_t> frame(std::uint32_t n) const {
    return {locals_.data() + frames_[n].first, frames_[n].count};
  }
  /// Where the frame's `end` stands, from the start of the body.
  [[nodiscard]] std::uint32_t end_of(std::uint32_t n) const { return frames_[n].end; }
  /// Whether the body has instructions that nothing executes yet.
  [[nodiscard]] bool not_executable() const { return not_executable_; }
  [[nodiscard]] bool over_budget() const { return work_ > budget_; }

 private:
  struct Frame {
    std::uint32_t first = 0, count = 0, end = 0;
  };
  void assign(std::uint32_t local);
  void open();
  void close();

  std::vector<Frame> frames_;
  std::vector<std::uint32_t> locals_;
  std::vector<std::uint32_t> open_;                  // frame numbers
  std::vector<std::vector<std::uint32_t>> pending_;  // by nesting depth
  std::vector<std::uint32_t> mark_;                  // by local: stamp of the last list it went to
  std::uint32_t stamp_ = 0;
  const BodyState* state_ = nullptr;
  std::uint64_t work_ = 0, budget_ = 0;
  bool not_executable_ = false;
};

}  // namespace wasmrt::jit
