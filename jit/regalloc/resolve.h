// From locations of pieces to code: slots, stores, reloads and moves.
//
// In: a scanned function. Out: every operand's location, and a function with the moves inserted.
// Guaranteed: moves at one place act as if all at once; a value is written to its slot once, where
// it is defined, unless its way to the slot lies in colder code.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "jit/regalloc/intervals.h"
#include "jit/regalloc/moves.h"
#include "jit/target.h"

namespace wasmrt::jit {

class Resolve {
 public:
  /// Finishes the allocation. False when the budget is used up.
  bool run(const Target& target, MFunc& func, Intervals& intervals, std::uint64_t budget);
  [[nodiscard]] std::uint64_t moves() const { return writer_.moves(); }

 private:
  // Where, relative to an instruction or block head: in its gap; in the gap of a block's last
  // instruction, after those; behind it.
  enum Phase : std::uint8_t { kBefore, kEdge, kAfter };
  struct Move : ParallelMove {
    std::uint32_t index;
    Phase phase;
  };

  void number_slots();
  void pair_parameters(std::vector<std::uint32_t>& end);
  void choose_stores();
  void collect_pieces();
  bool collect_edges();
  void collect_parameters();
  void collect_constraints();
  void set_operands();
  void sort_moves();
  void hoist_moves();
  void rebuild();
  void add(std::uint32_t index, Phase phase, std::uint32_t from_vreg, Loc from,
           std::uint32_t to_vreg, Loc to);
  void add_edge(std::uint32_t from_block, std::uint32_t to_block, std::uint32_t from_vreg, Loc from,
                std::uint32_t to_vreg, Loc to);
  [[nodiscard]] Loc place(std::uint32_t piece) const;
  [[nodiscard]] Loc place_at(std::uint32_t vreg, std::uint32_t pos);
  [[nodiscard]] Loc slot_of(std::uint32_t vreg) const { return Loc::slot(slot_[vreg]); }
  [[nodiscard]] bool can_remat(std::uint32_t vreg) const;

  const Target* target_ = nullptr;
  MFunc* func_ = nullptr;
  Intervals* in_ = nullptr;
  std::uint64_t budget_ = 0;
  MoveWriter writer_;
  std::vector<std::uint32_t> slot_;       // by vreg; kNone without one
  std::vector<std::uint32_t> same_slot_;  // by vreg: whose slot it has; kNone: its own
  std::vector<bool> store_at_def_;        // by vreg
  std::vector<Move> list_;
  std::vector<std::uint32_t> first_at_;    // by index: of its moves
  std::vector<std::uint32_t> next_at_;     // by move
  std::vector<std::uint32_t> edge_moves_;  // of the edge that hoist_moves looks at
};

}  // namespace wasmrt::jit
